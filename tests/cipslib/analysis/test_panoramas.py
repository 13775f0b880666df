"""Seams of panoramas, and blends beside what is not one."""

import numpy as np
import pytest
from conftest import random_images, refused

from cipslib.analysis.panoramas import (
    cross_faded,
    half_way_contrast,
    part_edge,
    pasted,
    seam,
    shares,
)

WIDTH = 64


def waves(count: int, period: float) -> np.ndarray:
    """Panoramas of smooth waves at random phases; closed if 1 / ``period`` is whole."""
    random = np.random.default_rng(0)
    x = np.arange(WIDTH) / WIDTH
    phase = random.uniform(0, 2 * np.pi, (count, 12, 1, 3))
    values = np.sin(2 * np.pi * x[None, None, :, None] / period + phase)
    return np.round(127.5 + 120 * values).astype(np.uint8)


def test_closed_panoramas_have_no_seam_and_open_ones_have_where_they_are_cut():
    closed = seam(waves(30, 0.5))
    assert closed.low < 1.05
    assert closed.high > 0.95
    opened = waves(30, 0.8)
    assert seam(opened).low > 3
    assert seam(np.roll(opened, 17, axis=2)).value == pytest.approx(1, abs=0.1)


def test_what_has_no_seam_to_speak_of_is_named():
    values = waves(4, 0.5)
    refused("denominator is zero", seam, np.zeros_like(values), error=ValueError)
    refused("at least two items", seam, values[:1], error=ValueError)


def test_a_paste_has_an_edge_and_a_cross_fade_has_none():
    first, second = (random_images(20, 12, WIDTH, seed) // 8 for seed in (0, 1))
    second += 224  # dark and light
    share = shares(WIDTH)
    assert (share[0], share[WIDTH // 2], share[WIDTH // 4]) == (1, 0, 0.5)
    glued, faded = pasted(first, second), cross_faded(first, second)
    for image in (glued, faded):
        np.testing.assert_array_equal(image[:, :, 0], second[:, :, 0])
        np.testing.assert_array_equal(image[:, :, WIDTH // 2], first[:, :, WIDTH // 2])
    assert part_edge(glued).low > 3
    assert part_edge(faded).high < 2


def test_a_cross_fade_loses_contrast_half_way_and_sharp_images_have_it():
    first, second, third = (random_images(40, 12, WIDTH, seed) for seed in range(3))
    ghosts = half_way_contrast(first, second, cross_faded(first, second))
    assert 0.49 < ghosts.low < ghosts.high < 0.54  # 1/2 where both have equal shares
    sharp = half_way_contrast(first, second, third)
    assert sharp.low < 1 < sharp.high < 1.1
