"""Patches (App. C): K x K pixels, tau apart, of which the discriminator sees nothing else."""

from dataclasses import dataclass

import torch
from torch import Tensor

from cipslib.networks.randomness import randint_below
from cipslib.utils.shapes import Int

OFFSETS = ("uniform", "release")
INTERPOLATIONS = ("nearest", "shifted")  # of CoordinateEmbedding: on the grid all others agree


@dataclass(frozen=True)
class PatchConfig:
    """What patches a run is trained on; the released code has the dilations 1, 2, 4, ..., W / K."""

    size: int  # K, in pixels of the generator
    dilations: tuple[int, ...]  # tau; each batch takes one of them, all equally likely
    offsets: str  # "uniform", or "release": as drawn by the released code (docs/fidelity.md)
    interpolation: str  # of embeddings: "nearest", exact, or "shifted", as released

    def __post_init__(self) -> None:
        if self.size < 2:
            raise ValueError(f"size is {self.size}, must be at least 2")
        dilations = list(self.dilations)
        if not dilations or min(dilations) < 1 or len({*dilations}) < len(dilations):
            raise ValueError(
                f"dilations is {dilations}, must have one entry or more, all different, each at "
                "least 1"
            )
        for name, known in (("offsets", OFFSETS), ("interpolation", INTERPOLATIONS)):
            if getattr(self, name) not in known:
                one = ", ".join(known)
                raise ValueError(f"{name} is {getattr(self, name)!r}, must be one of {one}")

    def check_fits(self, resolution: int) -> None:
        """Raise ValueError if a patch is larger than the images."""
        for dilation in self.dilations:
            if count_offsets(resolution, self.size, dilation) < 1:
                raise ValueError(
                    f"dilations has {dilation}: {self.size} pixels that far apart span "
                    f"{(self.size - 1) * dilation + 1}, more than the resolution ({resolution})"
                )


def count_offsets(resolution: int, size: int, dilation: int) -> int:
    """Return W - (K - 1) tau: how many offsets a patch can have along one axis."""
    return resolution - (size - 1) * dilation


def draw_dilation(config: PatchConfig, generator: torch.Generator) -> int:
    """Draw one tau, for a whole batch."""
    number = randint_below(torch.tensor(len(config.dilations)), generator)
    return config.dilations[int(number)]


def draw_offsets(
    config: PatchConfig, resolution: int, dilation: int, count: int, generator: torch.Generator
) -> Int[Tensor, "{count} 2"]:
    """Draw row and column of the first pixel of ``count`` patches, independently."""
    offsets = torch.full((count, 2), count_offsets(resolution, config.size, dilation))
    first = randint_below(offsets, generator)
    if config.offsets == "uniform" or dilation == 1:
        return first
    # As released: of the image from ``first`` on, thinned to every tau-th pixel, a crop once more.
    thinned = -((first - resolution) // dilation)  # pixels left, the last step rounded up
    return first + dilation * randint_below(thinned - config.size + 1, generator)


def axis_indices(
    first: Int[Tensor, " batch"], size: int, dilation: int
) -> Int[Tensor, "batch {size}"]:
    """Return u + i tau for i = 0 ... K - 1, along one axis."""
    return first[:, None] + dilation * torch.arange(size, device=first.device)
