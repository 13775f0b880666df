"""Sampling grid, colour helpers and the canvas on which the layers of a picture are laid.

Pictures are rendered in linear light, planes first: a colour array is (3, n) for n samples.
Coordinates run over [-1, 1], x to the right and y UP.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

MIN_SAMPLES_PER_SIDE = 96  # small pictures are rendered at this size or more, then averaged


@dataclass(frozen=True)
class Grid:
    """Sample points of a square picture.

    x, y: (n,) coordinates, row by row from the top; side: samples per side (n = side²);
    factor: samples per pixel and axis; spacing: distance of neighbouring samples.
    """

    x: np.ndarray
    y: np.ndarray
    side: int
    factor: int
    spacing: float


@lru_cache(maxsize=4)
def make_grid(resolution: int) -> Grid:
    """The supersampled grid of a picture of `resolution` pixels per side."""
    factor = max(2, math.ceil(MIN_SAMPLES_PER_SIDE / resolution))
    side = resolution * factor
    axis = ((2.0 * np.arange(side) + 1.0) / side - 1.0).astype(np.float32)
    x = np.tile(axis, side)
    y = np.repeat(-axis, side)
    return Grid(x, y, side, factor, 2.0 / side)


def clamp(value: np.ndarray, low: float, high: float) -> np.ndarray:
    """np.clip, quicker on short arrays."""
    return np.minimum(np.maximum(value, low), high)


def smoothstep(low: np.ndarray | float, high: np.ndarray | float, value: np.ndarray) -> np.ndarray:
    """Rises smoothly from 0 at `low` to 1 at `high` (falls when high < low)."""
    t = clamp((value - low) * (1.0 / (high - low)), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def bell(distance: np.ndarray) -> np.ndarray:
    """exp(-distance²)."""
    return np.exp(-distance * distance)


def mix(
    first: np.ndarray | float, second: np.ndarray | float, weight: np.ndarray | float
) -> np.ndarray:
    """`first` where weight is 0, `second` where it is 1."""
    return np.asarray(first + (second - first) * weight)


def colour(red: float, green: float, blue: float) -> np.ndarray:
    """Linear-light column (3, 1) of an sRGB colour given in 0..255."""
    srgb = np.array([[red], [green], [blue]], dtype=np.float32) / 255.0
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4).astype(
        np.float32
    )


def luminance(rgb: np.ndarray) -> np.ndarray:
    """(1, n) linear luminance of (3, n) colours."""
    return 0.2126 * rgb[0:1] + 0.7152 * rgb[1:2] + 0.0722 * rgb[2:3]


class Canvas:
    """Linear-light picture under construction; `rgb` is (3, n)."""

    def __init__(self, grid: Grid):
        self.grid = grid
        self.rgb = np.zeros((3, grid.side * grid.side), dtype=np.float32)

    def paint(self, where: np.ndarray, rgb: np.ndarray, alpha: np.ndarray | float) -> None:
        """Lay colours (3, m) or (3, 1) over the samples `where` (m indices), opacity `alpha`."""
        below = self.rgb[:, where]
        self.rgb[:, where] = below + (rgb - below) * alpha

    def darken(self, where: np.ndarray, factor: np.ndarray) -> None:
        """Multiply the samples `where` (m indices) by `factor` (m,)."""
        self.rgb[:, where] *= factor

    def to_uint8(self, exposure: float = 1.0) -> np.ndarray:
        """Tone-map, encode as sRGB and average to (resolution, resolution, 3) uint8.

        Samples are encoded before they are averaged, so that averaging the pixels of a larger
        rendering gives the smaller one.
        """
        light = 1.0 - np.exp(-1.45 * exposure * np.maximum(self.rgb, 0.0))
        srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
        side, factor = self.grid.side, self.grid.factor
        pixels = side // factor
        blocks = srgb.reshape(3, pixels, factor, pixels, factor).mean(axis=(2, 4))
        return np.rint(blocks.transpose(1, 2, 0) * 255.0).clip(0, 255).astype(np.uint8)
