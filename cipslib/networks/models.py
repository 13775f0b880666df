"""Which generators there are, and how one is built from its configuration."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from cipslib.networks.generator import Generator, GeneratorConfig
from cipslib.networks.randomness import Stream, derive_seed
from cipslib.networks.stylegan2 import StyleGAN2Config, StyleGAN2Generator

AnyGenerator = Generator | StyleGAN2Generator
AnyGeneratorConfig = GeneratorConfig | StyleGAN2Config

# What a run's `model` may be, and the section of params.yaml of that name holds.
MODELS = {"cips": GeneratorConfig, "stylegan2": StyleGAN2Config}


def build_generator(config: AnyGeneratorConfig) -> AnyGenerator:
    """Return a generator with fresh weights."""
    if isinstance(config, GeneratorConfig):
        return Generator(config)
    return StyleGAN2Generator(config)


def model_name(config: AnyGeneratorConfig) -> str:
    """Return the key of MODELS that a configuration is of."""
    return next(name for name, cls in MODELS.items() if isinstance(config, cls))


def initial_generator(
    generator: AnyGeneratorConfig, seed: int, device: torch.device
) -> AnyGenerator:
    """Return a fresh generator, made on the CPU: every device starts from the same weights."""
    with seeded(seed, Stream.INITIAL_GENERATOR):
        return build_generator(generator).to(device)


@contextmanager
def seeded(seed: int, stream: Stream) -> Iterator[None]:
    """Seed torch's own random numbers within the block, and put back their state."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, stream, 0))
        yield
