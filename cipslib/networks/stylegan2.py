"""The convolutional baseline: StyleGAN2's generator with skip connections (Sec. 4.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from cipslib.networks.convolutions import (
    SMALLEST,
    FIRUpsample,
    ModulatedConv2d,
    channels_at,
    resolutions_below,
)
from cipslib.networks.layers import (
    MappingNetwork,
    at_least_float32,
    broadcast_ws,
    leaky_relu,
    maybe_checkpoint,
)
from cipslib.networks.randomness import Noise, gaussian
from cipslib.utils.shapes import Float


@dataclass(frozen=True)
class StyleGAN2Config:
    """``channel_base`` / resolution channels at each resolution, at most ``channel_max``.

    The paper's baseline, at 256 px: base 32768, at most 512, all else as the CIPS generator's.
    """

    resolution: int
    channel_base: int
    channel_max: int
    style_dim: int
    mapping_layers: int

    def __post_init__(self) -> None:
        resolutions_below(self.resolution)
        channels_at(self.resolution, self.channel_base, self.channel_max)
        if self.style_dim < 1 or self.mapping_layers < 1:
            raise ValueError("style_dim and mapping_layers must be at least 1")

    @property
    def layers(self) -> int:
        """How many modulated convolutions there are, projections to RGB not counted."""
        return 2 * len(resolutions_below(self.resolution)) - 1


class StyledConv(nn.Module):
    """A modulated 3x3 convolution, noise, leaky ReLU."""

    stored: Tensor

    def __init__(
        self, in_channels: int, out_channels: int, style_dim: int, resolution: int, upsample: bool
    ):
        super().__init__()
        self.modulated = ModulatedConv2d(in_channels, out_channels, 3, style_dim, upsample=upsample)
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.register_buffer("stored", torch.randn(resolution, resolution))

    def forward(
        self,
        x: Float[Tensor, "batch inputs _ _"],
        w: Float[Tensor, "batch style"],
        noise: Float[Tensor, "batch 1 size size"] | None,
    ) -> Float[Tensor, "batch outputs size size"]:
        """Compute the layer; ``noise`` None: the noise stored with the weights."""
        x = self.modulated(x, w)
        x.add_(self.noise_strength * (self.stored if noise is None else noise))
        return leaky_relu(x.add_(self.bias[:, None, None]))


class ToRGB(nn.Module):
    """An unscaled modulated projection to RGB."""

    def __init__(self, channels: int, style_dim: int):
        super().__init__()
        self.modulated = ModulatedConv2d(channels, 3, 1, style_dim, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(3))

    def forward(
        self, x: Float[Tensor, "batch channels size size"], w: Float[Tensor, "batch style"]
    ) -> Float[Tensor, "batch 3 size size"]:
        return at_least_float32(self.modulated(x, w)) + self.bias[:, None, None]


class StyleGAN2Generator(nn.Module):
    """z -> image by modulated convolutions, twice the resolution at a time from 4 px up.

    ``activation_checkpointing``: as in the CIPS generator, of single convolutions.
    """

    activation_checkpointing = False
    convs: Sequence[StyledConv]

    def __init__(self, config: StyleGAN2Config):
        super().__init__()
        self.config = config
        resolutions = resolutions_below(config.resolution)[::-1]
        channels = [channels_at(r, config.channel_base, config.channel_max) for r in resolutions]
        first = channels[0]
        style = config.style_dim
        self.mapping = MappingNetwork(style, config.mapping_layers)
        self.constant = nn.Parameter(torch.randn(first, SMALLEST, SMALLEST))
        convs = [StyledConv(first, first, style, SMALLEST, upsample=False)]
        for (inputs, outputs), resolution in zip(pairwise(channels), resolutions[1:], strict=True):
            convs.append(StyledConv(inputs, outputs, style, resolution, upsample=True))
            convs.append(StyledConv(outputs, outputs, style, resolution, upsample=False))
        self.convs = nn.ModuleList(convs)  # type: ignore[assignment]
        self.to_rgb = nn.ModuleList(ToRGB(count, style) for count in channels)
        self.upsample = FIRUpsample()

    def forward(
        self, z: Float[Tensor, "batch style"], noise: Noise | None = None
    ) -> Float[Tensor, "batch 3 size size"]:
        return self.synthesis(self.mapping(z), noise=noise)

    def synthesis(
        self,
        w: Float[Tensor, "batch style"] | Float[Tensor, "batch layers style"],
        *,
        noise: Noise | None = None,
    ) -> Float[Tensor, "batch 3 size size"]:
        """Compute the images of styles, one for all layers or one for each, (batch, layers + 1,
        style): a projection to RGB takes the style of the convolution after it.

        ``noise`` draws fresh noise for each image; None: all get the noise stored with the weights.
        """
        styles = broadcast_ws(w, self.config.layers + 1)

        def convolved(x: Tensor, number: int) -> Tensor:
            conv = self.convs[number]
            drawn = None
            if noise is not None:
                drawn = gaussian(noise, (len(w), 1, *conv.stored.shape), w)
            inputs = (x, styles[number], drawn)
            return maybe_checkpoint(conv, *inputs, use_checkpoint=self.activation_checkpointing)

        x = convolved(self.constant.expand(len(w), -1, -1, -1), 0)
        rgb = self.to_rgb[0](x, styles[1])
        for level, to_rgb in enumerate(self.to_rgb[1:], start=1):
            x = convolved(convolved(x, 2 * level - 1), 2 * level)
            rgb = self.upsample(rgb) + to_rgb(x, styles[2 * level + 1])
        return rgb
