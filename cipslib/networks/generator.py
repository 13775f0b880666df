"""The CIPS generator (Fig. 2 and 13): every pixel from its coordinates and a style vector."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from cipslib.networks.coordinates import cylinder_grid, pixel_grid
from cipslib.networks.layers import (
    EqualizedLinear,
    LayerW,
    MappingNetwork,
    ModulatedLinear,
    StyledLayer,
    Ws,
    at_least_float32,
    broadcast_ws,
    maybe_checkpoint,
)
from cipslib.networks.positional_encoding import (
    ENCODINGS,
    INTERPOLATIONS,
    CoordinateEmbedding,
    FourierFeatures,
)
from cipslib.networks.randomness import Noise, gaussian
from cipslib.utils.errors import UserError, check_one_of
from cipslib.utils.shapes import Float

# Where to draw: any points, or some of the training grid's pixels, or all of them.
Coords = Float[Tensor, "pixels 2"] | Float[Tensor, "batch pixels 2"] | slice | None


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


class Block(nn.Module):
    """Up to two modulated layers, the sum with their input if residual, a projection to RGB."""

    layers: Sequence[StyledLayer]

    def __init__(self, config: GeneratorConfig, widths: tuple[int, ...], to_rgb: bool):
        """``widths``: the input's and each layer's."""
        super().__init__()
        inputs = widths[0]
        outputs = widths[-1]
        layers = nn.ModuleList(styled_layer(config, a, b) for a, b in pairwise(widths))
        self.layers = layers  # type: ignore[assignment]
        self.residual = config.variant.residual
        self.skip: nn.Module = nn.Identity()
        if self.residual and inputs != outputs:
            self.skip = EqualizedLinear(inputs, outputs, bias_init=None)
        self.to_rgb = None
        if to_rgb:
            self.to_rgb = ModulatedLinear(outputs, 3, config.style_dim, demodulate=False)

    def forward(
        self,
        x: Float[Tensor, "batch pixels inputs"],
        styles: Sequence[LayerW],
        noises: list[Float[Tensor, "batch pixels 1"] | None],
    ) -> Float[Tensor, "batch pixels outputs"]:
        """Compute all layers; ``styles`` and ``noises`` have one entry for each."""
        y = x
        for layer, w, noise in zip(self.layers, styles, noises, strict=True):
            y = layer(y, w, noise)
        if not self.residual:
            return y
        # Tab. 3, "Residual". differs from the paper: Sec. 4.3 says "division by 2", after
        # StyleGAN2, which has sqrt(2)
        return (self.skip(x) + y) / math.sqrt(2.0)


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
        size = config.resolution
        cylinder = config.circumference > 0
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
        for number, width in enumerate(widths):
            layers = 2 if number or variant.separate_first_layer else 1
            before = widths[max(number - 1, 0)]
            to_rgb = variant.skips or number == len(widths) - 1  # Tab. 3, "Skip connections"
            blocks.append(Block(config, (before, *layers * (width,)), to_rgb))
        self.blocks = nn.ModuleList(blocks)  # type: ignore[assignment]

        grid = cylinder_grid(size, columns) if cylinder else pixel_grid(size, size)
        self.register_buffer("grid", grid, persistent=False)

    def forward(
        self, z: Float[Tensor, "batch style"], noise: Noise | None = None
    ) -> Float[Tensor, "batch 3 height width"]:
        """Compute whole images on the training grid (Eq. 1); on a cylinder, all the way round.

        differs from the paper: colours are about [-1, 1], as in StyleGAN2, not [0, 1].
        """
        pixels = self.synthesis(self.mapping(z), noise=noise)
        return pixels_to_images(pixels, self.config.resolution)

    def synthesis(
        self,
        w: Ws,
        coords: Coords = None,
        *,
        interpolation: str = "bilinear",
        zero_encoding: str | None = None,
        noise: Noise | None = None,
    ) -> Float[Tensor, "batch pixels 3"]:
        """Compute G'(e(x, y); w): the colours at ``coords``. A slice is of the training grid's
        pixels, None all of them.

        Shapes of ``w``, where ``layers`` is ``config.layers``:

        - (batch, style): one style an image;
        - (batch, layers, style): one for each layer;
        - (batch, layers or 1, pixels or 1, style): also one for each pixel.

        ``interpolation`` and ``zero_encoding``: see ``encode``. ``noise`` draws the noise of a
        generator that has it; None: there is none. Raises UserError for styles that do not fit.
        """
        styles = broadcast_ws(w, self.config.layers)
        first = styles[0]
        # Not len(w): the ONNX exporter must see that the batch is free.
        x = self.encode(coords, interpolation, zero_encoding).expand(first.shape[0], -1, -1)
        if first.ndim == 3 and first.shape[1] != x.shape[1]:
            raise UserError(f"w has styles for {first.shape[1]} pixels; there are {x.shape[1]}")
        noises = self._noises(noise, x)
        x = self.first(x, first, noises[0])
        rgb = x.new_zeros(())
        used = 1
        for block in self.blocks:
            own = slice(used, used + len(block.layers))
            inputs = (x, styles[own], noises[own])
            x = maybe_checkpoint(block, *inputs, use_checkpoint=self.activation_checkpointing)
            used += len(block.layers)
            if block.to_rgb is not None:
                # Its style is that of its block's last layer.
                rgb = rgb + at_least_float32(block.to_rgb(x, styles[used - 1]))
        return rgb

    def _noises(
        self, noise: Noise | None, x: Float[Tensor, "batch pixels features"]
    ) -> list[Tensor] | list[None]:
        """Draw the noise of each layer, in their order, for the images and pixels of ``x``."""
        if noise is None or not self.config.noise:
            return self.config.layers * [None]
        return [gaussian(noise, (*x.shape[:2], 1), x) for _ in range(self.config.layers)]

    def encode(
        self, coords: Coords, interpolation: str = "bilinear", zero_encoding: str | None = None
    ) -> Float[Tensor, "*batch pixels features"]:
        """Compute e(x, y) = concat[e_fo, e_co] (Eq. 4). On the training grid the table of
        embeddings is read as it is.

        ``interpolation`` says what stands between the positions (CoordinateEmbedding);
        ``zero_encoding`` names an encoding, "fourier" or "embedding", to be set to zero (Fig. 6).
        Raises UserError if it has none of that name, or for an unknown interpolation.
        """
        check_one_of(interpolation, INTERPOLATIONS, "interpolation")
        if interpolation == "shifted" and self.config.circumference:
            raise UserError(
                "interpolation is 'shifted', which is the released code's and of the plane"
            )
        check_one_of(zero_encoding, (None, *ENCODINGS), "zero_encoding")
        pixels = slice(None) if coords is None else coords
        encodings = {}
        if self.fourier is not None:
            points = self.grid[pixels] if isinstance(pixels, slice) else pixels
            encodings["fourier"] = self.fourier(points)
        if self.embedding is not None:
            if isinstance(pixels, slice):
                encodings["embedding"] = self.embedding.table[pixels]
            else:
                encodings["embedding"] = self.embedding(pixels, interpolation)
        if zero_encoding is not None:
            if zero_encoding not in encodings:
                raise UserError(f"this generator has no {zero_encoding} encoding to set to zero")
            encodings[zero_encoding] = torch.zeros_like(encodings[zero_encoding])
        return torch.cat(list(encodings.values()), dim=-1)  # Eq. 4


def styled_layer(config: GeneratorConfig, inputs: int, outputs: int) -> StyledLayer:
    """Make a modulated layer with the activation and noise that ``config`` asks for."""
    return StyledLayer(
        inputs, outputs, config.style_dim, sine=config.variant.sine, noise=config.noise
    )


def pixels_to_images(
    pixels: Float[Tensor, "batch pixels 3"], height: int
) -> Float[Tensor, "batch 3 {height} width"]:
    """Turn rows of colours, row by row of pixels, into images."""
    return pixels.transpose(1, 2).unflatten(2, (height, -1))
