"""StyleGAN2's generator against a transcription with other operations: weights for each image,
zeros between the pixels, filters written out.
"""

import math

import pytest
import torch
from conftest import away_from_start, refused, small_stylegan2
from torch import Tensor
from torch.nn import functional as F

from cipslib.networks.convolutions import ModulatedConv2d
from cipslib.networks.stylegan2 import StyleGAN2Generator


@pytest.fixture
def generator() -> StyleGAN2Generator:
    return away_from_start(small_stylegan2(16).double(), 0.3)


def spread(x: Tensor) -> Tensor:
    """Zeros after every pixel, to the right and below."""
    wide = x.new_zeros(*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3])
    wide[:, :, ::2, ::2] = x
    return wide


def low_pass(x: Tensor) -> Tensor:
    """[1, 3, 3, 1] along both axes, scaled to keep the brightness after ``spread``."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=torch.float64) / 4
    for kernel in (taps[:, None], taps[None, :]):
        weight = kernel[None, None].expand(x.shape[1], 1, *kernel.shape)
        x = F.conv2d(x, weight, groups=x.shape[1])
    return x


def literal_conv(layer: ModulatedConv2d, x: Tensor, w: Tensor) -> Tensor:
    """One image: Eq. 2 on its own weights, then a plain convolution."""
    scale = layer.affine.weight @ w / math.sqrt(len(w)) + layer.affine.bias
    outputs, inputs, side, _ = layer.weight.shape
    weight = layer.weight / math.sqrt(inputs * side**2) * scale[:, None, None]
    if layer.demodulate:
        norm = (weight.square().sum(dim=(1, 2, 3)) + 1e-8).sqrt()
        weight = weight / norm.reshape(outputs, 1, 1, 1)
    if layer.blur is None:
        return F.conv2d(x, weight, padding=side // 2)
    # A transposed convolution is one over spread pixels with the kernel turned round; the filter
    # of four taps then takes one pixel of margin on each side.
    up = F.conv2d(F.pad(spread(x), (2, 1, 2, 1)), weight.flip(2, 3))
    return low_pass(F.pad(up, (1, 1, 1, 1)))


def literal_image(g: StyleGAN2Generator, styles: Tensor) -> Tensor:
    """One image of styles (layers + 1, style), with the stored noise."""

    def styled(number: int, x: Tensor) -> Tensor:
        layer = g.convs[number]
        x = literal_conv(layer.modulated, x, styles[number])
        x = x + layer.noise_strength * layer.stored + layer.bias.reshape(-1, 1, 1)
        return math.sqrt(2) * torch.maximum(x, 0.2 * x)

    def rgb(level: int, x: Tensor, w: Tensor) -> Tensor:
        layer = g.to_rgb[level]
        return literal_conv(layer.modulated, x, w) + layer.bias.reshape(-1, 1, 1)

    x = styled(0, g.constant[None])
    image = rgb(0, x, styles[1])
    for level in range(1, len(g.to_rgb)):
        x = styled(2 * level, styled(2 * level - 1, x))
        enlarged = low_pass(F.pad(spread(image), (2, 1, 2, 1)))
        image = enlarged + rgb(level, x, styles[2 * level + 1])
    return image[0]


def test_equals_the_transcription(generator: StyleGAN2Generator):
    styles = torch.randn(2, generator.config.layers + 1, 5, dtype=torch.float64)
    images = generator.synthesis(styles)
    assert images.shape == (2, 3, 16, 16)
    for n in range(2):
        torch.testing.assert_close(images[n], literal_image(generator, styles[n]))


def test_one_style_is_that_style_in_every_layer(generator: StyleGAN2Generator):
    z = torch.randn(2, 5, dtype=torch.float64)
    each = generator.mapping(z)[:, None].expand(-1, generator.config.layers + 1, -1)
    torch.testing.assert_close(generator(z), generator.synthesis(each))
    message = "w has styles for 2 layers; the generator has 6"
    refused(message, generator.synthesis, each[:, :2])


def test_noise_is_stored_or_fresh(generator: StyleGAN2Generator):
    z = torch.randn(2, 5, dtype=torch.float64)
    drawn = [generator(z, noise=torch.Generator().manual_seed(seed)) for seed in (0, 0, 1)]
    torch.testing.assert_close(drawn[0], drawn[1])
    assert not torch.allclose(drawn[0], drawn[2])
    torch.testing.assert_close(generator(z), generator(z))
    alike = z[:1].expand(2, -1)
    fresh = generator(alike, noise=torch.Generator().manual_seed(0))
    assert not torch.allclose(fresh[0], fresh[1]), "fresh noise is each image's own"
