"""Noise of a batch that several processes share."""

import pytest
import torch
from conftest import small_generator, small_stylegan2

from cipslib.networks.randomness import BatchNoise

PARTS = torch.tensor([4, 0, 2]), torch.tensor([1, 5]), torch.tensor([3])


def drawn(seed: int = 7) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("make", [small_generator, small_stylegan2])
def test_the_parts_of_a_batch_make_up_the_whole(make):
    generator = make(noise=True).double()
    z = torch.randn(6, 5, dtype=torch.float64)
    whole = generator(z, noise=drawn())
    assert not torch.allclose(whole, generator(z, noise=drawn(8)))
    for part in PARTS:
        images = generator(z[part], noise=BatchNoise(drawn(), 6, part))
        torch.testing.assert_close(images, whole[part], rtol=0, atol=1e-13)
