"""Even paths, and what a cross-fade loses."""

import numpy as np
import pytest
from conftest import refused, small_generator

from cipslib.analysis.smoothness import cross_fades, interpolation_paths, jumps, midway_contrast
from cipslib.sampling.latents import sample_w
from cipslib.sampling.synthesis import synthesize


def paths(progress: np.ndarray, count: int = 6) -> np.ndarray:
    """Straight ways between random images, ``progress`` of the way at each point."""
    first, second = np.random.default_rng(0).standard_normal((2, count, 1, 2, 2, 3))
    return first + progress[None, :, None, None, None] * (second - first)


EVEN = np.linspace(0, 1, 17)
EASED = (1 - np.cos(np.linspace(0, np.pi, 65))) / 2
JUMP = (EVEN > 0.4).astype(float)


@pytest.mark.parametrize(("progress", "expected"), [(EVEN, 0.5), (EASED, 0.5), (JUMP, 1.0)])
def test_a_jump_is_seen_and_a_pace_that_changes_smoothly_is_none(
    progress: np.ndarray, expected: float
):
    found = jumps(paths(progress))
    assert (found.low, found.value, found.high) == pytest.approx((expected,) * 3, abs=0.01)


def test_the_interval_is_over_paths():
    mixed = paths(EVEN)
    mixed[:2] = paths(JUMP)[:2]
    found = jumps(mixed)
    assert found.value == pytest.approx((2 * 1 + 4 * 0.5) / 6)
    assert 0.5 <= found.low < found.value < found.high <= 1


def test_paths_that_cannot_be_judged_are_named():
    good = paths(np.linspace(0, 1, 5))
    for points in (3, 4, 6):
        message = f"has {points} points, must have an odd number"
        refused(message, jumps, paths(np.linspace(0, 1, points)), error=ValueError)
    still = np.concatenate((good, np.zeros((1, *good.shape[1:]))))
    refused("does not move", jumps, still, error=ValueError)
    refused("at least two items", jumps, good[:1], error=ValueError)


def test_a_cross_fade_is_even_and_loses_contrast_and_a_morph_keeps_it():
    random = np.random.default_rng(0)
    noise = random.uniform(size=(40, 5, 8, 8, 3))  # unrelated images, each with all its edges
    fades = cross_fades(noise)
    np.testing.assert_array_equal(fades[:, [0, -1]], noise[:, [0, -1]])
    assert jumps(fades).value == pytest.approx(0.5)
    faded, kept = midway_contrast(fades), midway_contrast(noise)
    assert faded.low < 0.5 < faded.high < 0.55
    assert kept.low < 1 < kept.high < 1.1


def test_paths_begin_and_end_at_styles_in_turn_and_are_smooth():
    generator = small_generator()
    drawn = interpolation_paths(generator, seed=3, paths=2, points=17)
    whole = synthesize(generator, sample_w(generator, 4, seed=3)).reshape(2, 2, 6, 6, 3)
    np.testing.assert_allclose(drawn[:, [0, -1]], (whole.numpy() + 1) / 2, atol=1e-9)
    assert 0.4 < jumps(drawn).value < 0.7
