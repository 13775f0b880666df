"""The CIPS generator (Fig. 2 and 13): every pixel from its coordinates and a style vector."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise, product
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from cipslib.networks.coordinates import cylinder_grid, pixel_grid
from cipslib.networks.layers import (
    EqualizedLinear,
    MappingNetwork,
    Modulated,
    ModulatedLinear,
    StyledLayer,
    at_least_float32,
    full_precision,
)
from cipslib.networks.randomness import Noise, gaussian
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float

# differs from the paper: it says "learnable, like in SIREN", which would start at +-15. The
# released code starts here, at frequencies as low as the paper's Fig. 4 shows.
FOURIER_LIMIT = math.sqrt(9 / 2)
ON_GRID = 1e-3  # nearer than this to a grid point, in pixels, is on it: float32 coordinates round
INTERPOLATIONS = ("bilinear", "bicubic", "nearest", "shifted")  # CoordinateEmbedding explains them
ENCODINGS = ("fourier", "embedding")

Ws = Float[Tensor, "batch style"] | Float[Tensor, "batch _ style"] | Float[Tensor, "b _ _ s"]
# Where to draw: any points, or some of the training grid's pixels, or all of them.
Coords = Float[Tensor, "pixels 2"] | Float[Tensor, "batch pixels 2"] | slice | None
LayerStyle = Float[Tensor, "batch style"] | Float[Tensor, "batch pixels style"] | Modulated


@dataclass(frozen=True)
class LayerStyles:
    """What each modulated layer gets, and each of the blocks' projections to RGB."""

    layers: Sequence[LayerStyle]
    projections: Sequence[LayerStyle]


@dataclass(frozen=True)
class Variant:
    """What a generator has of the rows of Tab. 3; the paper's columns: ``cipslib.presets``."""

    fourier: bool
    embedding: bool
    skips: bool  # each block's projection to RGB is added up (App. A), not the last one's alone
    residual: bool  # each block is added to its input, over sqrt(2)
    sine: bool  # instead of leaky ReLU, in all layers

    @property
    def separate_first_layer(self) -> bool:
        """Whether the first layer stands before the blocks (App. A) or is the first block's first.

        So 7 blocks are 15 layers with skips or residual blocks and 14 without (Sec. 4.1), which is
        the reading that gives the parameters of Tab. 4.
        """
        return self.skips or self.residual

    def __str__(self) -> str:
        return " + ".join(name for name, has in vars(self).items() if has)


@dataclass(frozen=True)
class GeneratorConfig:
    """What makes a CIPS generator; the paper's and the release's: ``presets.generator_preset``."""

    resolution: int
    variant: Variant
    block_widths: tuple[int, ...]  # one for each block of two modulated layers
    fourier_dim: int
    embedding_dim: int
    style_dim: int
    mapping_layers: int
    fourier_bias: bool  # the released code's; Eq. 3 has none
    noise: bool  # the released code's: Gaussian noise in every layer, times a learned strength
    circumference: int  # columns of pixels around a cylinder (Sec. 4.8); 0: a plane

    def __post_init__(self) -> None:
        for name in ("fourier_dim", "embedding_dim", "style_dim", "mapping_layers"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}, must be at least 1")
        if not self.block_widths or min(self.block_widths) < 1:
            raise ValueError(
                f"block_widths is {list(self.block_widths)}, must have one entry or more, each at "
                "least 1"
            )
        if self.resolution < 2:
            raise ValueError(f"resolution is {self.resolution}, must be at least 2")
        if self.circumference and self.circumference < self.resolution:
            raise ValueError(
                f"circumference is {self.circumference}, must be 0 (a plane) or at least the "
                f"resolution ({self.resolution})"
            )

    @property
    def layers(self) -> int:
        """How many modulated layers there are, projections to RGB not counted."""
        return 2 * len(self.block_widths) + self.variant.separate_first_layer


class FourierFeatures(nn.Module):
    """e_fo(x, y) = sin[B_fo (x', y')^T], B_fo learned (Eq. 3).

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
            angle, y = math.pi * coords[..., :1], coords[..., 1:]
            coords = torch.cat((torch.sin(angle), torch.cos(angle), y), dim=-1)
        with full_precision(coords):
            return torch.sin(F.linear(coords, self.weight, self.bias))

    def extra_repr(self) -> str:
        return f"{self.weight.shape[1]} -> {self.weight.shape[0]}, bias={self.bias is not None}"


class CoordinateEmbedding(nn.Module):
    """e_co(x, y): a learned vector for each of the H x W positions (Sec. 3.1).

    The paper does not say what stands between the positions; ``interpolation`` does:

    - bilinear, bicubic (Catmull-Rom), nearest: blends of the neighbours that give back each
      position's own vector exactly;
    - shifted: as the released code evaluates, bilinear with positions that are up to half a pixel
      off, so that even the training grid reads blurred vectors (docs/fidelity.md).

    Beyond the border stands the border's vector. On a cylinder x has no border but goes round.
    """

    def __init__(self, height: int, width: int, features: int, cylinder: bool):
        super().__init__()
        self.height, self.width, self.cylinder = height, width, cylinder
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
        for (row, row_share), (column, column_share) in product(rows, columns):
            vector = F.embedding(row * self.width + column, self.table)
            vectors = vectors + vector * (row_share * column_share)[..., None]
        return vectors

    @staticmethod
    def _neighbours(
        coordinate: Tensor, size: int, interpolation: str, periodic: bool
    ) -> list[tuple[Tensor, Tensor]]:
        """Index and share of each position that counts, along one axis."""
        span = size if periodic else size - 1
        position = (coordinate + 1) * (span / 2)
        if interpolation == "shifted":  # half a pixel is cut off at both ends, instead of none
            position = (coordinate + 1) * (size / 2) - 0.5
        else:
            nearest = position.round()
            position = torch.where((position - nearest).abs() < ON_GRID, nearest, position)
        if not periodic:
            position = position.clamp(0, size - 1)
        low = (position + 0.5).floor() if interpolation == "nearest" else position.floor()
        t = position - low
        shares = {
            "nearest": {0: torch.ones_like(t)},
            "bilinear": {0: 1 - t, 1: t},
            "shifted": {0: 1 - t, 1: t},
            "bicubic": {
                -1: ((2 - t) * t - 1) * t / 2,
                0: (t * t * (3 * t - 5) + 2) / 2,
                1: ((4 - 3 * t) * t + 1) * t / 2,
                2: (t - 1) * t * t / 2,
            },
        }[interpolation]
        indices = ((low.long() + step, share) for step, share in shares.items())
        if periodic:
            return [(index.remainder(size), share) for index, share in indices]
        return [(index.clamp(0, size - 1), share) for index, share in indices]

    def extra_repr(self) -> str:
        return f"{self.height} x {self.width} positions, {self.table.shape[1]} features"


class Block(nn.Module):
    """Up to two modulated layers, the sum with their input if residual, a projection to RGB."""

    layers: Sequence[StyledLayer]

    def __init__(
        self, config: GeneratorConfig, widths: tuple[int, ...], to_rgb: bool, residual: bool
    ):
        super().__init__()
        inputs, outputs = widths[0], widths[-1]
        layers = nn.ModuleList(styled_layer(config, a, b) for a, b in pairwise(widths))
        self.layers = layers  # type: ignore[assignment]
        self.residual = residual
        self.skip: nn.Module = nn.Identity()
        if residual and inputs != outputs:
            self.skip = EqualizedLinear(inputs, outputs, bias_init=None)
        self.to_rgb = None
        if to_rgb:
            self.to_rgb = ModulatedLinear(outputs, 3, config.style_dim, demodulate=False)

    def forward(
        self,
        x: Float[Tensor, "batch pixels inputs"],
        styles: Sequence[LayerStyle],
        noises: list[Float[Tensor, "batch pixels 1"] | None],
    ) -> Float[Tensor, "batch pixels outputs"]:
        """``styles`` and ``noises``: one for each layer."""
        y = x
        for layer, w, noise in zip(self.layers, styles, noises, strict=True):
            y = layer(y, w, noise)
        # differs from the paper: Sec. 4.3 says "division by 2", after StyleGAN2, which has sqrt(2)
        return (self.skip(x) + y) / math.sqrt(2.0) if self.residual else y


class Generator(nn.Module):
    """CIPS in all its variants (Tab. 3).

    ``activation_checkpointing``, which may be switched at any time, keeps only each block's input
    for the backward pass and computes the rest again: less memory, the same gradients.
    """

    grid: Tensor
    activation_checkpointing = False
    first: StyledLayer
    blocks: Sequence[Block]

    def __init__(self, config: GeneratorConfig):
        super().__init__()
        self.config = config
        variant = config.variant
        size, cylinder = config.resolution, config.circumference > 0
        columns = config.circumference or size
        self.mapping = MappingNetwork(config.style_dim, config.mapping_layers)

        self.fourier = self.embedding = None
        encoding = 0
        if variant.fourier:
            # Tab. 4: without embeddings the encoding stays as wide, all Fourier features.
            features = config.fourier_dim + (0 if variant.embedding else config.embedding_dim)
            self.fourier = FourierFeatures(features, config.fourier_bias, cylinder)
            encoding += features
        if variant.embedding:
            self.embedding = CoordinateEmbedding(size, columns, config.embedding_dim, cylinder)
            encoding += config.embedding_dim

        widths = config.block_widths
        self.first = styled_layer(config, encoding, widths[0])
        blocks: list[Block] = []
        before = widths[0]
        for number, width in enumerate(widths):
            layers = 2 if number or variant.separate_first_layer else 1
            to_rgb = variant.skips or number == len(widths) - 1
            chain = (before,) + layers * (width,)
            blocks.append(Block(config, chain, to_rgb, variant.residual))
            before = width
        self.blocks = nn.ModuleList(blocks)  # type: ignore[assignment]

        grid = cylinder_grid(size, columns) if cylinder else pixel_grid(size, size)
        self.register_buffer("grid", grid, persistent=False)

    def forward(
        self, z: Float[Tensor, "batch style"], noise: Noise | None = None
    ) -> Float[Tensor, "batch 3 height width"]:
        """Whole images on the training grid (Eq. 1); on a cylinder, all the way round.

        differs from the paper: colours are about [-1, 1], as in StyleGAN2, not [0, 1].
        """
        pixels = self.synthesis(self.mapping(z), noise=noise)
        return pixels_to_images(pixels, self.config.resolution)

    def synthesis(
        self,
        w: Ws | LayerStyles,
        coords: Coords = None,
        *,
        interpolation: str = "bilinear",
        zero_encoding: str | None = None,
        noise: Noise | None = None,
    ) -> Float[Tensor, "batch pixels 3"]:
        """G'(e(x, y); w): the colours at ``coords``; a slice is of the training grid's pixels, None
        all of them.

        ``w`` is one style an image, (batch, style); or one for each of ``config.layers`` layers,
        (batch, layers, style); or also for each pixel, (batch, layers or 1, pixels or 1, style); or
        what ``modulate`` made of it. ``interpolation``, ``zero_encoding``: see ``encode``.
        ``noise`` draws the noise of a generator that has it; without it there is none.
        """
        styles = w if isinstance(w, LayerStyles) else self.layer_styles(w)
        first = styles.layers[0]
        # Not len(w): the ONNX exporter must see that the batch is free.
        batch = (first.weights if isinstance(first, Modulated) else first).shape[0]
        x = self.encode(coords, interpolation, zero_encoding).expand(batch, -1, -1)
        if isinstance(first, Tensor) and first.ndim == 3 and first.shape[1] != x.shape[1]:
            raise UserError(f"w has styles for {first.shape[1]} pixels; there are {x.shape[1]}")
        noises = self._noises(noise, x)
        x = self.first(x, first, noises[0])
        rgb, used, projections = x.new_zeros(()), 1, iter(styles.projections)
        for block in self.blocks:
            own = slice(used, used + len(block.layers))
            again = self.activation_checkpointing
            x = run(block, x, styles.layers[own], noises[own], again=again)
            used += len(block.layers)
            if block.to_rgb is not None:
                rgb = rgb + at_least_float32(block.to_rgb(x, next(projections)))
        return rgb

    def layer_styles(self, w: Ws) -> LayerStyles:
        """Of the shapes of ``synthesis``."""
        styles = split_styles(w, self.config.layers)
        return LayerStyles(styles, self._of_projections(styles))

    def modulate(self, w: Ws) -> LayerStyles:
        """The weights that images' styles make (Eq. 2), for many calls of ``synthesis``: with
        them, each image is a plain MLP over its coordinates. ``w`` is not of single pixels.
        """
        styles = split_styles(w, self.config.layers)
        layers: list[StyledLayer] = [
            self.first,
            *(a for block in self.blocks for a in block.layers),
        ]
        projections = [block.to_rgb for block in self.blocks if block.to_rgb is not None]
        return LayerStyles(
            [a.modulated.with_style(b) for a, b in zip(layers, styles, strict=True)],
            [
                a.with_style(b)
                for a, b in zip(projections, self._of_projections(styles), strict=True)
            ],
        )

    def _of_projections(self, styles: list[Tensor]) -> list[Tensor]:
        """A projection has the style of its block's last layer."""
        last = accumulate(len(block.layers) for block in self.blocks)  # the first layer is apart
        blocks = zip(self.blocks, last, strict=True)
        return [styles[i] for block, i in blocks if block.to_rgb is not None]

    def _noises(
        self, noise: Noise | None, x: Float[Tensor, "batch pixels features"]
    ) -> list[Tensor] | list[None]:
        """One for each layer, drawn in their order, for the images and pixels of ``x``."""
        if noise is None or not self.config.noise:
            return self.config.layers * [None]
        return [gaussian(noise, (*x.shape[:2], 1), x) for _ in range(self.config.layers)]

    def encode(
        self, coords: Coords, interpolation: str = "bilinear", zero_encoding: str | None = None
    ) -> Float[Tensor, "*batch pixels features"]:
        """e(x, y) = concat[e_fo, e_co] (Eq. 4). On the training grid the table is read as it is.

        ``interpolation`` says what stands between the positions (CoordinateEmbedding);
        ``zero_encoding`` names an encoding, "fourier" or "embedding", to be set to zero (Fig. 6).
        """
        check_one_of(interpolation, INTERPOLATIONS, "interpolation")
        if interpolation == "shifted" and self.config.circumference:
            raise UserError(
                "interpolation is 'shifted', which is the released code's and of the plane"
            )
        check_one_of(zero_encoding, (None, *ENCODINGS), "zero_encoding")
        parts = []
        pixels = slice(None) if coords is None else coords
        if self.fourier is not None:
            points = self.grid[pixels] if isinstance(pixels, slice) else pixels
            parts.append(self.fourier(points))
        if self.embedding is not None:
            table = self.embedding.table
            of_grid = isinstance(pixels, slice)
            parts.append(table[pixels] if of_grid else self.embedding(pixels, interpolation))
        if zero_encoding is not None:
            if getattr(self, zero_encoding) is None:
                raise UserError(f"this generator has no {zero_encoding} encoding to set to zero")
            number = 0 if zero_encoding == "fourier" else -1
            parts[number] = torch.zeros_like(parts[number])
        return torch.cat(parts, dim=-1)

    def extra_repr(self) -> str:
        parameters = sum(p.numel() for p in self.parameters())
        return (
            f"{self.config.variant}, {self.config.resolution} px, "
            f"{self.config.layers} modulated layers, {parameters / 1e6:.3f} M parameters"
        )


def styled_layer(config: GeneratorConfig, inputs: int, outputs: int) -> StyledLayer:
    """A modulated layer as ``config`` wants it."""
    sine = config.variant.sine
    return StyledLayer(inputs, outputs, config.style_dim, sine=sine, noise=config.noise)


def run(module: nn.Module, *inputs: Any, again: bool) -> Any:
    """What the module makes of the inputs; ``again``: once more in the backward pass, if any."""
    if not again or not torch.is_grad_enabled():
        return module(*inputs)
    return checkpoint(module, *inputs, use_reentrant=False, preserve_rng_state=False)


def split_styles(w: Ws, layers: int) -> list[Tensor]:
    """Each layer's style, (batch, style) or (batch, pixels, style), of the shapes of ``synthesis``.

    Raises UserError if ``w`` has another number of dimensions or layers.
    """
    if w.ndim == 2:
        return [w] * layers
    if w.ndim not in (3, 4):
        raise UserError(f"w is of shape {tuple(w.shape)}: (batch, style), one axis more or two")
    if w.shape[1] not in (1, layers):
        raise UserError(f"w has styles for {w.shape[1]} layers; the generator has {layers}")
    each = list(w.expand(-1, layers, *w.shape[2:]).unbind(1))
    if w.ndim == 4 and w.shape[2] == 1:
        return [style[:, 0] for style in each]
    return each


def check_one_of(value: str | None, allowed: tuple[str | None, ...], name: str) -> None:
    if value not in allowed:
        raise UserError(f"{name} is {value!r}, must be one of {', '.join(map(str, allowed))}")


def pixels_to_images(
    pixels: Float[Tensor, "batch pixels 3"], height: int
) -> Float[Tensor, "batch 3 {height} width"]:
    """Rows of colours, row by row of pixels, to images."""
    return pixels.transpose(1, 2).unflatten(2, (height, -1))
