"""bfloat16 by torch.autocast: the large products alone; test_switches has the gradients."""

from collections import defaultdict
from dataclasses import replace

import pytest
import torch
from conftest import SMALL_DISCRIMINATOR, small_generator
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from cipslib.networks.discriminator import Discriminator
from cipslib.networks.generator import Generator
from cipslib.networks.models import AnyGenerator
from cipslib.networks.stylegan2 import StyleGAN2Config, StyleGAN2Generator
from cipslib.presets import VARIANTS

OUTPUT = 0.02
GENERATORS = [*VARIANTS, "stylegan2"]


def autocast() -> torch.autocast:
    return torch.autocast("cpu", torch.bfloat16)


def make(variant: str) -> AnyGenerator:
    if variant == "stylegan2":
        torch.manual_seed(0)
        return StyleGAN2Generator(StyleGAN2Config(16, 256, 16, style_dim=5, mapping_layers=2))
    sizes = {"resolution": 16, "block_widths": (32, 32, 32), "fourier_dim": 16}
    generator = small_generator(variant=variant, noise=True, **sizes, embedding_dim=16)
    return Generator(generator.config)


class Products(TorchDispatchMode):
    """The precision of every product, and of what else matters, that is computed inside."""

    def __init__(self) -> None:
        super().__init__()
        self.precisions: dict[str, set[torch.dtype]] = defaultdict(set)

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if isinstance(result, Tensor):
            self.precisions[function.overloadpacket.__name__].add(result.dtype)
        return result


@pytest.mark.parametrize("variant", GENERATORS)
def test_the_images_are_near_and_in_float32(variant: str):
    generator, z = make(variant), torch.randn(4, 5)
    expected = generator(z)
    with autocast():
        images = generator(z)
    assert images.dtype == torch.float32
    assert 0 < (images - expected).abs().max() < OUTPUT * expected.abs().max()


def test_only_large_products_are_in_bfloat16():
    generator, z = make("main"), torch.randn(4, 5)
    with autocast(), Products() as products:
        generator(z, noise=torch.Generator().manual_seed(0))
    for name in ("baddbmm", "leaky_relu_"):
        assert products.precisions[name] == {torch.bfloat16}, name
    for name in ("addmm", "sin", "rsqrt", "sqrt", "randn", "add"):
        assert products.precisions[name] == {torch.float32}, name


def test_the_discriminators_statistics_and_scores_are_in_float32():
    config = replace(SMALL_DISCRIMINATOR, channel_base=256, channel_max=16, stddev_group=2)
    discriminator, images = Discriminator(config), torch.randn(4, 3, 16, 16)
    with autocast(), Products() as products:
        scores = discriminator(images)
    assert scores.dtype == torch.float32
    assert products.precisions["convolution"] == {torch.bfloat16}
    assert products.precisions["var"] == products.precisions["sqrt"] == {torch.float32}
