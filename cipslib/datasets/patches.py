"""Patches (App. C): K x K pixels, tau apart, of which the discriminator sees nothing else."""

from dataclasses import dataclass

import torch
from torch import Tensor

from cipslib.networks.randomness import randint_below
from cipslib.utils.shapes import Int

CORNERS = ("uniform", "release")
INTERPOLATIONS = (
    "nearest",
    "shifted",
)  # of generator.CoordinateEmbedding: on the grid all others agree


@dataclass(frozen=True)
class PatchConfig:
    """What patches a run is trained on. ``release_spacings`` has the released code's spacings."""

    size: int  # K, in pixels of the generator
    spacings: tuple[int, ...]  # tau; each batch takes one of them, all equally likely
    corners: str  # "uniform", or "release": as drawn by the released code (docs/fidelity.md)
    interpolation: (
        str  # of embeddings: "nearest", exact; "shifted": the released code's, in training too
    )

    def __post_init__(self) -> None:
        if self.size < 2:
            raise ValueError(f"size is {self.size}, must be at least 2")
        spacings = list(self.spacings)
        if not spacings or min(spacings) < 1 or len({*spacings}) < len(spacings):
            raise ValueError(
                f"spacings is {spacings}, must have one entry or more, all different, each at "
                "least 1"
            )
        for name, known in (("corners", CORNERS), ("interpolation", INTERPOLATIONS)):
            if getattr(self, name) not in known:
                one = ", ".join(known)
                raise ValueError(f"{name} is {getattr(self, name)!r}, must be one of {one}")

    def check_fits(self, resolution: int) -> None:
        """Raises ValueError if a patch is larger than the images."""
        for spacing in self.spacings:
            if count_corners(resolution, self.size, spacing) < 1:
                raise ValueError(
                    f"spacings has {spacing}: {self.size} pixels that far apart span "
                    f"{(self.size - 1) * spacing + 1}, more than the resolution ({resolution})"
                )


def release_spacings(resolution: int, size: int) -> tuple[int, ...]:
    """1, 2, 4, ... up to resolution / size."""
    return tuple(2**power for power in range((resolution // size).bit_length()))


def count_corners(resolution: int, size: int, spacing: int) -> int:
    """W - (K - 1) tau: how many places there are for a patch's first pixel along one axis."""
    return resolution - (size - 1) * spacing


def draw_spacing(config: PatchConfig, generator: torch.Generator) -> int:
    """One tau, for a whole batch."""
    number = randint_below(torch.tensor(len(config.spacings)), generator)
    return config.spacings[int(number)]


def draw_corners(
    config: PatchConfig, resolution: int, spacing: int, count: int, generator: torch.Generator
) -> Int[Tensor, "{count} 2"]:
    """Row and column of the first pixel of ``count`` patches, drawn independently."""
    corners = torch.full((count, 2), count_corners(resolution, config.size, spacing))
    first = randint_below(corners, generator)
    if config.corners == "uniform" or spacing == 1:
        return first
    # As released: of the image from ``first`` on, thinned to every tau-th pixel, a crop once more.
    thinned = -((first - resolution) // spacing)  # pixels left, the last step rounded up
    return first + spacing * randint_below(thinned - config.size + 1, generator)


def patch_indices(
    first: Int[Tensor, " batch"], size: int, spacing: int
) -> Int[Tensor, "batch {size}"]:
    """u + i tau for i = 0 ... K - 1, along one axis."""
    return first[:, None] + spacing * torch.arange(size, device=first.device)
