"""The baseline of what is timed is the same function: in float64, with its gradients."""

import sys

import pytest
import torch
from conftest import REPOSITORY, away_from_start, small_discriminator, small_generator
from torch import Tensor, nn

from cipslib.networks.discriminator import Discriminator
from cipslib.training.losses import r1_penalty

sys.path.insert(0, str(REPOSITORY / "benchmarks"))
import released


def assert_same(network: nn.Module, ours: Tensor, theirs: Tensor) -> None:
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)
    weights = torch.randn_like(ours)
    parameters = list(network.parameters())
    mine, other = (torch.autograd.grad((x * weights).sum(), parameters) for x in (ours, theirs))
    torch.testing.assert_close(mine, other, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("changes", [{}, {"fourier_bias": True}, {"block_widths": (8, 4)}])
def test_the_generator(changes: dict):
    generator = small_generator(**changes)
    z = torch.randn(3, 5, dtype=torch.float64)
    assert_same(generator, generator(z), released.images(generator, z))


def judge() -> Discriminator:
    return away_from_start(small_discriminator(), 0.1)


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
    mine, other = (torch.autograd.grad(penalty, parameters) for penalty in (ours, theirs))
    torch.testing.assert_close(mine, other, rtol=1e-9, atol=1e-12)
