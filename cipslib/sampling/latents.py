"""Latents z and styles w: draws, truncation, interpolation, mixing by layer, blending by pixel."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from cipslib.networks.generator import Generator
from cipslib.networks.models import AnyGenerator
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float

W_AVG_DRAWS = 10_000


def sample_latents(count: int, dim: int, seed: int) -> Float[Tensor, "{count} {dim}"]:
    """Draw z ~ N(0, I); latent i depends on (seed, i) alone, on any machine."""
    latents = np.random.default_rng(seed).standard_normal((count, dim), dtype=np.float32)
    return torch.from_numpy(latents)


def device_and_type(generator: AnyGenerator) -> tuple[torch.device, torch.dtype]:
    """Return where the generator's parameters are, and their type."""
    parameter = next(generator.parameters())
    return parameter.device, parameter.dtype


@torch.inference_mode()
def sample_w(
    generator: AnyGenerator, count: int, seed: int, truncation: float = 1.0
) -> Float[Tensor, "{count} style"]:
    """Return M(z) of ``count`` latents, drawn towards the mean if ``truncation`` is below 1."""
    z = sample_latents(count, generator.config.style_dim, seed)
    w = generator.mapping(z.to(*device_and_type(generator)))
    return w if truncation == 1 else truncate(w, compute_w_avg(generator), truncation)


@torch.inference_mode()
def compute_w_avg(generator: AnyGenerator, seed: int = 0) -> Float[Tensor, "1 style"]:
    """Return the mean of M(z) over 10,000 latents; its image is that of Fig. 3."""
    z = sample_latents(W_AVG_DRAWS, generator.config.style_dim, seed)
    return generator.mapping(z.to(*device_and_type(generator))).mean(dim=0, keepdim=True)


def truncate(
    w: Float[Tensor, "batch style"], w_avg: Float[Tensor, "1 style"], truncation: float
) -> Float[Tensor, "batch style"]:
    """Draw styles towards the mean: 1 leaves them (psi of StyleGAN), 0 is the mean itself."""
    if not 0 <= truncation <= 1:
        raise UserError(f"truncation is {truncation}, must be in [0, 1]")
    return torch.lerp(w_avg.expand_as(w), w, truncation)


@torch.inference_mode()
def interpolate(
    generator: AnyGenerator,
    first: Float[Tensor, " style"],
    second: Float[Tensor, " style"],
    steps: int,
) -> Float[Tensor, "{steps} style"]:
    """Return the line from one latent's style to another's, both included (Fig. 10).

    The paper's "latent linear morphing"; its latent code is w = M(z) (App. D).
    """
    if steps < 2:
        raise UserError(f"steps is {steps}, must be at least 2")
    ends = generator.mapping(torch.stack((first, second)).to(*device_and_type(generator)))
    t = torch.linspace(0, 1, steps).to(ends)[:, None]
    return torch.lerp(ends[:1], ends[1:], t)


def level_layers(generator: Generator) -> list[range]:
    """Return the layers of each level, from 0: level 1 is the first layer, level 1 + i block i.

    The paper's default has 15 layers and Fig. 19 speaks of 8: the first and one for each of the
    seven blocks, which is the reading here.
    """
    levels = [range(0, 1)]
    for block in generator.blocks:
        start = levels[-1].stop
        levels.append(range(start, start + len(block.layers)))
    return levels


def level_groups(generator: Generator) -> list[tuple[int, ...]]:
    """Return early, middle and late levels in Fig. 19's proportion: of eight, 1-2, 3-5 and 6-8.

    Raises UserError where there are too few for three groups.
    """
    count = len(level_layers(generator))
    if count < 3:
        raise UserError(f"{count} levels are too few for early, middle and late ones")
    first = max(1, round(count * 2 / 8))
    second = max(2, round(count * 5 / 8))
    levels = tuple(range(1, count + 1))
    return [levels[:first], levels[first:second], levels[second:]]


def mix(
    generator: Generator,
    w1: Float[Tensor, "batch style"],
    w2: Float[Tensor, "batch style"],
    levels: Iterable[int],
) -> Float[Tensor, "batch layers style"]:
    """Return ``w1`` with the styles of ``levels`` (from 1, Fig. 19) replaced by those of ``w2``."""
    available = level_layers(generator)
    mixed = w1[:, None].repeat(1, generator.config.layers, 1)
    for level in levels:
        if not 1 <= level <= len(available):
            raise UserError(f"level {level} does not exist: they are 1 to {len(available)}")
        layers = available[level - 1]
        mixed[:, layers.start : layers.stop] = w2[:, None]
    return mixed


def blend(
    first: Float[Tensor, " style"], second: Float[Tensor, " style"], t: Float[Tensor, " pixels"]
) -> Float[Tensor, "1 1 pixels style"]:
    """Blend two styles at each pixel (Fig. 11c); ``t`` in [0, 1] is the second's part."""
    return torch.lerp(first[None, None], second[None, None], t[None, :, None])[:, None]


def blend_across(coords: Float[Tensor, "pixels 2"]) -> Float[Tensor, " pixels"]:
    """Return ``|x|``: from 1 at x = -1 to 0 at x = 0 and back to 1, closed round a cylinder."""
    return coords[:, 0].abs()
