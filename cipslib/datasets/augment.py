"""What is done to a batch of images before training: crops, rotations, mirroring.

Images are (batch, height, width, 3), as they are stored, on any device. Each image has its own
random numbers, which the caller draws.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from cipslib.utils.shapes import Bool, Float, Int, UInt8

ROTATIONS = ("none", "quarter", "free")  # quarter: by right angles, exactly; free: by any angle
LEVELS = 255  # of a colour, above 0


def gather_pixels(
    images: UInt8[Tensor, "batch height width 3"],
    rows: Int[Tensor, "batch h"],
    columns: Int[Tensor, "batch w"],
) -> UInt8[Tensor, "batch h w 3"]:
    """Return the pixels where each image's rows and columns cross."""
    batch, height, width, _ = images.shape
    starts = torch.arange(batch, device=images.device)[:, None, None] * (height * width)
    index = starts + rows[:, :, None] * width + columns[:, None, :]
    return images.reshape(-1, 3).index_select(0, index.flatten()).reshape(*index.shape, 3)


def hflip(
    images: UInt8[Tensor, "batch h w 3"], chosen: Bool[Tensor, " batch"]
) -> UInt8[Tensor, "batch h w 3"]:
    """Mirror the chosen images left to right."""
    chosen = chosen.to(images.device)[:, None, None, None]
    return torch.where(chosen, images.flip(2), images)


def rot90(
    images: UInt8[Tensor, "batch side side 3"], turns: Int[Tensor, " batch"]
) -> UInt8[Tensor, "batch side side 3"]:
    """Turn each image anticlockwise by 0 to 3 right angles.

    ``turns`` is on the CPU, so that the sizes of the groups are known without waiting for a GPU.
    """
    turned = images.clone()
    for count in range(1, 4):
        chosen = (turns == count).nonzero().flatten().to(images.device)
        turned[chosen] = images[chosen].rot90(count, (1, 2))
    return turned


def rotated_crops(
    images: UInt8[Tensor, "batch height width 3"],
    angles: Float[Tensor, " batch"],
    places: Float[Tensor, "batch 2"],
    size: int,
) -> UInt8[Tensor, "batch {size} {size} 3"]:
    """Cut squares of ``size`` pixels, turned anticlockwise by ``angles`` (radians), bilinearly.

    ``places`` in [0, 1] are the share, down and to the right, of the way that the square can go
    without leaving the image. Where it is too large for that, it stays in the middle, and the image
    goes on beyond its border as a mirror image. Colours are rounded to whole levels again.
    """
    height, width = images.shape[1:3]
    grid = _rotated_grid(angles.double(), places.double(), height, width, size)
    grid = grid.float().to(images.device)
    colours = images.permute(0, 3, 1, 2).float()
    sampled = F.grid_sample(
        colours, grid, mode="bilinear", padding_mode="reflection", align_corners=True
    )
    return sampled.round().clamp(0, LEVELS).to(torch.uint8).permute(0, 2, 3, 1).contiguous()


def _rotated_grid(
    angles: Float[Tensor, " batch"],
    places: Float[Tensor, "batch 2"],
    height: int,
    width: int,
    size: int,
) -> Float[Tensor, "batch {size} {size} 2"]:
    """Return where each pixel of the rotated squares lies in the image, (x, y) from -1 to 1."""
    angles, places = angles[:, None, None], places[:, :, None, None]
    cos, sin = angles.cos(), angles.sin()
    offset = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    right, down = offset[None, None, :], offset[None, :, None]
    span = (size - 1) * (cos.abs() + sin.abs())  # of the square's bounding box
    x = right * cos - down * sin + _centre(places[:, 1], width, span)
    y = right * sin + down * cos + _centre(places[:, 0], height, span)
    return torch.stack((2 * x / (width - 1) - 1, 2 * y / (height - 1) - 1), dim=-1)


def _centre(
    place: Float[Tensor, "batch 1 1"], extent: int, span: Float[Tensor, "batch 1 1"]
) -> Float[Tensor, "batch 1 1"]:
    room = (extent - 1 - span).clamp(min=0)
    return (extent - 1) / 2 + (place - 0.5) * room


def to_colours(images: UInt8[Tensor, "batch h w 3"]) -> Float[Tensor, "batch 3 h w"]:
    """Scale whole levels to [-1, 1]. In memory the three colours of a pixel stay neighbours."""
    return images.permute(0, 3, 1, 2).to(torch.float32).div_(LEVELS / 2).sub_(1.0)
