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
