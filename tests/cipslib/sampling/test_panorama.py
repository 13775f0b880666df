"""Images around the cylinder (Sec. 4.8)."""

import numpy as np
import pytest
import torch
from conftest import assert_same_images, refused, small_generator

from cipslib.networks.coordinates import cylinder_grid
from cipslib.networks.generator import Generator
from cipslib.sampling.latents import sample_latents
from cipslib.sampling.panorama import blended, panorama, random_windows
from cipslib.sampling.synthesis import RenderOptions

HEIGHT, AROUND = 12, 40


def setting(count: int = 1) -> tuple[Generator, torch.Tensor]:
    """A cylinder whose table is as smooth as a trained one's, so that a seam would show."""
    generator = small_generator(resolution=HEIGHT, circumference=AROUND)
    grid = cylinder_grid(HEIGHT, AROUND, dtype=torch.float64)
    angle = np.pi * grid[:, :1]
    with torch.no_grad():
        waves = torch.cat((torch.sin(angle), torch.cos(2 * angle), grid[:, 1:]), dim=1)
        generator.embedding.table.copy_(waves)
    generator.grid = grid
    return generator, generator.mapping(sample_latents(count, 5, seed=0).double()).detach()


@pytest.mark.parametrize("width", [None, 40, 57, 200])
def test_there_is_no_seam(width: int | None):
    """The step from the last column to the first is like the steps between other neighbours."""
    image = panorama(*setting(), width)[0].astype(float)
    steps = np.abs(np.diff(image, axis=1, append=image[:, :1])).mean(axis=(0, 2))
    assert image.std() > 1
    assert steps[-1] <= steps[:-1].max()


@pytest.mark.parametrize("columns", [1, 13, 39])
def test_rotating_the_window_shifts_the_image(columns: int):
    generator, w = setting()
    whole = panorama(generator, w)[0]
    turned = panorama(generator, w, start=-180 + 360 * columns / AROUND)[0]
    assert_same_images(turned, np.roll(whole, -columns, axis=1))


def test_a_part_is_that_part_of_the_whole():
    generator, w = setting()
    part = panorama(generator, w, start=-90, angle=90)[0]
    assert_same_images(part, panorama(generator, w)[0][:, 10:20])


def test_random_windows_are_parts_of_the_panorama_at_places_of_their_own():
    generator, w = setting(3)
    windows = random_windows(generator, w, seed=4)
    assert windows.shape == (3, HEIGHT, HEIGHT, 3)
    starts = []
    for style, window in zip(w, windows, strict=True):
        twice = np.tile(panorama(generator, style[None])[0], (1, 2, 1)).astype(int)
        off = [np.abs(twice[:, x : x + HEIGHT] - window).max() for x in range(AROUND)]
        found = [x for x in range(AROUND) if off[x] <= 1]
        assert len(found) == 1
        starts += found
    assert len({*starts}) == 3
    assert_same_images(random_windows(generator, w[2:], 4, first=2)[0], windows[2])


def test_a_blend_is_each_panorama_where_it_is_pure_and_closes():
    """Fig. 11c: the first in the middle, the second where the image is cut."""
    generator, w = setting(2)
    blend = panorama(generator, blended(w[0], w[1]))[0].astype(float)
    first, second = panorama(generator, w).astype(float)
    assert np.abs(blend[:, AROUND // 2] - first[:, AROUND // 2]).max() <= 1
    assert np.abs(blend[:, 0] - second[:, 0]).max() <= 1
    steps = np.abs(np.diff(blend, axis=1, append=blend[:, :1])).mean(axis=(0, 2))
    assert steps[-1] <= steps[:-1].max()
    chunked = panorama(generator, blended(w[0], w[1]), options=RenderOptions(chunk_size=7))[0]
    assert_same_images(chunked, blend)


def test_impossible_panoramas_are_named():
    generator, w = setting()
    refused(r"angle is 0 degrees, must be in \(0, 360\]", panorama, generator, w, angle=0.0)
    refused("panoramas need a generator of the cylinder", panorama, small_generator(), w)
