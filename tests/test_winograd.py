"""Winograd's sums against the plain ones, in float64; its derivatives are in test_bilinear.py."""

import pytest
import torch
from torch.nn import functional as F

from cipslib.networks import winograd

SHAPES = [  # batch, inputs, height, width, outputs
    (3, 5, 8, 12, 7),
    (9, 3, 32, 32, 2),  # several images at once, the last part smaller
    (2, 3, 72, 64, 4),  # several parts of an image, the last one smaller
    (1, 2, 4, 1032, 3),  # one row of tiles is more than a part
]


def problem(batch: int, inputs: int, height: int, width: int, outputs: int):
    x = torch.randn(batch, inputs, height, width, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(outputs, inputs, 3, 3, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(outputs, dtype=torch.float64, requires_grad=True)
    return x, weight, bias


@pytest.mark.parametrize("shape", SHAPES)
def test_the_sums_and_the_kernels_gradient_are_those_of_the_plain_convolution(shape):
    x, weight, bias = problem(*shape)
    plain = F.conv2d(x, weight, bias, padding=1)
    torch.testing.assert_close(winograd.sums(x, weight, bias), plain, rtol=0, atol=1e-11)
    towards = torch.randn_like(plain)
    (expected,) = torch.autograd.grad(plain, weight, towards)
    ours = winograd.weight_gradient(x.detach(), towards)
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-10)


def test_float32_rounds_little_enough():
    """About ten times the plain sum's error, a hundredth of TensorFloat-32's."""
    exact = [t.detach() for t in problem(2, 256, 16, 16, 256)]
    expected = F.conv2d(*exact, padding=1)
    error = winograd.sums(*(t.float() for t in exact)) - expected
    assert error.square().mean().sqrt() < 3e-6 * expected.square().mean().sqrt()


def test_where_it_pays():
    many = winograd.LEAST_CHANNELS
    x = torch.randn(1, many, 16, 16).to(memory_format=torch.channels_last)
    kernel = torch.randn(many, many, 3, 3)
    assert winograd.pays(x, kernel)
    assert not winograd.pays(x.contiguous(), kernel)  # the layout would have to be changed first
    assert not winograd.pays(x[:, :, :14], kernel)  # no whole tiles
    assert not winograd.pays(x[:, :, :8, :8], kernel)  # few pixels
    assert not winograd.pays(x, kernel[:, :, :1, :1])
    assert not winograd.pays(x, kernel[: many // 2])
