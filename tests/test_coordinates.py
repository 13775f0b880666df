"""Eq. 1 and the mapping to [-1, 1] of Eq. 3."""

import torch

from cipslib.coordinates import pixel_grid


def test_grid_is_row_by_row_and_includes_both_ends():
    grid = pixel_grid(height=3, width=5).reshape(3, 5, 2)
    for y in range(3):
        for x in range(5):
            expected = torch.tensor([2 * x / 4 - 1, 2 * y / 2 - 1])
            torch.testing.assert_close(grid[y, x], expected)
