"""Errors of foveated images, and whether their samples are the full image's pixels."""

import numpy as np
import pytest
import torch
from conftest import small_generator

from cipslib.analysis.foveated import (
    INNER,
    compare_samples,
    foveated_images,
    full_images,
    near,
    root_mean_square,
    squared_errors,
)
from cipslib.networks.coordinates import pixel_grid
from cipslib.sampling.foveation import Gaze, foveate, gazed_pixels
from cipslib.sampling.latents import sample_w

GAZE = Gaze(0.3, 0.4, -0.2)


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, np.ndarray]:
    """Foveated and full images."""
    generator = small_generator(variant="ne", resolution=16)
    generator.grid = pixel_grid(16, 16, torch.float64)
    w = sample_w(generator, 3, seed=0)
    foveated = foveated_images(generator, w, GAZE, seed=1)
    np.testing.assert_array_equal(foveated[1], foveate(generator, w[1:2], GAZE, seed=2))
    return foveated, full_images(generator, w)


def test_samples_are_the_full_images(drawn):
    foveated, full = drawn
    found = compare_samples([foveated, full], full, [GAZE, Gaze(1.0)], seed=1)
    assert found.values == 3 * 3 * (round(0.3 * 256) + 256)
    assert found.different == 0
    assert found.largest < 1e-6


def test_samples_that_differ_are_counted(drawn):
    foveated, full = drawn[0], drawn[1].copy()
    row, column = np.argwhere(gazed_pixels(GAZE, 16, 16, 2))[0]  # of the second
    changed = foveated.copy()
    full[1, row, column, 2], changed[1, row, column, 2] = 0.1, -0.4  # of a range of 2
    found = compare_samples([changed], full, [GAZE], seed=1)
    assert found.different == 1
    assert found.largest == pytest.approx(0.25)  # of a range of 1


def test_errors_are_of_the_filled_pixels_and_of_regions(drawn):
    foveated, full = drawn
    errors = squared_errors(foveated, full, GAZE)
    assert (errors["all"] > 0).all()
    inner = near(GAZE, 16, 16).mean()
    assert inner == pytest.approx(INNER, abs=0.03)  # points at equal distances stay together
    both = inner * errors["near the gaze"] + (1 - inner) * errors["elsewhere"]
    np.testing.assert_allclose(both, errors["all"])
    moved = full.copy()
    moved[:, 0, 0] += 0.2  # far from the gaze
    at_corner = squared_errors(moved, full, GAZE)
    assert at_corner["near the gaze"] == pytest.approx(0)
    assert at_corner["all"] == pytest.approx(0.1**2 / 256)


def test_the_root_mean_square_and_its_interval():
    found = root_mean_square(np.array([0.04, 0.04, 0.04]))
    assert (found.low, found.value, found.high) == pytest.approx((0.2, 0.2, 0.2))
    spread = root_mean_square(np.linspace(0, 1, 50))
    assert spread.value == pytest.approx(0.5**0.5)
    assert spread.low < spread.value < spread.high
