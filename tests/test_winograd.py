"""Winograd's convolution against the plain one, in float64."""

import pytest
import torch
from torch.nn import functional as F

from cipslib import winograd
from cipslib.convolutions import EqualizedConv2d
from cipslib.discriminator import ResidualBlock
from cipslib.losses import r1_penalty

SHAPES = [  # batch, inputs, height, width, outputs
    (3, 5, 8, 12, 7),
    (9, 3, 32, 32, 2),  # several images at once, the last part smaller
    (2, 3, 70, 64, 4),  # several parts of an image, the last one smaller
    (1, 2, 4, 1030, 3),  # two rows are more than a part
]


def problem(batch: int, inputs: int, height: int, width: int, outputs: int):
    x = torch.randn(batch, inputs, height, width, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(outputs, inputs, 3, 3, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(outputs, dtype=torch.float64, requires_grad=True)
    return x, weight, bias


@pytest.mark.parametrize("shape", SHAPES)
def test_the_output_and_its_gradients_are_those_of_the_plain_convolution(shape):
    inputs = problem(*shape)
    ours, plain = winograd.convolve(*inputs), F.conv2d(*inputs, padding=1)
    torch.testing.assert_close(ours, plain, rtol=0, atol=1e-12)
    towards = torch.randn_like(plain)
    for one, other in zip(
        torch.autograd.grad(ours, inputs, towards),
        torch.autograd.grad(plain, inputs, towards),
        strict=True,
    ):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-10)


def test_both_derivatives_against_difference_quotients():
    inputs = problem(2, 2, 4, 6, 3)
    assert torch.autograd.gradcheck(winograd.convolve, inputs)
    assert torch.autograd.gradgradcheck(winograd.convolve, inputs)


def test_float32_is_about_as_exact_as_the_plain_convolution():
    exact = [t.detach() for t in problem(2, 256, 16, 16, 256)]
    single = [t.float() for t in exact]
    expected = F.conv2d(*exact, padding=1)
    ours = (winograd.convolve(*single) - expected).square().mean()
    plain = (F.conv2d(*single, padding=1) - expected).square().mean()
    assert ours < 16 * plain  # four times its deviation: F(2x2) adds few numbers of unlike size


def test_the_layer_takes_it_where_it_pays_and_nowhere_else(monkeypatch):
    taken = []
    plain = winograd.convolve
    monkeypatch.setattr(winograd, "convolve", lambda *a: taken.append(True) or plain(*a))
    wide = EqualizedConv2d(winograd.LEAST_CHANNELS, winograd.LEAST_CHANNELS, 3)
    x = torch.randn(1, winograd.LEAST_CHANNELS, 16, 16)
    last = x.to(memory_format=torch.channels_last)
    results = [wide(last)]
    assert len(taken) == 1
    results.append(wide(x))  # the layout would have to be changed first
    with torch.autocast("cpu", torch.bfloat16):
        wide(last)
    wide(last[:, :, :15, :15])  # odd
    wide(last[:, :, :8, :8])  # few pixels
    EqualizedConv2d(winograd.LEAST_CHANNELS, winograd.LEAST_CHANNELS, 3, stride=2)(last)
    EqualizedConv2d(winograd.LEAST_CHANNELS, winograd.LEAST_CHANNELS, 1)(last)
    narrow = winograd.LEAST_CHANNELS // 2
    EqualizedConv2d(narrow, narrow, 3)(
        last[:, :narrow].contiguous(memory_format=torch.channels_last)
    )
    assert len(taken) == 1
    torch.testing.assert_close(*results, rtol=0, atol=1e-5)
    assert results[0].is_contiguous(memory_format=torch.channels_last)


def test_a_block_of_the_discriminator_learns_the_same(monkeypatch):
    """With its activation in place, and twice differentiated as for R1."""
    monkeypatch.setattr(winograd, "LEAST_CHANNELS", 4)
    block = ResidualBlock(4, 6).double().to(memory_format=torch.channels_last)
    x = torch.randn(2, 4, 16, 16, dtype=torch.float64)
    found = []
    for given in (x, x.to(memory_format=torch.channels_last)):  # the plain way, Winograd's
        given = given.clone().requires_grad_()
        scores = block(given).square().sum(dim=(1, 2, 3))
        loss = scores.sum() + r1_penalty(scores, given)
        found.append([scores.detach(), *torch.autograd.grad(loss, block.parameters())])
    assert winograd.pays(x.to(memory_format=torch.channels_last), block.conv.weight)
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-10)
