"""Synthesis on a denser grid than the training one, against Lanczos (Sec. 4.7, Fig. 9)."""

import numpy as np
from PIL import Image

from cipslib.networks.coordinates import cell_centers
from cipslib.networks.generator import Generator
from cipslib.networks.layers import Ws
from cipslib.sampling.synthesis import RenderOptions, render
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import UInt8


def dense(
    generator: Generator, w: Ws, factor: int, options: RenderOptions | None = None
) -> UInt8[np.ndarray, "batch h w 3"]:
    """Render at ``factor`` times the resolution, at the places that ``lanczos`` fills."""
    if factor < 1:
        raise UserError(f"factor is {factor}, must be at least 1")
    if generator.config.circumference:
        raise UserError("super-resolution is of the plane; draw a cylinder wider instead")
    side = factor * generator.config.resolution
    return render(generator, w, cell_centers(side, side), options)


def lanczos(
    images: UInt8[np.ndarray, "batch h w 3"], factor: int
) -> UInt8[np.ndarray, "batch H W 3"]:
    """Enlarge native images with the Lanczos filter.

    The outermost half pixel is left out, so that the new pixels' centres span what the coordinates
    from -1 to 1 do: the centres of the outermost native pixels.
    """
    height, width = images.shape[1:3]
    box = (0.5, 0.5, width - 0.5, height - 0.5)
    size = (factor * width, factor * height)
    filter = Image.Resampling.LANCZOS
    return np.stack([np.asarray(Image.fromarray(i).resize(size, filter, box)) for i in images])


def enlarged_details(
    first: UInt8[np.ndarray, "batch h w 3"], second: UInt8[np.ndarray, "batch h w 3"], side: int
) -> tuple[UInt8[np.ndarray, "2 batch {side} {side} 3"], list[tuple[int, int]]]:
    """Cut the square in which each pair of images differs most; also return (top, left)."""
    corners = [most_different_crop(a, b, side) for a, b in zip(first, second, strict=True)]
    crops = [
        [
            image[top : top + side, left : left + side]
            for image, (top, left) in zip(images, corners, strict=True)
        ]
        for images in (first, second)
    ]
    return np.array(crops), corners


def most_different_crop(
    first: UInt8[np.ndarray, "h w 3"], second: UInt8[np.ndarray, "h w 3"], side: int
) -> tuple[int, int]:
    """Return top and left of the square of ``side`` pixels in which two images differ most.

    By the mean square; a rule in the place of an eye for where to zoom in.
    """
    squared = np.square(first.astype(np.float64) - second).mean(axis=2)
    sums = np.pad(squared.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    inside = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    top, left = np.unravel_index(inside.argmax(), inside.shape)
    return int(top), int(left)
