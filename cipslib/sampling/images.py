"""Images of random styles at any resolution, ``cipslib.sample``, and side by side."""

import numpy as np

from cipslib.networks.coordinates import Window
from cipslib.networks.generator import Generator
from cipslib.networks.models import AnyGenerator
from cipslib.sampling.latents import sample_w
from cipslib.sampling.synthesis import render
from cipslib.utils.shapes import UInt8

Corners = tuple[float, float, float, float]  # left, top, right, bottom, in [-1, 1]
Images = UInt8[np.ndarray, "_ _ _ 3"]


def sample(
    generator: AnyGenerator,
    n: int,
    seed: int = 0,
    truncation: float = 1.0,
    resolution: int | None = None,
    window: Corners | None = None,
) -> UInt8[np.ndarray, "{n} h w 3"]:
    """Draw n images; image i depends on (seed, i) alone.

    ``resolution``: pixels from top to bottom, by default the training's; ``window``: the part to
    draw. Raises UserError for what the generator cannot draw.
    """
    pixels = square_pixels(generator, resolution, window)
    return render(generator, sample_w(generator, n, seed, truncation), pixels)


def square_pixels(
    generator: AnyGenerator, resolution: int | None, window: Corners | None
) -> Window | None:
    """Return the window of square pixels; None for the generator's own grid."""
    if resolution is None and window is None:
        return None
    size = generator.config.resolution
    circumference = generator.config.circumference if isinstance(generator, Generator) else 0
    left, top, right, bottom = window or (-1.0, -1.0, 1.0, 1.0)
    height = resolution or size
    aspect = (right - left) / (bottom - top) if bottom > top else 1.0  # Window says what is wrong
    width = max(1, round(height * aspect * (circumference or size) / size))
    return Window(height, width, left, top, right, bottom, cylinder=circumference > 0)


def mosaic(images: Images, columns: int) -> np.ndarray:
    """Return images side by side in reading order, a thin white line between them, as one array."""
    line = gap(images)
    around = ((0, -len(images) % columns), (0, line), (0, line), (0, 0))
    cells = np.pad(images, around, constant_values=255)
    height, width = cells.shape[1:3]
    rows = cells.reshape(-1, columns, height, width, 3).swapaxes(1, 2)
    return rows.reshape(-1, columns * width, 3)[:-line, :-line]


def gap(images: Images) -> int:
    """Return the width of the line between images, px."""
    return max(1, images.shape[2] // 32)
