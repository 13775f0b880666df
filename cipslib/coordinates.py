"""Where the pixels are. Coordinates are (x, y) pairs in [-1, 1]; pixels are rows."""

import torch
from torch import Tensor

from cipslib.shapes import Float


def pixel_grid(
    height: int, width: int, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "pixels 2"]:
    """The training grid, mgrid(H, W) of Eq. 1, row by row, mapped to [-1, 1] as in Eq. 3.

    Both ends are included: x' = 2x/(W-1) - 1, so the first pixel of a row is at -1, the last at 1.
    """
    y, x = torch.meshgrid(
        torch.linspace(-1.0, 1.0, height, dtype=dtype),
        torch.linspace(-1.0, 1.0, width, dtype=dtype),
        indexing="ij",
    )
    return torch.stack((x, y), dim=-1).reshape(-1, 2)
