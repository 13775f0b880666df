"""Panoramas (Sec. 4.8, Fig. 11 and 17): images around a cylinder, and blends of two."""

import numpy as np
from torch import Tensor

from cipslib.networks.coordinates import Window
from cipslib.networks.generator import Generator
from cipslib.networks.layers import Ws
from cipslib.sampling.latents import blend, blend_across
from cipslib.sampling.synthesis import RenderOptions, StyleField, render
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float, UInt8


def panorama(
    generator: Generator,
    w: Ws | StyleField,
    width: int | None = None,
    start: float = -180.0,
    angle: float = 360.0,
    options: RenderOptions | None = None,
) -> UInt8[np.ndarray, "batch h width 3"]:
    """Render ``angle`` degrees of the cylinder, from ``start`` on; 360 close on themselves.

    ``width`` None: as many columns as the training had for that angle.
    """
    return render(generator, w, panorama_window(generator, width, start, angle), options)


def panorama_window(
    generator: Generator, width: int | None = None, start: float = -180.0, angle: float = 360.0
) -> Window:
    """Return the window that ``panorama`` renders.

    Raises UserError for a generator of the plane, or an angle outside (0, 360].
    """
    config = generator.config
    if not config.circumference:
        raise UserError("panoramas need a generator of the cylinder: train with cips.circumference")
    if not 0 < angle <= 360:
        raise UserError(f"angle is {angle:g} degrees, must be in (0, 360]")
    if width is None:
        width = max(1, round(config.circumference * angle / 360))
    left = start / 180
    return Window(config.resolution, width, left, -1.0, left + angle / 180, 1.0, cylinder=True)


def random_windows(
    generator: Generator,
    w: Float[Tensor, "batch style"],
    seed: int,
    first: int = 0,
    options: RenderOptions | None = None,
) -> UInt8[np.ndarray, "batch size size 3"]:
    """Render windows as wide as high, each at a random place of the cylinder, as in training.

    The place of image i, counted from ``first``, depends on (seed, i) alone.
    """
    size = generator.config.resolution
    around = generator.config.circumference
    images = []
    for number, style in enumerate(w, start=first):
        left = 2 * np.random.default_rng((seed, number)).integers(around) / around - 1
        window = Window(size, size, left, -1.0, left + 2 * size / around, 1.0, cylinder=True)
        images.append(render(generator, style[None], window, options, first=number)[0])
    return np.stack(images)


def blended(first: Float[Tensor, " style"], second: Float[Tensor, " style"]) -> StyleField:
    """Return the styles of Fig. 11c: ``first`` in the middle, ``second`` half a turn on, where the
    image is cut, and between them each pixel's own blend.
    """
    return lambda coords: blend(first, second, blend_across(coords))
