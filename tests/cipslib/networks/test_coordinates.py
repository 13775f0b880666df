"""Eq. 1 and the mapping to [-1, 1] of Eq. 3."""

import pytest
import torch

from cipslib.networks.coordinates import cylinder_grid, grid_at, pixel_grid


def test_grid_is_row_by_row_and_includes_both_ends():
    grid = pixel_grid(height=3, width=5).reshape(3, 5, 2)
    for y in range(3):
        for x in range(5):
            expected = torch.tensor([2 * x / 4 - 1, 2 * y / 2 - 1])
            torch.testing.assert_close(grid[y, x], expected)


@pytest.mark.parametrize("cylinder", [False, True])
def test_rows_and_columns_cross_at_the_grids_own_points(cylinder: bool):
    """To the last bit; on a cylinder the columns go round."""
    height, width = 5, 7
    grid = (cylinder_grid if cylinder else pixel_grid)(height, width).reshape(height, width, 2)
    rows = torch.tensor([[0, 2, 4], [3, 1, 1]])
    columns = torch.tensor([[0, 1], [5, 6]]) + (3 if cylinder else 0)
    points = grid_at(rows, columns, height, width, cylinder).reshape(2, 3, 2, 2)
    for image in range(2):
        for i in range(3):
            for j in range(2):
                expected = grid[rows[image, i], columns[image, j] % width]
                assert torch.equal(points[image, i, j], expected)
