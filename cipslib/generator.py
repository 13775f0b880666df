"""The CIPS generator (Fig. 2 and 13): every pixel from its coordinates and a style vector."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cipslib.coordinates import pixel_grid
from cipslib.layers import LEAKY_GAIN, LEAKY_SLOPE, MappingNetwork, ModulatedLinear
from cipslib.shapes import Float

# differs from the paper: it says "learnable, like in SIREN", which would start at +-15. The
# released code starts here, at frequencies as low as the paper's Fig. 4 shows.
FOURIER_LIMIT = math.sqrt(9 / 2)
ON_GRID = 1e-3  # nearer than this to a grid point, in pixels, is on it: float32 coordinates round


@dataclass(frozen=True)
class GeneratorConfig:
    """Sizes of a CIPS generator. The paper's default (App. A) at 256 px: 512 wide, 7 blocks."""

    resolution: int
    width: int
    blocks: int  # each two modulated layers and a projection to RGB; one more layer stands before
    fourier_dim: int
    embedding_dim: int
    style_dim: int
    mapping_layers: int

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value < 1:
                raise ValueError(f"{name} is {value}, must be at least 1")
        if self.resolution < 2:
            raise ValueError(f"resolution is {self.resolution}, must be at least 2")


class FourierFeatures(nn.Module):
    """e_fo(x, y) = sin[B_fo (x', y')^T], B_fo learned (Eq. 3)."""

    def __init__(self, features: int):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(features, 2).uniform_(-FOURIER_LIMIT, FOURIER_LIMIT))

    def forward(self, coords: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch features"]:
        return torch.sin(F.linear(coords, self.weight))

    def extra_repr(self) -> str:
        return f"2 -> {self.weight.shape[0]}"


class CoordinateEmbedding(nn.Module):
    """e_co(x, y): a learned vector for each of the H x W positions (Sec. 3.1).

    Between the positions, which the paper does not define, the four neighbours are blended
    bilinearly; beyond the border the border's vector is used.
    """

    def __init__(self, resolution: int, features: int):
        super().__init__()
        self.resolution = resolution
        self.table = nn.Parameter(torch.randn(resolution * resolution, features))

    def forward(self, coords: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch features"]:
        last = self.resolution - 1
        position = ((coords + 1) * (last / 2)).clamp(0, last)
        nearest = position.round()
        position = torch.where((position - nearest).abs() < ON_GRID, nearest, position)
        low = position.floor()
        x_part, y_part = (position - low).split(1, dim=-1)
        x0, y0 = low.long().unbind(-1)
        x1, y1 = (x0 + 1).clamp(max=last), (y0 + 1).clamp(max=last)
        above = torch.lerp(self._at(x0, y0), self._at(x1, y0), x_part)
        below = torch.lerp(self._at(x0, y1), self._at(x1, y1), x_part)
        return torch.lerp(above, below, y_part)

    def _at(self, x: Tensor, y: Tensor) -> Tensor:
        return F.embedding(y * self.resolution + x, self.table)

    def extra_repr(self) -> str:
        return f"{self.resolution} x {self.resolution} positions, {self.table.shape[1]} features"


class Generator(nn.Module):
    """CIPS, default configuration ("Main" in Tab. 3; App. A): skip connections to RGB."""

    grid: Tensor

    def __init__(self, config: GeneratorConfig):
        super().__init__()
        self.config = config
        self.mapping = MappingNetwork(config.style_dim, config.mapping_layers)
        self.fourier = FourierFeatures(config.fourier_dim)
        self.embedding = CoordinateEmbedding(config.resolution, config.embedding_dim)

        def layer(inputs: int) -> ModulatedLinear:
            return ModulatedLinear(inputs, config.width, config.style_dim, gain=LEAKY_GAIN)

        self.first = layer(config.fourier_dim + config.embedding_dim)
        self.layers = nn.ModuleList(layer(config.width) for _ in range(2 * config.blocks))
        self.to_rgb = nn.ModuleList(
            ModulatedLinear(config.width, 3, config.style_dim, demodulate=False)
            for _ in range(config.blocks)
        )
        grid = pixel_grid(config.resolution, config.resolution)
        self.register_buffer("grid", grid, persistent=False)

    def forward(self, z: Float[Tensor, "batch style"]) -> Float[Tensor, "batch 3 height width"]:
        """Whole images on the training grid (Eq. 1).

        differs from the paper: colours are about [-1, 1], as in StyleGAN2, not [0, 1].
        """
        pixels = self.synthesis(self.mapping(z))
        return pixels_to_images(pixels, self.config.resolution, self.config.resolution)

    def synthesis(
        self,
        w: Float[Tensor, "batch style"],
        coords: Float[Tensor, "pixels 2"] | Float[Tensor, "batch pixels 2"] | None = None,
    ) -> Float[Tensor, "batch pixels 3"]:
        """G'(e(x, y); w): the colours at ``coords``, or on the whole training grid if None."""
        encoding = self.encode(coords)
        x = activate(self.first(encoding.expand(len(w), -1, -1), w))
        rgb = x.new_zeros(())
        for block, to_rgb in enumerate(self.to_rgb):
            x = activate(self.layers[2 * block](x, w))
            x = activate(self.layers[2 * block + 1](x, w))
            rgb = rgb + to_rgb(x, w)
        return rgb

    def encode(self, coords: Tensor | None) -> Float[Tensor, "*batch pixels features"]:
        """e(x, y) = concat[e_fo, e_co] (Eq. 4). On the training grid the table is read as it is."""
        if coords is None:
            return torch.cat((self.fourier(self.grid), self.embedding.table), dim=-1)
        return torch.cat((self.fourier(coords), self.embedding(coords)), dim=-1)


def activate(psi: Tensor) -> Tensor:
    """Leaky ReLU in place (nothing else needs the input); its gain is in ModulatedLinear."""
    return F.leaky_relu_(psi, LEAKY_SLOPE)


def pixels_to_images(
    pixels: Float[Tensor, "batch pixels 3"], height: int, width: int
) -> Float[Tensor, "batch 3 {height} {width}"]:
    """Rows of colours, in the order of ``pixel_grid``, to images."""
    return pixels.transpose(1, 2).reshape(len(pixels), 3, height, width)
