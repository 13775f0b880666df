"""The two positional encodings of Fig. 2: Fourier features (Eq. 3) and coordinate embeddings."""

import math
from itertools import product

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cipslib.networks.layers import full_precision
from cipslib.utils.shapes import Float

ENCODINGS = ("fourier", "embedding")
INTERPOLATIONS = ("bilinear", "bicubic", "nearest", "shifted")  # see CoordinateEmbedding

# differs from the paper: it says "learnable, like in SIREN", which would start at +-15. The
# released code starts here, at frequencies as low as the paper's Fig. 4 shows.
FOURIER_LIMIT = math.sqrt(9 / 2)
GRID_TOLERANCE_PX = 1e-3  # nearer to a grid point, in pixels, is on it: float32 coordinates round


class FourierFeatures(nn.Module):
    """e_fo(x, y) = sin[B_fo (x', y')^T] with a learned B_fo (Eq. 3).

    On a cylinder (x', y') becomes (sin pi x', cos pi x', y'), which the paper leaves open.
    """

    def __init__(self, features: int, bias: bool, cylinder: bool):
        super().__init__()
        inputs = 3 if cylinder else 2
        limit = FOURIER_LIMIT
        self.weight = nn.Parameter(torch.empty(features, inputs).uniform_(-limit, limit))
        self.bias = None
        if bias:
            limit = 1 / math.sqrt(inputs)
            self.bias = nn.Parameter(torch.empty(features).uniform_(-limit, limit))
        self.cylinder = cylinder

    def forward(self, coords: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch features"]:
        if self.cylinder:
            angle = math.pi * coords[..., :1]
            coords = torch.cat((torch.sin(angle), torch.cos(angle), coords[..., 1:]), dim=-1)
        with full_precision(coords):
            return torch.sin(F.linear(coords, self.weight, self.bias))  # Eq. 3


class CoordinateEmbedding(nn.Module):
    """e_co(x, y): a learned vector for each of the H x W positions (Sec. 3.1).

    The paper does not say what stands between the positions; ``interpolation`` does:

    - bilinear, bicubic (Catmull-Rom), nearest: align_corners=True, the corners of the image are
      positions, so that each position gives back its own vector exactly;
    - shifted: as the released code evaluates, bilinear with align_corners=False at the same
      coordinates: up to half a pixel off, so that even the training grid reads blurred vectors
      (docs/fidelity.md).

    Beyond the border stands the border's vector. On a cylinder x has no border but goes round.
    """

    def __init__(self, height: int, width: int, features: int, cylinder: bool):
        super().__init__()
        self.height = height
        self.width = width
        self.cylinder = cylinder
        self.table = nn.Parameter(torch.randn(height * width, features))

    def forward(
        self, coords: Float[Tensor, "*batch 2"], interpolation: str = "bilinear"
    ) -> Float[Tensor, "*batch features"]:
        x, y = coords.unbind(-1)
        columns = self._neighbours(x, self.width, interpolation, self.cylinder)
        rows = self._neighbours(y, self.height, interpolation, False)
        if interpolation == "nearest":
            ((row, _),), ((column, _),) = rows, columns
            return F.embedding(row * self.width + column, self.table)
        vectors = torch.zeros((), dtype=self.table.dtype, device=self.table.device)
        for (row, row_weight), (column, column_weight) in product(rows, columns):
            vector = F.embedding(row * self.width + column, self.table)
            vectors = vectors + vector * (row_weight * column_weight)[..., None]
        return vectors

    @staticmethod
    def _neighbours(
        coordinate: Tensor, size: int, interpolation: str, periodic: bool
    ) -> list[tuple[Tensor, Tensor]]:
        """Return index and weight of each position that counts, along one axis."""
        if interpolation == "shifted":  # align_corners=False
            position = (coordinate + 1) * (size / 2) - 0.5
        else:
            span = size if periodic else size - 1
            position = (coordinate + 1) * (span / 2)
            nearest = position.round()
            on_grid = (position - nearest).abs() < GRID_TOLERANCE_PX
            position = torch.where(on_grid, nearest, position)
        if not periodic:
            position = position.clamp(0, size - 1)
        low = (position + 0.5).floor() if interpolation == "nearest" else position.floor()
        weights = _interpolation_weights(position - low, interpolation)
        indices = ((low.long() + step, weight) for step, weight in weights.items())
        if periodic:
            return [(index.remainder(size), weight) for index, weight in indices]
        return [(index.clamp(0, size - 1), weight) for index, weight in indices]


def _interpolation_weights(t: Tensor, interpolation: str) -> dict[int, Tensor]:
    """Return the weights of the positions around one, by their distance from the lower one.

    ``t`` in [0, 1) is how far the way to the next position has gone.
    """
    if interpolation == "nearest":
        return {0: torch.ones_like(t)}
    if interpolation == "bicubic":
        return {
            -1: ((2 - t) * t - 1) * t / 2,
            0: (t * t * (3 * t - 5) + 2) / 2,
            1: ((4 - 3 * t) * t + 1) * t / 2,
            2: (t - 1) * t * t / 2,
        }
    return {0: 1 - t, 1: t}
