"""What the parts of an outdoor picture share: the canvas, the weather, and helpers of both."""

from dataclasses import dataclass

import numpy as np

from synthetic.old.canvas import Canvas, clamp, mix
from synthetic.old.sampling import uniform
from synthetic.old.sky import Sky

Palette = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Scene:
    """A picture under construction and the weather in it."""

    canvas: Canvas
    sky: Sky
    rng: np.random.Generator

    @property
    def cell(self) -> float:
        """Distance of neighbouring samples, in picture units."""
        return self.canvas.grid.spacing

    def box(self, left: float, right: float, low: float, high: float) -> np.ndarray:
        """Indices of the samples within a rectangle of the picture."""
        side = self.canvas.grid.side
        first, last = (_place(edge, side) for edge in (left, right))
        top, bottom = (_place(-edge, side) for edge in (high, low))
        rows, columns = np.arange(top, bottom), np.arange(first, last)
        return (rows[:, None] * side + columns).ravel()

    def pick(self, palette: Palette, spread: float = 0.15) -> np.ndarray:
        """One of the colours (3, 1), a little lighter or darker, a little off in hue."""
        return pick(self.rng, palette, spread)


def _place(edge: float, side: int) -> int:
    return int(min(max(np.rint((edge + 1.0) * side / 2.0), 0), side))


def pick(rng: np.random.Generator, palette: Palette, spread: float = 0.15) -> np.ndarray:
    """One of the colours (3, 1), a little lighter or darker, a little off in hue."""
    hue = rng.normal(1.0, 0.3 * spread, (3, 1)).astype(np.float32)
    level = uniform(rng, 1.0 - spread, 1.0 + spread)
    return palette[int(rng.integers(len(palette)))] * hue * level


def cover(inside: np.ndarray, cell: np.ndarray | float) -> np.ndarray:
    """Share in [0, 1] of a sample `cell` wide that lies within an edge, `inside` from it."""
    return clamp(inside / cell + 0.5, 0.0, 1.0)


def hazed(
    rgb: np.ndarray, sky: Sky, distance: np.ndarray | float, haze: np.ndarray | None = None
) -> np.ndarray:
    """Colours seen through air: blue is scattered first; `distance` in units of the scene."""
    depth = sky.haze * np.array([[0.75], [1.0], [1.4]], np.float32) * distance
    return mix(sky.horizon if haze is None else haze, rgb, np.exp(-depth))
