"""Procedural noise in continuous coordinates: the same texture at every resolution.

A fixed table of random numbers plays the hash of the lattice; callers shift the coordinates by a
random offset per image to get a texture of their own. x (1, columns) and y (rows, 1) broadcast,
and are the cheapest.
"""

import numpy as np

from synthetic.drawing.maths import Values, clamp

_SIDE = 256  # lattice period, a power of two
_LATTICE = np.random.default_rng(2020).uniform(-1.0, 1.0, (_SIDE, _SIDE))
# Bilinear interpolation in a cell is a + b·fx + c·fy + d·fx·fy, with flat tables of a, b, c, d.
_STEP_X = np.roll(_LATTICE, -1, axis=1) - _LATTICE
_STEP_Y = np.roll(_LATTICE, -1, axis=0) - _LATTICE
_TWIST = np.roll(_STEP_X, -1, axis=0) - _STEP_X
_TABLES = tuple(table.ravel() for table in (_LATTICE, _STEP_X, _STEP_Y, _TWIST))
_OCTAVE_SHIFT = 37.17  # so that the lattices of the octaves do not line up at the origin


def value_noise(x: Values, y: Values) -> Values:
    """Return smooth noise in [-1, 1] at points (x, y), one random value per unit lattice cell."""
    column = np.floor(x)
    row = np.floor(y)
    fx = x - column
    fy = y - row
    fx = fx * fx * (3.0 - 2.0 * fx)
    fy = fy * fy * (3.0 - 2.0 * fy)
    first = (row.astype(np.intp) & (_SIDE - 1)) * _SIDE
    cell = first + (column.astype(np.intp) & (_SIDE - 1))
    a, b, c, d = (table.take(cell, mode="wrap") for table in _TABLES)  # the fastest mode
    return a + b * fx + (c + d * fx) * fy


def visible(cells_per_sample: Values) -> Values:
    """Return the weight in [0, 1] of noise with so many lattice cells between two samples.

    Detail too fine for the samples is faded out rather than left to alias.
    """
    return clamp(1.6 - 1.2 * cells_per_sample, 0.0, 1.0)


def fbm(
    x: Values, y: Values, octaves: int, gain: float = 0.5, cells_per_sample: Values = 0.0
) -> Values:
    """Sum noises, each twice as fine and `gain` times as strong as the one before.

    The sum is scaled to about [-1, 1]. `cells_per_sample` is the distance of two samples in the
    units of x and y, one number or an array of them (a perspective); what is too fine fades out.
    """
    total = np.zeros(np.broadcast_shapes(np.shape(x), np.shape(y)))
    norm = 0.0
    weight = 1.0
    frequency = 1.0
    for _ in range(octaves):
        norm += weight
        weight *= gain
    weight = 1.5 / norm
    for octave in range(octaves):
        seen = visible(cells_per_sample * frequency)
        if not seen.any():
            break
        shift = _OCTAVE_SHIFT * octave
        noise = value_noise(x * frequency + shift, y * frequency - shift)
        total += (seen * weight) * noise
        weight *= gain
        frequency *= 2.0
    return total
