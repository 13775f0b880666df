"""Activation checkpointing of the generators: the same gradients in less memory."""

import pytest
import torch
from conftest import small_generator, small_stylegan2
from torch import Tensor

from cipslib.analysis.tensor_memory import LiveBytes
from cipslib.networks.models import AnyGenerator
from cipslib.presets import VARIANTS


def make(variant: str) -> AnyGenerator:
    if variant != "stylegan2":
        return small_generator(variant=variant, noise=True)
    return small_stylegan2(16).double()


def gradients(generator: AnyGenerator, z: Tensor) -> list[Tensor]:
    generator.zero_grad()
    images = generator(z, noise=torch.Generator().manual_seed(1))
    images.backward(torch.sin(torch.arange(images.numel())).reshape(images.shape).to(images))
    return [p.grad.clone() for p in generator.parameters()]


@pytest.mark.parametrize("variant", [*VARIANTS, "stylegan2"])
def test_the_gradients_are_the_same(variant: str):
    generator, z = make(variant), torch.randn(3, 5, dtype=torch.float64)
    plain = gradients(generator, z)
    generator.activation_checkpointing = True
    for expected, again in zip(plain, gradients(generator, z), strict=True):
        assert expected.abs().max() > 0
        torch.testing.assert_close(again, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("variant", ["main", "residual"])
def test_less_memory_is_needed(variant: str):
    """Of 12 layers' activations, those of the 6 blocks' ends and of one block are left."""
    generator = small_generator(variant=variant, block_widths=6 * (8,))
    w, coords = torch.randn(2, 5).double(), 2 * torch.rand(3000, 2).double() - 1

    def peak() -> int:
        generator.zero_grad()
        with LiveBytes() as memory:
            generator.synthesis(w, coords).sum().backward()
        return memory.most

    plain = peak()
    generator.activation_checkpointing = True
    assert peak() < 0.75 * plain
