"""The rule for periodic texture (Fig. 12): waves are found where they are; 1/f noise has none."""

import numpy as np
import pytest
from conftest import refused

from cipslib.analysis import artifacts
from cipslib.analysis.artifacts import periodic_texture, threshold
from cipslib.metrics.intervals import proportion

SIZE, COUNT, ALARMS = 64, 300, 0.01


def natural(count: int, seed: int) -> np.ndarray:
    """1/f noise in three related colours: as smooth as photographs, without any artifact."""
    random = np.random.default_rng(seed)
    radius = np.hypot(np.fft.fftfreq(SIZE)[:, None], np.fft.fftfreq(SIZE))
    radius[0, 0] = np.inf
    white = np.fft.fft2(random.standard_normal((count, 3, SIZE, SIZE)))
    fields = np.fft.ifft2(white / radius).real
    grey, colours = fields[:, :1], fields
    mixed = 0.8 * grey + 0.2 * colours
    mixed /= mixed.std(axis=(1, 2, 3), keepdims=True)
    return (127 + 40 * mixed).clip(0, 255).astype(np.uint8).transpose(0, 2, 3, 1)


def planted(images: np.ndarray, field: np.ndarray) -> np.ndarray:
    return (images + field[..., None]).clip(0, 255).astype(np.uint8)


Y, X = np.mgrid[:SIZE, :SIZE]
WITHIN = (Y >= 32) & (X < 32)  # the lower left quarter
WAVES = 30 * np.sin(2 * np.pi * (0.22 * X + 0.15 * Y)) * WITHIN


@pytest.fixture(scope="module")
def limit() -> float:
    return threshold(periodic_texture(natural(COUNT, 1)).scores, ALARMS)


def test_a_wave_is_found_where_it_is_in_any_batches(limit: float, monkeypatch):
    images = planted(natural(40, 2), WAVES)
    found = periodic_texture(images)
    monkeypatch.setattr(artifacts, "BATCH", 7)
    in_batches = periodic_texture(images)
    np.testing.assert_array_equal(in_batches.scores, found.scores)
    np.testing.assert_array_equal(in_batches.boxes, found.boxes)
    assert (found.scores > limit).mean() >= 0.9
    row, column, height, width = found.boxes.T
    hit = (row <= 48) & (row + height > 48) & (column <= 16) & (column + width > 16)
    assert hit.mean() >= 0.9
    assert (row + height <= SIZE).all()
    assert (column + width <= SIZE).all()


def test_clean_noise_is_flagged_as_rarely_as_the_rule_allows(limit: float):
    rate = proportion(periodic_texture(natural(COUNT, 3)).scores > limit)
    assert rate.low <= ALARMS
    assert rate.value < 0.04


def test_straight_edges_and_images_of_one_colour_are_no_waves(limit: float):
    fences = np.full((4, SIZE, SIZE, 3), 90, np.uint8)
    fences[:, :, ::8] = 200  # upright bars: along an axis
    flat = np.full((4, SIZE, SIZE, 3), 90, np.uint8)
    for images in (fences, flat):
        assert (periodic_texture(images).scores < limit).all()


def test_a_slanting_edge_is_less_of_a_wave_than_a_faint_wave():
    """A roof against an even sky, at eight slopes, anti-aliased; nothing else is in the image."""
    y, x = np.mgrid[: 8 * SIZE, : 8 * SIZE] / 8 - SIZE / 2
    slopes = np.linspace(0.2, 1.3, 8)
    fine = [np.where(np.cos(angle) * x + np.sin(angle) * y > 0, 180, 60) for angle in slopes]
    roofs = np.stack([edge.reshape(SIZE, 8, SIZE, 8).mean(axis=(1, 3)) for edge in fine])
    edges = periodic_texture(roofs.astype(np.uint8)[..., None].repeat(3, axis=-1)).scores
    even = np.full((1, SIZE, SIZE, 3), 120, np.uint8)
    faint, faintest = (periodic_texture(planted(even, WAVES / part)).scores[0] for part in (3, 6))
    assert np.median(edges) + 5 < faint
    assert np.median(edges) + 3 < faintest < faint


def test_a_threshold_needs_enough_real_images():
    scores = np.arange(1000.0)
    assert threshold(scores, 0.01) == 990.0
    refused("cannot show a false-alarm rate", threshold, scores[:50], 0.01, error=ValueError)
