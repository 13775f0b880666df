"""Errors of foveated images."""

import numpy as np
import pytest
import torch
from conftest import small_generator

from cipslib.analysis.foveated import INNER, foveated_images, full_images, near, squared_errors
from cipslib.networks.coordinates import pixel_grid
from cipslib.sampling.foveation import Gaze, foveate
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


def test_errors_are_of_the_filled_pixels_and_of_regions(drawn):
    foveated, full = drawn
    errors = squared_errors(foveated, full, GAZE)
    assert (errors["all"] > 0).all()
    inner = near(GAZE, 16, 16).mean()
    assert inner == pytest.approx(INNER, abs=0.03)  # points at equal distances stay together
    assert (errors["near the gaze"] > 0).all()
    assert (errors["near the gaze"] < errors["all"] / inner).all()
    moved = full.copy()
    moved[:, 0, 0] += 0.2  # far from the gaze
    at_corner = squared_errors(moved, full, GAZE)
    assert at_corner["near the gaze"] == pytest.approx(0)
    assert at_corner["all"] == pytest.approx(0.1**2 / 256)
