"""The residual discriminator of StyleGAN2, which the paper keeps intact (Sec. 4.1)."""

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cipslib.layers import EqualizedLinear, leaky_relu
from cipslib.shapes import Float

SMALLEST = 4  # pixels a side where the convolutions end


@dataclass(frozen=True)
class DiscriminatorConfig:
    """``channel_base`` / resolution channels at each resolution, at most ``channel_max``.

    StyleGAN2's, at 256 px: base 32768, at most 512.
    """

    resolution: int
    channel_base: int
    channel_max: int
    stddev_group: int

    def __post_init__(self) -> None:
        if self.resolution < 2 * SMALLEST or self.resolution & (self.resolution - 1):
            raise ValueError(
                f"resolution is {self.resolution}; the discriminator halves it down to {SMALLEST} "
                "pixels, so it must be a power of two from 8 up"
            )
        if self.channels(self.resolution) < 1:
            raise ValueError(
                f"channel_base is {self.channel_base}, must be at least the resolution "
                f"({self.resolution})"
            )
        if self.channel_max < 1 or self.stddev_group < 1:
            raise ValueError("channel_max and stddev_group must be at least 1")

    def channels(self, resolution: int) -> int:
        return min(self.channel_max, self.channel_base // resolution)


class EqualizedConv2d(nn.Module):
    """A square convolution with equalised learning rate."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel: int, stride: int = 1, bias: bool = True
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        self.weight_gain = 1.0 / math.sqrt(in_channels * kernel**2)
        self.stride = stride
        self.padding = kernel // 2 if stride == 1 else 0

    def forward(self, x: Float[Tensor, "batch inputs _ _"]) -> Float[Tensor, "batch outputs _ _"]:
        weight = self.weight * self.weight_gain
        return F.conv2d(x, weight, self.bias, stride=self.stride, padding=self.padding)

    def extra_repr(self) -> str:
        outputs, inputs, kernel, _ = self.weight.shape
        return f"{inputs} -> {outputs}, {kernel}x{kernel}, stride {self.stride}"


class Blur(nn.Module):
    """The [1, 3, 3, 1] low-pass filter that StyleGAN2 applies before it drops pixels."""

    kernel: Tensor

    def __init__(self, padding: int, stride: int = 1):
        super().__init__()
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8.0
        self.register_buffer("kernel", torch.outer(taps, taps)[None, None], persistent=False)
        self.padding, self.stride = padding, stride

    def forward(
        self, x: Float[Tensor, "batch channels _ _"]
    ) -> Float[Tensor, "batch channels _ _"]:
        channels = x.shape[1]
        kernel = self.kernel.expand(channels, -1, -1, -1)
        return F.conv2d(x, kernel, stride=self.stride, padding=self.padding, groups=channels)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions, the second halving the resolution, beside a 1x1 skip path."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.conv = EqualizedConv2d(in_channels, in_channels, 3)
        self.blur = Blur(padding=2)
        self.conv_down = EqualizedConv2d(in_channels, out_channels, 3, stride=2)
        self.skip_down = Blur(padding=1, stride=2)
        self.skip = EqualizedConv2d(in_channels, out_channels, 1, bias=False)

    def forward(
        self, x: Float[Tensor, "batch inputs size size"]
    ) -> Float[Tensor, "batch outputs size//2 size//2"]:
        y = leaky_relu(self.conv(x))
        y = leaky_relu(self.conv_down(self.blur(y)))
        return (y + self.skip(self.skip_down(x))) / math.sqrt(2.0)


def minibatch_stddev(
    x: Float[Tensor, "batch channels h w"], group: int
) -> Float[Tensor, "batch channels+1 h w"]:
    """Append one channel: how much the images of a group differ, averaged over everything else.

    Raises ValueError if the batch does not divide into groups of ``group`` images.
    """
    batch, channels, height, width = x.shape
    if batch % group:
        raise ValueError(f"a batch of {batch} does not divide into groups of {group}")
    deviation = x.reshape(group, batch // group, channels, height, width)
    deviation = (deviation.var(dim=0, correction=0) + 1e-8).sqrt().mean(dim=(1, 2, 3))
    feature = deviation.repeat(group)[:, None, None, None].expand(-1, 1, height, width)
    return torch.cat((x, feature), dim=1)


class Discriminator(nn.Module):
    """Images -> one score each, higher for more real."""

    def __init__(self, config: DiscriminatorConfig):
        super().__init__()
        self.config = config
        resolutions = [config.resolution]
        while resolutions[-1] > SMALLEST:
            resolutions.append(resolutions[-1] // 2)
        channels = [config.channels(r) for r in resolutions]
        self.from_rgb = EqualizedConv2d(3, channels[0], 1)
        self.blocks = nn.Sequential(*(ResidualBlock(a, b) for a, b in pairwise(channels)))
        last = channels[-1]
        self.final_conv = EqualizedConv2d(last + 1, last, 3)
        self.final_linear = EqualizedLinear(last * SMALLEST**2, last)
        self.score = EqualizedLinear(last, 1)

    def forward(self, images: Float[Tensor, "batch 3 size size"]) -> Float[Tensor, " batch"]:
        x = self.blocks(leaky_relu(self.from_rgb(images)))
        x = minibatch_stddev(x, self.config.stddev_group)
        x = leaky_relu(self.final_conv(x))
        x = leaky_relu(self.final_linear(x.flatten(1)))
        return self.score(x).squeeze(1)
