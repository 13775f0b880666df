"""bfloat16 by torch.autocast: the large products alone; test_switches has the gradients."""

import pytest
import torch
from conftest import small_generator
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from cipslib.networks.discriminator import Discriminator, DiscriminatorConfig
from cipslib.networks.generator import Generator
from cipslib.networks.models import AnyGenerator
from cipslib.networks.stylegan2 import StyleGAN2Config, StyleGAN2Generator
from cipslib.presets import VARIANTS

OUTPUT = 0.02
GENERATORS = [*VARIANTS, "stylegan2"]
JUDGE = DiscriminatorConfig(
    resolution=16, channel_base=256, channel_max=16, stddev_group=2, coordinates=False
)


def autocast() -> torch.autocast:
    return torch.autocast("cpu", torch.bfloat16)


def make(variant: str) -> AnyGenerator:
    if variant == "stylegan2":
        config = StyleGAN2Config(
            resolution=16, channel_base=256, channel_max=16, style_dim=5, mapping_layers=2
        )
        torch.manual_seed(0)
        return StyleGAN2Generator(config)
    sizes = {"resolution": 16, "block_widths": (32, 32, 32), "fourier_dim": 16}
    generator = small_generator(variant=variant, noise=True, **sizes, embedding_dim=16)
    return Generator(generator.config)


def judge() -> Discriminator:
    torch.manual_seed(1)
    return Discriminator(JUDGE)


class Products(TorchDispatchMode):
    """The precision of every product, and of what else matters, that is computed inside."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[tuple[str, torch.dtype]] = set()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if isinstance(result, Tensor):
            self.seen.add((function.overloadpacket.__name__, result.dtype))
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
    precisions = {name: {d for n, d in products.seen if n == name} for name, _ in products.seen}
    half, single = {torch.bfloat16}, {torch.float32}
    assert precisions["baddbmm"] == precisions["leaky_relu_"] == half
    for name in ("addmm", "sin", "rsqrt", "sqrt", "randn", "add"):
        assert precisions[name] == single, name


def test_the_discriminators_statistics_and_scores_are_in_float32():
    discriminator, images = judge(), torch.randn(4, 3, 16, 16)
    with autocast(), Products() as products:
        scores = discriminator(images)
    assert scores.dtype == torch.float32
    precisions = {name: {d for n, d in products.seen if n == name} for name, _ in products.seen}
    assert precisions["convolution"] == {torch.bfloat16}
    assert precisions["var"] == precisions["sqrt"] == {torch.float32}
