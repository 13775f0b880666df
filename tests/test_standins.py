"""The stand-in pictures: deterministic, independent of resolution and batch, with faces in them."""

from itertools import pairwise

import numpy as np
import pytest

from cipslib.datasets.standins import STAND_INS, render
from cipslib.metrics.faces import face_rate


@pytest.mark.parametrize("name", STAND_INS)
def test_a_picture_depends_on_seed_and_index_alone(name: str):
    together = render(name, range(6), 32, seed=5)
    np.testing.assert_array_equal(render(name, [4, 2], 32, seed=5), together[[4, 2]])
    assert np.abs(render(name, [4], 32, seed=6).astype(int) - together[4]).mean() > 5


@pytest.mark.parametrize("name", STAND_INS)
def test_a_picture_is_the_same_at_every_resolution(name: str):
    small, large = (render(name, range(8), size, seed=0).astype(float) for size in (32, 128))
    averaged = large.reshape(8, 32, 4, 32, 4, 3).mean(axis=(2, 4))
    assert np.abs(averaged - small).mean() < 4  # of 255; two different pictures differ by ~60


@pytest.mark.parametrize("name", STAND_INS)
def test_pictures_differ(name: str):
    pictures = render(name, range(200), 16, seed=0)
    assert len({picture.tobytes() for picture in pictures}) == 200


@pytest.mark.parametrize("name", STAND_INS)
def test_fine_texture_reaches_the_highest_frequencies(name: str):
    """Power falls with frequency as in photographs, about 1/f^2, and does not stop."""
    pictures = render(name, range(16), 128, seed=0).mean(axis=3)
    window = np.hanning(128)[:, None] * np.hanning(128)
    pictures = (pictures - pictures.mean(axis=(1, 2), keepdims=True)) * window
    power = (np.abs(np.fft.fft2(pictures)) ** 2).mean(axis=0)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(128), np.fft.fftfreq(128)))
    bands = np.geomspace(0.02, 0.5, 9)
    mean = [power[(frequency >= a) & (frequency < b)].mean() for a, b in pairwise(bands)]
    slope = np.polyfit(np.log(bands[:-1] * bands[1:]) / 2, np.log(mean), 1)[0]
    assert -3.6 < slope < -1.5


def test_mtcnn_finds_the_faces():
    assert face_rate(render("faces", range(100), 64, seed=11)) >= 0.95
