"""Where the pixels are. Coordinates are (x, y) pairs in [-1, 1]; pixels are rows."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float, Int


def pixel_grid(
    height: int, width: int, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "pixels 2"]:
    """Return the training grid, mgrid(H, W) of Eq. 1, row by row, in [-1, 1] as in Eq. 3.

    Both ends are included: x' = 2x/(W-1) - 1, so the first pixel of a row is at -1, the last at 1.
    With more pixels than the training grid's it is the dense grid of Sec. 4.7.
    """
    return _mesh(_plane_axis(width, dtype), _plane_axis(height, dtype))


def cylinder_grid(
    height: int, width: int, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "pixels 2"]:
    """Return the grid of ``width`` columns around a cylinder (Sec. 4.8), row by row.

    x is the angle over pi and goes round: -1 and 1 are one place, so the last column ends one step
    before the first. y has both ends, as on the plane.
    """
    return _mesh(_round_axis(width, dtype), _plane_axis(height, dtype))


def grid_at(
    rows: Int[Tensor, "batch h"],
    columns: Int[Tensor, "batch w"],
    height: int,
    width: int,
    cylinder: bool = False,
) -> Float[Tensor, "batch h*w 2"]:
    """Return the points of ``pixel_grid`` or ``cylinder_grid`` where rows and columns cross.

    Each image has its own, row by row: patches (App. C) and windows of a cylinder (Sec. 4.8), whose
    columns go round. Raises IndexError outside the grid.
    """
    if cylinder:
        columns = columns.remainder(width)
    x = (_round_axis(width) if cylinder else _plane_axis(width)).to(columns.device)[columns]
    y = _plane_axis(height).to(rows.device)[rows]
    size = (len(rows), rows.shape[1], columns.shape[1])
    return torch.stack((x[:, None, :].expand(size), y[:, :, None].expand(size)), -1).flatten(1, 2)


def _plane_axis(size: int, dtype: torch.dtype = torch.float32) -> Float[Tensor, "{size}"]:
    return torch.linspace(-1.0, 1.0, size, dtype=dtype)  # Eq. 3: 2x / (W - 1) - 1


def _round_axis(size: int, dtype: torch.dtype = torch.float32) -> Float[Tensor, "{size}"]:
    return torch.arange(size, dtype=dtype) * 2 / size - 1


def _mesh(x: Float[Tensor, " width"], y: Float[Tensor, " height"]) -> Float[Tensor, "pixels 2"]:
    rows, columns = torch.meshgrid(y, x, indexing="ij")
    return torch.stack((columns, rows), dim=-1).reshape(-1, 2)


@dataclass(frozen=True)
class Window:
    """``height`` x ``width`` pixels between two corners, made as they are asked for.

    ``window[a:b]`` has the coordinates of pixels a to b, counted row by row, in float64. On the
    plane the ends are those of ``pixel_grid`` and both included, and the window lies within
    [-1, 1]. On a ``cylinder`` x goes round, and the last column ends one step before ``right``.
    Raises UserError for a window without pixels or outside the domain.
    """

    height: int
    width: int
    left: float = -1.0
    top: float = -1.0
    right: float = 1.0
    bottom: float = 1.0
    cylinder: bool = False

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1:
            raise UserError(f"{self.height} x {self.width} pixels: each must be at least 1")
        if not all(map(math.isfinite, (self.left, self.top, self.right, self.bottom))):
            raise UserError(f"a window's corners must be finite numbers, in [-1, 1]: {self}")
        if self.left >= self.right or self.top >= self.bottom:
            raise UserError("a window's left must be less than its right, its top than its bottom")
        low = min(self.top, 0 if self.cylinder else self.left)
        high = max(self.bottom, 0 if self.cylinder else self.right)
        if low < -1 or high > 1:
            raise UserError(
                f"a window from ({self.left}, {self.top}) to ({self.right}, {self.bottom}) leaves "
                "the domain: " + ("y must be in [-1, 1]" if self.cylinder else "all in [-1, 1]")
            )

    def __len__(self) -> int:
        return self.height * self.width

    def __getitem__(self, pixels: slice) -> Float[Tensor, "pixels 2"]:
        index = torch.arange(*pixels.indices(len(self)))
        row = index // self.width
        column = index % self.width
        steps = self.width if self.cylinder else self.width - 1
        x = _between(self.left, self.right, column, steps)
        if self.cylinder:
            x = (x + 1).remainder(2) - 1
        y = _between(self.top, self.bottom, row, self.height - 1)
        return torch.stack((x, y), dim=-1)


def _between(first: float, last: float, index: Tensor, steps: int) -> Tensor:
    """Return the place of ``index`` on the way from first (0) to last (``steps``)."""
    if steps == 0:  # one pixel stands in the middle
        return torch.full(index.shape, (first + last) / 2, dtype=torch.float64)
    return first + (last - first) / steps * index.double()


def cell_centers(height: int, width: int) -> Window:
    """Return the centres of equal cells, edge to edge: Pillow's resize from pixel centres."""
    return Window(height, width, 1 / width - 1, 1 / height - 1, 1 - 1 / width, 1 - 1 / height)
