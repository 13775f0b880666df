"""The residual discriminator of StyleGAN2, which the paper keeps intact (Sec. 4.1)."""

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cipslib.networks.convolutions import (
    SMALLEST,
    EqualizedConv2d,
    FIRFilter,
    channels_at,
    resolutions_below,
)
from cipslib.networks.layers import (
    LEAKY_GAIN,
    LEAKY_SLOPE,
    EqualizedLinear,
    at_least_float32,
    full_precision,
    leaky_relu,
)
from cipslib.utils.shapes import Float


@dataclass(frozen=True)
class DiscriminatorConfig:
    """``channel_base`` / resolution channels at each resolution, at most ``channel_max``.

    StyleGAN2's, at 256 px: base 32768, at most 512.
    """

    resolution: int
    channel_base: int
    channel_max: int
    stddev_group: int
    coordinates: bool  # each pixel's x and y beside its colour: the release without --img2dis

    def __post_init__(self) -> None:
        resolutions_below(self.resolution)
        channels_at(self.resolution, self.channel_base, self.channel_max)
        if self.stddev_group < 1:
            raise ValueError("stddev_group must be at least 1")


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions, the second halving the resolution, beside a 1x1 skip path.

    Each convolution has its leaky ReLU's gain and, before the sum, the sum's 1 / sqrt(2).
    """

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.conv = EqualizedConv2d(in_channels, in_channels, 3, gain=LEAKY_GAIN)
        self.blur = FIRFilter(padding=2)
        gain = 1.0 / math.sqrt(2.0)
        self.conv_down = EqualizedConv2d(
            in_channels, out_channels, 3, stride=2, gain=LEAKY_GAIN * gain
        )
        self.skip_down = FIRFilter(padding=1, stride=2)
        self.skip = EqualizedConv2d(in_channels, out_channels, 1, bias=False, gain=gain)

    def forward(
        self, x: Float[Tensor, "batch inputs size size"]
    ) -> Float[Tensor, "batch outputs size//2 size//2"]:
        # In place: nothing needs what a convolution gave.
        y = F.leaky_relu_(self.conv(x), LEAKY_SLOPE)
        y = F.leaky_relu_(self.conv_down(self.blur(y)), LEAKY_SLOPE)
        return self.skip(self.skip_down(x)).add_(y)


def minibatch_stddev(
    x: Float[Tensor, "batch channels h w"], group: int, sets: int = 1
) -> Float[Tensor, "batch channels+1 h w"]:
    """Append one channel: how much the images of a group differ, averaged over everything else.

    Groups are of images of one of the ``sets`` that stand one after the other in the batch. Raises
    ValueError if the sets do not divide into groups of ``group`` images.
    """
    if len(x) % (sets * group):
        raise ValueError(
            f"a batch of {len(x)} does not divide into groups of {group} in {sets} sets"
        )
    members = x.unflatten(0, (sets, group, -1))
    deviation = (members.var(dim=1, correction=0) + 1e-8).sqrt().mean(dim=(2, 3, 4))
    # Beside zeros that are laid out as x is, channels first or last: so is the result, then.
    feature = deviation.repeat(1, group).reshape(-1, 1, 1, 1) + torch.zeros_like(x[:, :1])
    return torch.cat((x, feature), dim=1)


class Discriminator(nn.Module):
    """Images -> one score each, higher for more real."""

    def __init__(self, config: DiscriminatorConfig):
        super().__init__()
        self.config = config
        resolutions = resolutions_below(config.resolution)
        channels = [channels_at(r, config.channel_base, config.channel_max) for r in resolutions]
        inputs = 5 if config.coordinates else 3
        self.from_rgb = EqualizedConv2d(inputs, channels[0], 1, gain=LEAKY_GAIN)
        self.blocks = nn.Sequential(*(ResidualBlock(a, b) for a, b in pairwise(channels)))
        last = channels[-1]
        self.final_conv = EqualizedConv2d(last + 1, last, 3, gain=LEAKY_GAIN)
        self.final_linear = EqualizedLinear(last * SMALLEST**2, last)
        self.score = EqualizedLinear(last, 1)

    def forward(
        self, images: Float[Tensor, "batch _ size size"], sets: int = 1
    ) -> Float[Tensor, " batch"]:
        """``images`` are RGB, with ``config.coordinates`` followed by x and y: 3 or 5 channels.

        ``sets`` equally large batches may stand one after the other, say real and fake ones: they
        get the scores that each would get by itself.
        """
        x = self.blocks(F.leaky_relu_(self.from_rgb(images), LEAKY_SLOPE))
        x = minibatch_stddev(at_least_float32(x), self.config.stddev_group, sets)
        x = F.leaky_relu_(self.final_conv(x), LEAKY_SLOPE)
        x = leaky_relu(self.final_linear(x.flatten(1)))
        with full_precision(x):
            return self.score(at_least_float32(x)).squeeze(1)
