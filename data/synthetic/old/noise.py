"""Procedural noise in continuous coordinates: the same texture at every resolution.

A fixed table of random numbers plays the hash of the lattice; callers shift the coordinates by a
random offset per picture to get a texture of their own.
"""

import numpy as np

from synthetic.old.canvas import clamp

_SIDE = 256  # lattice period, a power of two
_LATTICE = np.random.default_rng(2020).uniform(-1.0, 1.0, (_SIDE, _SIDE)).astype(np.float32)
# Bilinear interpolation in a cell is a + b·fx + c·fy + d·fx·fy, with flat tables of a, b, c, d.
_STEP_X = np.roll(_LATTICE, -1, axis=1) - _LATTICE
_STEP_Y = np.roll(_LATTICE, -1, axis=0) - _LATTICE
_TWIST = np.roll(_STEP_X, -1, axis=0) - _STEP_X
_A, _B, _C, _D = (table.ravel() for table in (_LATTICE, _STEP_X, _STEP_Y, _TWIST))
_OCTAVE_SHIFT = 37.17  # so that the lattices of the octaves do not line up at the origin


def value_noise(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Smooth noise in about [-1, 1] at points (x, y), one random value per unit lattice cell."""
    column, row = np.floor(x), np.floor(y)
    fx, fy = x - column, y - row
    fx = fx * fx * (3.0 - 2.0 * fx)
    fy = fy * fy * (3.0 - 2.0 * fy)
    cell = (row.astype(np.intp) & (_SIDE - 1)) * _SIDE
    cell += column.astype(np.intp) & (_SIDE - 1)
    a, b, c, d = (table.take(cell, mode="wrap") for table in (_A, _B, _C, _D))  # the fastest mode
    return a + b * fx + (c + d * fx) * fy


def visible(cells_per_sample: float) -> float:
    """Weight in [0, 1] of a texture that crosses `cells_per_sample` lattice cells between samples.

    Detail too fine for the sampling grid is faded out rather than left to alias.
    """
    return min(max(1.6 - 1.2 * cells_per_sample, 0.0), 1.0)


def fine_noise(x: np.ndarray, y: np.ndarray, cells_per_sample: float) -> np.ndarray:
    """`value_noise`, faded by `visible`; a single 0 where it would be too fine for the grid."""
    seen = visible(cells_per_sample)
    return seen * value_noise(x, y) if seen > 0.0 else np.zeros((), np.float32)


def fbm(
    x: np.ndarray, y: np.ndarray, octaves: int, gain: float = 0.5, cells_per_sample: float = 0.0
) -> np.ndarray:
    """Sum of `octaves` noises, each twice as fine and `gain` times as strong as the one before.

    Scaled to about [-1, 1]. `cells_per_sample` is the spacing of the sampling grid in the units
    of (x, y); octaves finer than the grid fade out.
    """
    total = np.zeros(np.broadcast(x, y).shape, dtype=np.float32)
    weight, norm, frequency = 1.0, 0.0, 1.0
    for octave in range(octaves):
        seen = visible(cells_per_sample * frequency)
        if seen > 0.0:
            shift = _OCTAVE_SHIFT * octave
            total += (weight * seen) * value_noise(x * frequency + shift, y * frequency - shift)
        norm += weight
        weight *= gain
        frequency *= 2.0
    return total * (1.5 / norm)


def far_noise(
    x: np.ndarray,
    y: np.ndarray,
    octaves: int,
    gain: float,
    cells_per_sample: np.ndarray | float,
    ridges: bool = False,
) -> np.ndarray:
    """`fbm` whose samples lie closer or further apart from point to point, as in a perspective.

    Each octave is turned against the one before, which hides the lattice. With `ridges` each
    octave is folded into crests, which are finer where the coarser ones are high.
    """
    total = np.zeros(np.broadcast(x, y).shape, dtype=np.float32)
    coarse: np.ndarray | float = 1.0
    weight, norm = 1.0, 0.0
    cells = np.atleast_1d(np.asarray(cells_per_sample, np.float32))
    for _ in range(octaves):
        seen = clamp(1.6 - 1.2 * cells, 0.0, 1.0)
        if not seen.any():
            break
        octave = value_noise(x, y)
        if ridges:
            coarse = np.square(1.0 - np.abs(octave)) * coarse
            octave = np.asarray(2.0 * coarse - 0.67)
        total += (weight * seen) * octave
        norm += weight
        weight *= gain
        cells = cells * 2.03
        x, y = 1.62 * x - 1.22 * y + _OCTAVE_SHIFT, 1.22 * x + 1.62 * y - _OCTAVE_SHIFT
    return total * (1.5 / norm) if norm else total
