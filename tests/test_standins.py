"""The stand-in pictures: deterministic, independent of resolution and batch, and natural."""

import socket
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from cipslib.metrics.face_detection import faces_found
from replication.datasets.photographs import photograph_crops
from synthetic.old import STAND_INS, churches, render


@cache
def pictures(name: str, count: int, resolution: int) -> np.ndarray:
    return render(name, range(count), resolution, seed=0).astype(np.float64)


@pytest.mark.parametrize("name", STAND_INS)
def test_a_picture_depends_on_seed_and_index_alone(name: str):
    together = render(name, range(6), 32, seed=5)
    np.testing.assert_array_equal(render(name, [4, 2], 32, seed=5), together[[4, 2]])
    assert np.abs(render(name, [4], 32, seed=6).astype(int) - together[4]).mean() > 5


@pytest.mark.parametrize("name", STAND_INS)
@pytest.mark.parametrize("small", [8, 32])
def test_a_picture_is_the_same_at_every_resolution(name: str, small: int):
    large = pictures(name, 8, 128)
    averaged = large.reshape(8, small, 128 // small, small, 128 // small, 3).mean(axis=(2, 4))
    # of 255; two different pictures differ by ~60
    assert np.abs(averaged - pictures(name, 8, small)).mean() < 3


@pytest.mark.parametrize("name", STAND_INS)
def test_pictures_differ(name: str):
    small = pictures(name, 60, 32)
    distance = np.abs(small[:, None] - small[None]).mean(axis=(2, 3, 4))
    assert distance[~np.eye(60, dtype=bool)].min() > 8  # of 255


def test_faces_stay_as_they_are():
    """Mean colours, as they were when the demo's results were made (dvc.lock has the hash)."""
    means = pictures("faces", 4, 16).mean(axis=(1, 2))
    expected = [
        [142.31, 114.68, 91.70],
        [117.68, 108.48, 102.79],
        [144.12, 128.78, 120.78],
        [108.55, 93.47, 85.84],
    ]
    np.testing.assert_allclose(means, expected, atol=0.05)


def slope(images: np.ndarray) -> float:
    """Exponent of the azimuthally averaged power spectrum, from 0.05 to 0.4 cycles per pixel."""
    grey = images.mean(axis=3)
    side = grey.shape[1]
    window = np.hanning(side)[:, None] * np.hanning(side)
    grey = (grey - grey.mean(axis=(1, 2), keepdims=True)) * window
    power = (np.abs(np.fft.fft2(grey)) ** 2).mean(axis=0)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side)))
    bands = np.geomspace(0.05, 0.4, 9)
    mean = [power[(frequency >= a) & (frequency < b)].mean() for a, b in pairwise(bands)]
    return float(np.polyfit(np.log(bands[:-1] * bands[1:]) / 2, np.log(mean), 1)[0])


@cache
def slopes_of_photographs() -> tuple[float, ...]:
    """Of crops of 256 pixels, scaled to 64, from eight photographs."""
    return tuple(slope(crops.astype(np.float64)) for crops in photograph_crops(64, each=24))


def test_the_photographs_are_eight_different_ones():
    crops = photograph_crops(32, each=3)
    assert [crop.shape for crop in crops] == [(3, 32, 32, 3)] * 8
    means = np.stack([crop.mean(axis=(0, 1, 2)) for crop in crops])
    assert len(np.unique(means.round(1), axis=0)) == 8


@pytest.mark.parametrize("name", STAND_INS)
def test_power_falls_with_frequency_as_in_photographs(name: str):
    """The slopes of single photographs span a band; each set's lies within it, give or take 0.2."""
    real = slopes_of_photographs()
    assert min(real) - 0.2 < slope(pictures(name, 32, 64)) < max(real) + 0.2


def test_mtcnn_finds_the_faces():
    assert faces_found(render("faces", range(100), 64, seed=11)).mean() >= 0.95


def test_landscapes_are_the_same_all_along_the_horizon():
    """So that any piece of a panorama is as likely as any other (Sec. 4.7)."""
    many = pictures("landscapes", 120, 16).mean(axis=3)
    columns, rows = many.mean(axis=(0, 1)), many.mean(axis=(0, 2))
    assert np.ptp(columns) < 5  # of 255, what chance leaves of 120 pictures
    assert np.ptp(rows) > 40  # while up and down differ


def test_buildings_have_no_orientation():
    """Rotations by 90 degrees are equally likely: as much detail along each axis."""
    many = pictures("satellite-buildings", 60, 32).mean(axis=3)
    along, down = (np.abs(np.diff(many, axis=axis)).mean() for axis in (2, 1))
    assert along == pytest.approx(down, rel=0.08)
    assert np.ptp(many.mean(axis=0)) < 30  # no place has a look of its own


def test_about_a_fifth_of_the_churches_have_a_watermark(monkeypatch: pytest.MonkeyPatch):
    """A line of small marks in the lowest rows, the same rows in each picture (Fig. 14)."""
    marked = pictures("churches", 60, 32)
    monkeypatch.setattr(churches, "WATERMARKED", 0.0)
    plain = render("churches", range(60), 32, seed=0)
    rows = np.abs(marked - plain).max(axis=(2, 3))  # (pictures, rows)
    assert 0.1 < (rows.max(axis=1) > 0).mean() < 0.3
    assert np.flatnonzero(rows.max(axis=0) > 0).min() >= 28


def test_photographs_are_read_from_disk(monkeypatch: pytest.MonkeyPatch):
    from synthetic.old.photographs import load_photograph

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a stand-in asked for the network")

    load_photograph.cache_clear()
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert np.ptp(render("satellite-landscapes", range(30), 8, seed=0)) > 100
