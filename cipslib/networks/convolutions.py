"""The convolutional layers of StyleGAN2, in plain PyTorch: any device, no compiled extension."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cipslib.networks.conv2d_gradfix import conv2d
from cipslib.networks.layers import EPSILON, EqualizedLinear, full_precision
from cipslib.utils.shapes import Float

SMALLEST = 4  # pixels a side where the convolutions end


def resolutions_below(resolution: int) -> list[int]:
    """Return ``resolution`` halved down to 4 px. Raises ValueError where that cannot be done."""
    if resolution < 2 * SMALLEST or resolution & (resolution - 1):
        raise ValueError(
            f"resolution is {resolution}; the convolutions halve it down to {SMALLEST} pixels, so "
            "it must be a power of two from 8 up"
        )
    resolutions = [resolution]
    while resolutions[-1] > SMALLEST:
        resolutions.append(resolutions[-1] // 2)
    return resolutions


def channels_at(resolution: int, base: int, maximum: int) -> int:
    """Return the channels at a resolution. Raises ValueError if there are none."""
    if base < resolution or maximum < 1:
        raise ValueError(
            f"channel_base is {base}, channel_max {maximum}; they must be at least the resolution "
            f"({resolution}) and 1"
        )
    return min(maximum, base // resolution)


class EqualizedConv2d(nn.Module):
    """A square convolution with equalised learning rate.

    ``gain`` scales the output, by way of the small weights: the leaky ReLU that follows commutes
    with positive factors.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        stride: int = 1,
        bias: bool = True,
        gain: float = 1.0,
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        self.weight_gain = 1.0 / math.sqrt(in_channels * kernel**2)
        self.gain = gain
        self.stride = stride
        self.padding = kernel // 2 if stride == 1 else 0

    def forward(self, x: Float[Tensor, "batch inputs _ _"]) -> Float[Tensor, "batch outputs _ _"]:
        weight = self.weight * (self.weight_gain * self.gain)
        bias = None if self.bias is None else self.bias * self.gain
        return conv2d(x, weight, bias, stride=self.stride, padding=self.padding)


class FIRFilter(nn.Module):
    """StyleGAN2's upfirdn2d without the "up": the low-pass filter [1, 3, 3, 1]."""

    kernel: Tensor

    def __init__(self, padding: int, stride: int = 1, gain: float = 1.0):
        super().__init__()
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8.0
        kernel = gain * torch.outer(taps, taps)[None, None]
        self.register_buffer("kernel", kernel, persistent=False)
        self.padding, self.stride = padding, stride

    def forward(
        self, x: Float[Tensor, "batch channels _ _"]
    ) -> Float[Tensor, "batch channels _ _"]:
        channels = x.shape[1]
        kernel = self.kernel.expand(channels, -1, -1, -1)
        return conv2d(x, kernel, stride=self.stride, padding=self.padding, groups=channels)


class FIRUpsample(nn.Module):
    """StyleGAN2's upfirdn2d with up=2: zeros between the pixels, then the filter [1, 3, 3, 1]."""

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 4.0
        self.register_buffer("kernel", torch.outer(taps, taps)[None, None], persistent=False)

    def forward(
        self, x: Float[Tensor, "batch channels h w"]
    ) -> Float[Tensor, "batch channels 2*h 2*w"]:
        channels = x.shape[1]
        kernel = self.kernel.expand(channels, -1, -1, -1)
        with full_precision(x):  # colours
            return F.conv_transpose2d(x, kernel, stride=2, padding=1, groups=channels)


class ModulatedConv2d(nn.Module):
    """A square convolution modulated by the style: Eq. 2 with a neighbourhood in place of a pixel.

    The style scales the inputs and the demodulation the outputs, which equals scaling the weights
    and needs no weights of each image's own.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        style_dim: int,
        demodulate: bool = True,
        upsample: bool = False,
    ):
        super().__init__()
        self.affine = EqualizedLinear(style_dim, in_channels, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, kernel, kernel))
        self.weight_gain = 1.0 / math.sqrt(in_channels * kernel**2)
        self.demodulate = demodulate
        self.padding = kernel // 2
        self.blur = FIRFilter(padding=1, gain=4.0) if upsample else None

    def forward(
        self, x: Float[Tensor, "batch inputs _ _"], w: Float[Tensor, "batch style"]
    ) -> Float[Tensor, "batch outputs _ _"]:
        weight = self.weight * self.weight_gain
        with full_precision(w):
            scales = self.affine(w)
        x = x * scales.to(x.dtype)[:, :, None, None]
        if self.blur is None:
            x = F.conv2d(x, weight, padding=self.padding)
        else:
            x = self.blur(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2))
        if self.demodulate:
            with full_precision(w):
                power = F.linear(scales.square(), weight.square().sum(dim=(2, 3)))
            x = x * torch.rsqrt(power + EPSILON).to(x.dtype)[:, :, None, None]
        return x
