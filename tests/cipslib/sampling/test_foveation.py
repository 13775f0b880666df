"""Foveated synthesis (Fig. 8)."""

import numpy as np
import pytest
import torch
from conftest import small_generator

from cipslib.networks.coordinates import pixel_grid
from cipslib.presets import VARIANTS
from cipslib.sampling.foveation import Gaze, fill, foveate, gazed_pixels
from cipslib.sampling.latents import sample_latents
from cipslib.sampling.synthesis import synthesize


def setting(variant: str = "ne"):
    generator = small_generator(variant=variant, resolution=16)
    generator.grid = pixel_grid(16, 16, torch.float64)
    w = generator.mapping(sample_latents(1, 5, seed=0).double()).detach()
    return generator, w, synthesize(generator, w)[0].reshape(16, 16, 3).numpy()


@pytest.mark.parametrize("share", [0.05, 0.25, 0.5])
def test_sampled_pixels_are_those_of_the_full_image(share: float):
    generator, w, whole = setting()
    gaze = Gaze(share, 0.3, -0.2)
    chosen = gazed_pixels(gaze, 16, 16, seed=1)
    assert chosen.sum() == round(share * 256)
    image = foveate(generator, w, gaze, seed=1)
    np.testing.assert_allclose(image[chosen], whole[chosen], rtol=0, atol=1e-6)
    assert np.isfinite(image).all()
    assert np.abs(image[~chosen] - whole[~chosen]).max() > 0


def test_all_pixels_are_the_full_image():
    for variant in VARIANTS:
        generator, w, whole = setting(variant)
        np.testing.assert_allclose(foveate(generator, w, Gaze(1.0)), whole, rtol=0, atol=1e-12)


def test_smaller_shares_are_parts_of_larger_ones():
    small, large = (gazed_pixels(Gaze(share), 16, 16, seed=0) for share in (0.1, 0.4))
    assert (large | ~small).all()


def test_pixels_gather_where_the_gaze_is():
    """Against the density that Fig. 8 states: a Gaussian of 0.4 image sizes."""
    gaze = Gaze(0.02, x=0.5, y=-0.5, sigma=0.1)
    y, x = np.nonzero(gazed_pixels(gaze, 200, 200, seed=0))
    assert x.mean() == pytest.approx(0.75 * 199, abs=3)
    assert y.mean() == pytest.approx(0.25 * 199, abs=3)
    assert Gaze(0.5).sigma == 0.4


def test_gaps_are_filled_smoothly():
    """Cubic: a plane comes back exactly inside the points' hull."""
    points = np.random.default_rng(0).uniform(-1, 1, (60, 2)).astype(np.float32)
    points[:4] = [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    plane = np.stack((points[:, 0], points[:, 1], points.sum(axis=1)), axis=1)
    gaps = np.random.default_rng(1).uniform(-0.9, 0.9, (20, 2)).astype(np.float32)
    expected = np.stack((gaps[:, 0], gaps[:, 1], gaps.sum(axis=1)), axis=1)
    np.testing.assert_allclose(fill(points, plane, gaps), expected, atol=1e-5)


@pytest.mark.parametrize("count", [1, 2])
def test_a_few_points_fill_with_the_nearest(count: int):
    points = np.array([[-0.5, 0.0], [0.5, 0.0]], dtype=np.float32)[:count]
    colours = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32)[:count]
    gaps = np.array([[-0.9, 0.1], [0.9, 0.1]], dtype=np.float32)
    np.testing.assert_array_equal(fill(points, colours, gaps), colours[[0, count - 1]])
