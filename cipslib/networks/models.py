"""Which generators there are: built from their configuration, and the paper's own as presets."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from cipslib.networks.discriminator import DiscriminatorConfig
from cipslib.networks.generator import VARIANTS, Generator, GeneratorConfig, check_one_of
from cipslib.networks.randomness import Stream, derive_seed
from cipslib.networks.stylegan2 import StyleGAN2Config, StyleGAN2Generator

AnyGenerator = Generator | StyleGAN2Generator
AnyGeneratorConfig = GeneratorConfig | StyleGAN2Config

# What a run's `model` may be, and the section of params.yaml of that name holds.
MODELS = {"cips": GeneratorConfig, "stylegan2": StyleGAN2Config}
PRESETS = (*VARIANTS, "stylegan2")
FIDELITIES = ("paper", "release")  # docs/fidelity.md

WIDTH = 512  # of every layer and of both encodings (Sec. 4.1)


def build_generator(config: AnyGeneratorConfig) -> AnyGenerator:
    """A generator with fresh weights."""
    if isinstance(config, GeneratorConfig):
        return Generator(config)
    return StyleGAN2Generator(config)


def model_name(config: AnyGeneratorConfig) -> str:
    """The key of MODELS."""
    return next(name for name, cls in MODELS.items() if isinstance(config, cls))


def generator_preset(name: str, fidelity: str, resolution: int) -> AnyGeneratorConfig:
    """A column of Tab. 3 or "stylegan2", as the paper or the released code has it."""
    check_one_of(name, PRESETS, "variant")
    check_one_of(fidelity, FIDELITIES, "fidelity")
    if name == "stylegan2":
        return StyleGAN2Config(
            resolution=resolution,
            channel_base=128 * 256,
            channel_max=WIDTH,
            style_dim=WIDTH,
            mapping_layers=8,
        )
    release = fidelity == "release"
    return GeneratorConfig(
        resolution=resolution,
        variant=name,
        block_widths=_released_widths(name, resolution) if release else 7 * (WIDTH,),
        fourier_dim=WIDTH,
        embedding_dim=WIDTH,
        style_dim=WIDTH,
        mapping_layers=8,
        fourier_bias=release,
        noise=release,
        circumference=0,
    )


def _released_widths(variant: str, resolution: int) -> tuple[int, ...]:
    """Depth grows with the resolution; from the sixth block on each is half as wide."""
    if resolution < 4 or resolution & (resolution - 1):
        raise ValueError(f"resolution is {resolution}; the released code needs a power of two")
    blocks = resolution.bit_length() - 2  # log2(resolution) - 1
    widths = [min(WIDTH, 2 * WIDTH * 8 >> block) for block in range(blocks)]
    if variant == "residual":  # its late blocks are twice as wide as those with skips
        widths[7:] = [2 * width for width in widths[7:]]
    return tuple(widths)


def discriminator_preset(resolution: int) -> DiscriminatorConfig:
    """StyleGAN2's residual discriminator, as in the paper and the authors' own command line."""
    return DiscriminatorConfig(
        resolution=resolution,
        channel_base=128 * 256,
        channel_max=WIDTH,
        stddev_group=4,
        coordinates=False,
    )


def initial_generator(
    generator: AnyGeneratorConfig, seed: int, device: torch.device
) -> AnyGenerator:
    """A fresh generator, made on the CPU so that every device starts from the same weights."""
    with seeded(seed, Stream.INITIAL_GENERATOR):
        return build_generator(generator).to(device)


@contextmanager
def seeded(seed: int, stream: Stream) -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, stream, 0))
        yield
