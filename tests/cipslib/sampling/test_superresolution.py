"""Denser grids than the training one (Fig. 9)."""

import numpy as np
import torch
from conftest import refused, small_generator

from cipslib.networks.coordinates import cell_centers
from cipslib.sampling.latents import sample_latents
from cipslib.sampling.superresolution import dense, lanczos


def test_lanczos_and_the_dense_grid_are_aligned():
    """An image whose colour is the coordinate: Lanczos gives back the dense grid's coordinates."""
    side, factor = 16, 4
    ramp = np.linspace(0, 255, side)
    native = np.broadcast_to(ramp[None, :, None], (side, side, 3)).round().astype(np.uint8)
    enlarged = lanczos(native[None], factor)[0, 32, :, 0].astype(float)
    x = cell_centers(side * factor, side * factor)[: side * factor][:, 0].numpy()
    expected = 255 * (x + 1) / 2
    middle = slice(12, -12)  # Lanczos leans on pixels that are not there at the border
    assert np.abs(enlarged[middle] - expected[middle]).max() < 2


def test_the_dense_grid_is_the_generator_at_those_places():
    generator = small_generator()
    w = generator.mapping(sample_latents(2, 5, seed=0).double()).detach()
    images = dense(generator, w, 3)
    assert images.shape == (2, 18, 18, 3)
    colours = generator.synthesis(w, cell_centers(18, 18)[:].double())[1].detach().numpy()
    expected = np.clip(np.round(colours * 127.5 + 127.5), 0, 255).reshape(18, 18, 3)
    assert np.abs(images[1] - expected).max() <= 1


def test_a_cylinder_is_refused():
    w = torch.zeros(1, 5, dtype=torch.float64)
    refused("super-resolution is of the plane", dense, small_generator(circumference=9), w, 2)
