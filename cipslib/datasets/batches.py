"""From stored images to a training batch: cropped, rotated, mirrored, cut into patches, placed."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from cipslib.datasets.augment import (
    ROTATIONS,
    gather_pixels,
    hflip,
    rot90,
    rotated_crops,
    to_colours,
)
from cipslib.datasets.patches import PatchConfig, axis_indices, draw_dilation, draw_offsets
from cipslib.networks.coordinates import grid_at
from cipslib.networks.randomness import BatchDraws, Stream
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float, Int, UInt8


@dataclass(frozen=True)
class BatchOptions:
    """What a run's batches are made of. By default: whole images, upright, on a plane."""

    resolution: int  # larger images are cropped to it, at random
    flips: bool = False  # each image is mirrored with probability 1/2
    rotation: str = "none"  # one of ROTATIONS
    patches: PatchConfig | None = None
    circumference: int = 0  # columns around a cylinder, of which an image is a window; 0: a plane

    def __post_init__(self) -> None:
        if self.resolution < 2:
            raise ValueError(f"resolution is {self.resolution}, must be at least 2")
        if self.rotation not in ROTATIONS:
            raise ValueError(
                f"rotation is {self.rotation!r}, must be one of {', '.join(ROTATIONS)}"
            )
        if self.circumference and self.circumference < self.resolution:
            raise ValueError(
                f"circumference is {self.circumference}, must be 0 (a plane) or at least the "
                f"resolution ({self.resolution})"
            )
        if self.patches is not None:
            self.patches.check_fits(self.resolution)

    @property
    def whole(self) -> bool:
        """Say whether every image is seen on the generator's own grid."""
        return self.patches is None and not self.circumference

    @property
    def least_side(self) -> int:
        """Return the least side of the stored images, px: free rotation needs the diagonal."""
        span = self.resolution - 1
        return 1 + (math.ceil(span * math.sqrt(2)) if self.rotation == "free" else span)

    def check_room(self, side: int) -> None:
        """Raise UserError if images of ``side`` pixels, or less of one, are too small."""
        if side >= self.least_side:
            return
        if side < self.resolution:
            raise UserError(
                f"the images have {side} pixels a side, fewer than the resolution "
                f"({self.resolution}): prepare larger ones, or lower it"
            )
        raise UserError(
            f"the images have {side} pixels a side; to turn them by any angle (rotation: free, in "
            f"the data set's card) {self.resolution} px need {self.least_side}: set margin to "
            f"{self.least_side - self.resolution} or more and prepare again"
        )


@dataclass(frozen=True)
class Batch:
    """Real images in [-1, 1], and where the generator is to draw; None is its whole grid."""

    images: Float[Tensor, "batch 3 h w"]
    coords: Float[Tensor, "batch h*w 2"] | None


def make_batch(
    images: UInt8[Tensor, "batch height width 3"], options: BatchOptions, draws: BatchDraws
) -> Batch:
    """Make a batch; ``draws`` makes every choice, each from a stream of its own, for each image."""
    images = crop_and_rotate(images, options, draws)
    if options.flips:
        images = hflip(images, draws.uniform(Stream.FLIPS, 1)[:, 0] < 0.5)
    if options.whole:
        return Batch(to_colours(images), None)
    rows, columns = patch_indices(options, draws)
    rows, columns = rows.to(images.device), columns.to(images.device)
    if options.patches is not None:
        images = gather_pixels(images, rows, columns)
    return Batch(to_colours(images), generator_coords(rows, columns, options, draws))


def crop_and_rotate(
    images: UInt8[Tensor, "batch height width 3"], options: BatchOptions, draws: BatchDraws
) -> UInt8[Tensor, "batch {options.resolution} {options.resolution} 3"]:
    """Crop images to the resolution, and rotate them."""
    size = options.resolution
    if options.rotation == "free":
        angles = 2 * math.pi * draws.uniform(Stream.ROTATIONS, 1)[:, 0]
        return rotated_crops(images, angles, draws.uniform(Stream.CROPS, 2), size)
    room = (images.shape[1] - size, images.shape[2] - size)
    if any(room):
        offsets = draws.randint(Stream.CROPS, (room[0] + 1, room[1] + 1)).to(images.device)
        rows, columns = (axis_indices(first, size, 1) for first in offsets.unbind(1))
        images = gather_pixels(images, rows, columns)
    if options.rotation == "quarter":
        images = rot90(images, draws.randint(Stream.ROTATIONS, (4,))[:, 0])
    return images


def patch_indices(
    options: BatchOptions, draws: BatchDraws
) -> tuple[Int[Tensor, "batch h"], Int[Tensor, "batch w"]]:
    """Return the rows and columns of each image that the discriminator sees: a patch, or all."""
    patches, resolution = options.patches, options.resolution
    if patches is None:
        every = torch.arange(resolution).expand(len(draws.indices), -1)
        return every, every
    dilation = draw_dilation(patches, draws.stream(Stream.PATCH_DILATIONS))
    offsets = draw_offsets(
        patches, resolution, dilation, draws.size, draws.stream(Stream.PATCH_OFFSETS)
    )
    row, column = offsets[draws.indices].unbind(1)
    return axis_indices(row, patches.size, dilation), axis_indices(column, patches.size, dilation)


def generator_coords(
    rows: Int[Tensor, "batch h"],
    columns: Int[Tensor, "batch w"],
    options: BatchOptions,
    draws: BatchDraws,
) -> Float[Tensor, "batch h*w 2"]:
    """Return where the generator draws, for these rows and columns of real images.

    On a cylinder the real images are ordinary ones, and each has its window of the circumference,
    which begins at any column (Sec. 4.8).
    """
    around = options.circumference
    if around:
        first = draws.randint(Stream.CYLINDER_WINDOWS, (around,)).to(columns.device)
        columns = columns + first
    return grid_at(rows, columns, options.resolution, around or options.resolution, around > 0)
