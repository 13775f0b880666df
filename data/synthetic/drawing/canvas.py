"""The canvas: a supersampled square in linear light, painted in layers from back to front.

Coordinates run over [-1, 1], x to the right and y UP. Colours are arrays of shape (3, 1, 1) or
(3, rows, columns).
"""

import math
from dataclasses import dataclass

import numpy as np

from synthetic.drawing.maths import Values

MIN_SAMPLES_PER_SIDE = 64  # smaller images are painted at this size or more, then averaged
MIN_SAMPLES_PER_PIXEL = 2  # along each axis


def colour(red: float, green: float, blue: float) -> np.ndarray:
    """Return the linear light (3, 1, 1) of a display colour in 0..255.

    The display's gamma is taken as 2, since a square root is exact on every processor.
    """
    display = np.array([red, green, blue], dtype=np.float64).reshape(3, 1, 1) / 255.0
    return display * display


def palette(codes: str) -> tuple[np.ndarray, ...]:
    """Return the linear light of display colours, written in hexadecimal between blanks."""
    return tuple(colour(*bytes.fromhex(code)) for code in codes.split())


@dataclass(frozen=True)
class Box:
    """A rectangle of samples: where they lie, and x (1, columns) and y (rows, 1) of them.

    `spacing` is the distance of neighbouring samples, as the canvas's.
    """

    rows: slice
    columns: slice
    x: np.ndarray
    y: np.ndarray
    spacing: float


class Canvas:
    """An image under construction: `rgb` (3, side, side) in linear light.

    `resolution` is in pixels per side; `spacing` is the distance of neighbouring samples.
    """

    def __init__(self, resolution: int) -> None:
        self.resolution = resolution
        self.factor = max(MIN_SAMPLES_PER_PIXEL, math.ceil(MIN_SAMPLES_PER_SIDE / resolution))
        self.side = resolution * self.factor
        self.spacing = 2.0 / self.side
        self.rgb = np.zeros((3, self.side, self.side))
        self._axis = (np.arange(self.side) + 0.5) * self.spacing - 1.0

    def box(
        self, left: float = -1.0, right: float = 1.0, bottom: float = -1.0, top: float = 1.0
    ) -> Box:
        """Return the samples within a rectangle; it may be empty or reach beyond the canvas."""
        columns = slice(self._index(left), self._index(right))
        rows = slice(self._index(-top), self._index(-bottom))
        x = self._axis[None, columns]
        return Box(rows, columns, x, -self._axis[rows, None], self.spacing)

    def _index(self, edge: float) -> int:
        return min(max(round((edge + 1.0) / self.spacing), 0), self.side)

    def below(self, box: Box) -> np.ndarray:
        """Return what is painted so far in the box: a view (3, rows, columns), to be changed."""
        return self.rgb[:, box.rows, box.columns]

    def paint(self, box: Box, rgb: Values, alpha: Values = 1.0) -> None:
        """Lay colours over the box with an opacity in [0, 1], broadcast to (3, rows, columns)."""
        below = self.below(box)
        below += (rgb - below) * alpha

    def to_uint8(self, exposure: float = 1.0) -> np.ndarray:
        """Compress highlights, encode for a display and average to (resolution, resolution, 3).

        Samples are encoded before they are averaged, so that averaging the pixels of a larger
        image gives the smaller one.
        """
        dark = np.maximum(1.0 - (0.3625 * exposure) * np.maximum(self.rgb, 0.0), 0.0)
        dark = dark * dark
        display = np.sqrt(1.0 - dark * dark)
        size, factor = self.resolution, self.factor
        pixels = display.reshape(3, size, factor, size, factor).sum(axis=4).sum(axis=2)
        return np.rint(pixels.transpose(1, 2, 0) * (255.0 / factor**2)).astype(np.uint8)
