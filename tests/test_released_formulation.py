"""The baseline of what is timed is the same function: in float64, with its gradients."""

import sys

import pytest
import torch
from conftest import REPOSITORY, small_generator
from torch import Tensor, nn

from cipslib.networks.discriminator import Discriminator, DiscriminatorConfig
from cipslib.training.losses import r1_penalty

sys.path.insert(0, str(REPOSITORY / "benchmarks"))
import released


def assert_same(network: nn.Module, ours: Tensor, theirs: Tensor) -> None:
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)
    weights = torch.randn_like(ours)
    parameters = list(network.parameters())
    for mine, other in zip(
        torch.autograd.grad((ours * weights).sum(), parameters),
        torch.autograd.grad((theirs * weights).sum(), parameters),
        strict=True,
    ):
        torch.testing.assert_close(mine, other, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("changes", [{}, {"fourier_bias": True}, {"block_widths": (8, 4)}])
def test_the_generator(changes: dict):
    generator = small_generator(**changes)
    z = torch.randn(3, 5, dtype=torch.float64)
    assert_same(generator, generator(z), released.images(generator, z))


def judge() -> Discriminator:
    config = DiscriminatorConfig(
        resolution=16, channel_base=64, channel_max=8, stddev_group=4, coordinates=False
    )
    torch.manual_seed(0)
    discriminator = Discriminator(config).double()
    with torch.no_grad():
        for parameter in discriminator.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return discriminator


def test_the_discriminator():
    discriminator, images = judge(), torch.randn(8, 3, 16, 16, dtype=torch.float64)
    assert_same(discriminator, discriminator(images), released.scores(discriminator, images))


def test_the_penalty_and_its_gradients():
    discriminator = judge()
    images = torch.randn(8, 3, 16, 16, dtype=torch.float64).requires_grad_()
    ours = r1_penalty(discriminator(images), images)
    theirs = r1_penalty(released.scores(discriminator, images), images)
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=0)
    *parameters, _ = discriminator.parameters()  # all but the last bias
    for mine, other in zip(
        torch.autograd.grad(ours, parameters), torch.autograd.grad(theirs, parameters), strict=True
    ):
        torch.testing.assert_close(mine, other, rtol=1e-9, atol=1e-12)
