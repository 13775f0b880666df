"""Rules for artefacts (Fig. 12): a planted one is found where it is; 1/f noise has none."""

import numpy as np
import pytest

from cipslib.metrics.artifacts import (
    FALSE_ALARMS,
    flagged,
    foreign_patches,
    glowing_blobs,
    learn_patches,
    periodic_texture,
    threshold,
)

SIZE, COUNT = 64, 200


def natural(count: int, seed: int) -> np.ndarray:
    """1/f noise in three related colours: as smooth as photographs, without any artefact."""
    random = np.random.default_rng(seed)
    radius = np.hypot(np.fft.fftfreq(SIZE)[:, None], np.fft.fftfreq(SIZE))
    radius[0, 0] = np.inf
    white = np.fft.fft2(random.standard_normal((count, 3, SIZE, SIZE)))
    fields = np.fft.ifft2(white / radius).real
    grey, colours = fields[:, :1], fields
    mixed = 0.8 * grey + 0.2 * colours
    mixed /= mixed.std(axis=(1, 2, 3), keepdims=True)
    return (127 + 40 * mixed).clip(0, 255).astype(np.uint8).transpose(0, 2, 3, 1)


def planted(pictures: np.ndarray, field: np.ndarray) -> np.ndarray:
    return (pictures + field[..., None]).clip(0, 255).astype(np.uint8)


Y, X = np.mgrid[:SIZE, :SIZE]
WITHIN = (Y >= 32) & (X < 32)  # the lower left quarter
WAVES = 20 * np.sin(2 * np.pi * (0.22 * X + 0.15 * Y)) * WITHIN
BLOB = 190 * np.exp(-((Y - 20) ** 2 + (X - 44) ** 2) / (2 * 3**2))
FOREIGN = 70 * np.sign(np.sin(X * 1.1)) * np.sign(np.sin(Y * 1.1)) * (Y < 16) * (X < 16)


@pytest.fixture(scope="module")
def rules():
    patches = learn_patches(natural(COUNT, 0))
    return {
        "periodic": periodic_texture,
        "blobs": glowing_blobs,
        "foreign": lambda pictures: foreign_patches(pictures, patches),
    }


@pytest.mark.parametrize(
    ("rule", "field", "centre", "found_at_least"),
    [
        ("periodic", WAVES, (48, 16), 0.9),
        ("blobs", BLOB, (20, 44), 0.75),  # such noise has bright spots of its own
        ("foreign", FOREIGN, (8, 8), 0.9),
    ],
)
def test_a_planted_artefact_is_found_where_it_is(rules, rule, field, centre, found_at_least):
    limit = threshold(rules[rule](natural(COUNT, 1)).scores)
    found = rules[rule](planted(natural(40, 2), field))
    assert flagged(found.scores, limit).share.value >= found_at_least
    row, column, height, width = found.boxes.T
    hit = (row <= centre[0]) & (centre[0] < row + height)
    hit &= (column <= centre[1]) & (centre[1] < column + width)
    assert hit.mean() >= found_at_least
    assert (row + height <= SIZE).all()
    assert (column + width <= SIZE).all()


@pytest.mark.parametrize("rule", ["periodic", "blobs", "foreign"])
def test_clean_noise_is_flagged_as_rarely_as_the_rule_allows(rules, rule):
    limit = threshold(rules[rule](natural(COUNT, 1)).scores)
    rate = flagged(rules[rule](natural(COUNT, 3)).scores, limit).share
    assert rate.low <= FALSE_ALARMS
    assert rate.value < 0.04


def test_straight_edges_and_pictures_of_one_colour_are_no_waves():
    fences = np.full((4, SIZE, SIZE, 3), 90, np.uint8)
    fences[:, :, ::8] = 200  # upright bars: along an axis
    flat = np.full((4, SIZE, SIZE, 3), 90, np.uint8)
    limit = threshold(periodic_texture(natural(COUNT, 1)).scores)
    for pictures in (fences, flat):
        assert (periodic_texture(pictures).scores < limit).all()
    assert np.allclose(glowing_blobs(flat).scores, 0)


def test_a_threshold_needs_enough_real_pictures():
    scores = np.arange(1000.0)
    assert threshold(scores, 0.01) == 990.0
    found = flagged(scores, 990.0)
    assert found.pictures.tolist() == list(range(999, 990, -1))
    assert found.share.value == pytest.approx(0.009)
    with pytest.raises(ValueError, match="cannot show a false-alarm rate"):
        threshold(scores[:50], 0.01)


def test_what_is_too_small_is_refused():
    with pytest.raises(ValueError, match="at least 32 px"):
        periodic_texture(np.zeros((2, 16, 16, 3), np.uint8))
    with pytest.raises(ValueError, match="too few for 24 axes"):
        learn_patches(np.zeros((1, 8, 8, 3), np.uint8))
