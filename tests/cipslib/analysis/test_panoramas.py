"""Seams at any place of a panorama, and blends beside what is not one."""

import numpy as np
import pytest

from cipslib.analysis.panoramas import (
    cross_faded,
    half_way_contrast,
    part_edge,
    pasted,
    seam_at,
    shares,
    turned,
)
from cipslib.analysis.smoothness import seam

WIDTH = 64


def waves(count: int, period: float, seed: int = 0) -> np.ndarray:
    """Panoramas of smooth waves at random phases; closed if 1 / ``period`` is whole."""
    random = np.random.default_rng(seed)
    x = np.arange(WIDTH) / WIDTH
    phase = random.uniform(0, 2 * np.pi, (count, 12, 1, 3))
    values = np.sin(2 * np.pi * x[None, None, :, None] / period + phase)
    return np.round(127.5 + 120 * values).astype(np.uint8)


def noise(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 12, WIDTH, 3), dtype=np.uint8)


def test_an_open_panorama_has_its_seam_at_one_place_alone():
    opened = waves(30, 0.8)
    assert seam_at(opened, 0) == seam(opened)
    assert seam(opened).low > 3
    for column in range(8, WIDTH, 8):
        assert seam_at(opened, column).value == pytest.approx(1, abs=0.1)


def test_each_panorama_may_be_cut_at_a_place_of_its_own():
    opened, columns = waves(30, 0.8), np.random.default_rng(1).integers(0, WIDTH, 30)
    begun = np.stack([np.roll(p, c, axis=1) for p, c in zip(opened, columns, strict=True)])
    assert seam_at(begun, columns) == seam(opened)
    assert seam_at(begun, 0).value < 1.5
    np.testing.assert_array_equal(turned(begun, columns), opened)


def test_a_paste_has_an_edge_and_a_cross_fade_has_none():
    first, second = noise(20, 0) // 8, 224 + noise(20, 1) // 8  # dark and light
    share = shares(WIDTH)
    assert (share[0], share[WIDTH // 2], share[WIDTH // 4]) == (1, 0, 0.5)
    glued, faded = pasted(first, second), cross_faded(first, second)
    for image in (glued, faded):
        np.testing.assert_array_equal(image[:, :, 0], second[:, :, 0])
        np.testing.assert_array_equal(image[:, :, WIDTH // 2], first[:, :, WIDTH // 2])
    assert part_edge(glued).low > 3
    assert part_edge(faded).high < 2


def test_a_cross_fade_loses_contrast_half_way_and_sharp_images_have_it():
    first, second, third = (noise(40, seed) for seed in range(3))
    ghosts = half_way_contrast(first, second, cross_faded(first, second))
    assert 0.49 < ghosts.low < ghosts.high < 0.54  # 1/2 where both have equal shares
    sharp = half_way_contrast(first, second, third)
    assert sharp.low < 1 < sharp.high < 1.1
