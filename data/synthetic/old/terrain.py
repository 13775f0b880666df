"""A landscape as a height field, looked at from a point above it, all the way round.

The picture is a piece of a cylinder: its columns are compass directions, so that every part of
the horizon is like every other. Lengths are in units of the scene; water lies at height 0.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from synthetic.old.canvas import Grid

VIEW = 0.5  # half the width of the picture, radians
_FOCAL = 1.0 / VIEW
_STEPS = 120
_FAR = 120.0

Height = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]  # X, Z, footprint -> height


@dataclass(frozen=True)
class View:
    """`horizon` is its height in the picture, `eye` the viewer's above the water."""

    grid: Grid
    horizon: float
    eye: float

    def directions(self, where: np.ndarray) -> np.ndarray:
        """(3, m) unit vectors of the viewing rays through samples."""
        bearing = self.grid.x[where] * VIEW
        rise = (self.grid.y[where] - self.horizon) / _FOCAL
        flat = 1.0 / np.sqrt(1.0 + rise * rise)
        return np.stack([np.sin(bearing) * flat, rise * flat, np.cos(bearing) * flat])

    def row(self, height: np.ndarray | float, distance: np.ndarray | float) -> np.ndarray:
        """Picture height at which something is seen."""
        return np.asarray(self.horizon + _FOCAL * (height - self.eye) / distance)

    def depth(self, height: float, row: np.ndarray) -> np.ndarray:
        """Distance at which a level plane is seen in picture rows below the horizon."""
        return _FOCAL * (self.eye - height) / np.maximum(self.horizon - row, 1e-4)

    def footprint(self, distance: np.ndarray) -> np.ndarray:
        """Width of what a sample covers at a distance."""
        return distance * (self.grid.spacing * VIEW)


@dataclass(frozen=True)
class Seen:
    """What is seen of the ground: samples `where` (m,), their place, and their distance."""

    where: np.ndarray
    x: np.ndarray
    z: np.ndarray
    distance: np.ndarray


def trace(view: View, height: Height) -> tuple[Seen, np.ndarray]:
    """The visible ground, and the row (side,) of the skyline in each column."""
    side = view.grid.side
    bearing = view.grid.x[:side] * VIEW
    rows = view.grid.y[::side]
    lowest = 0.3 * _FOCAL * view.eye / (view.horizon + 1.0)
    distance = np.geomspace(lowest, _FAR, _STEPS).astype(np.float32)[:, None]
    x, z = distance * np.sin(bearing), distance * np.cos(bearing)
    ground = height(x, z, view.footprint(distance) * np.ones_like(x))
    row = view.row(ground, distance)
    risen = np.maximum.accumulate(row, axis=0)
    hit = np.stack([np.searchsorted(risen[:, c], rows) for c in range(side)], axis=1)
    seen = np.flatnonzero(hit.ravel() < _STEPS)
    step, column = hit.ravel()[seen], seen % side
    before = np.maximum(step - 1, 0)
    low, high = row[before, column], row[step, column]
    part = np.clip((view.grid.y[seen] - low) / np.maximum(high - low, 1e-6), 0.0, 1.0)
    away = (distance[before, 0] + (distance[step, 0] - distance[before, 0]) * part).astype(
        np.float32
    )
    x, z = away * np.sin(bearing[column]), away * np.cos(bearing[column])
    return Seen(seen, x, z, away), risen[-1]


def slopes(height: Height, seen: Seen, footprint: np.ndarray) -> tuple[np.ndarray, ...]:
    """Height (m,) and unit normals (3, m) at the seen points."""
    step = 0.7 * footprint + 0.002
    here = height(seen.x, seen.z, footprint)
    dx = (height(seen.x + step, seen.z, footprint) - here) / step
    dz = (height(seen.x, seen.z + step, footprint) - here) / step
    normal = np.stack([-dx, np.ones_like(dx), -dz])
    return here, normal / np.sqrt((normal * normal).sum(axis=0))
