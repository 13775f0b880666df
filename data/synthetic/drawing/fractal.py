"""Fractal noise from tables that are computed once: one look-up gives five octaves.

A table is a periodic texture, and its averages over 2 x 2, 4 x 4, ... texels for coarser samples.
Callers shift the coordinates by a random offset per image to get a texture of their own.
"""

from functools import cache

import numpy as np

from synthetic.drawing.maths import Values, clamp

PERIOD = 32  # in the units of the coordinates
_SIDE = 512
_TEXELS = _SIDE // PERIOD  # per unit
_OCTAVES = 5
_SIZES = _SIDE >> np.arange(8)
_STARTS = np.concatenate([[0], np.cumsum((_SIZES + 1) ** 2)])[:-1]


def _doubled(field: np.ndarray) -> np.ndarray:
    """Refine a periodic field by the subdivision of cubic B-splines."""
    for axis in (0, 1):
        ahead = np.roll(field, -1, axis)
        even = (np.roll(field, 1, axis) + 6.0 * field + ahead) * 0.125
        shape = [2 * size if i == axis else size for i, size in enumerate(field.shape)]
        field = np.stack([even, (field + ahead) * 0.5], axis=axis + 1).reshape(shape)
    return field


@cache
def _octaves() -> tuple[np.ndarray, ...]:
    """Return smooth fields with a deviation of about 1, each twice as fine as the one before."""
    rng = np.random.default_rng(2020)
    fields = []
    for octave in range(_OCTAVES):
        field = rng.uniform(-3.6, 3.6, 2 * (PERIOD << octave,))
        for _ in range(_OCTAVES - 1 - octave):
            field = _doubled(field)
        for axis in (0, 1):
            field = (np.roll(field, 1, axis) + 4.0 * field + np.roll(field, -1, axis)) / 6.0
        fields.append(field)
    return tuple(fields)


@cache
def _table(gain: float, ridges: bool) -> np.ndarray:
    """Return a texture's levels one after the other, each with its first row and column again."""
    total = np.zeros((_SIDE, _SIDE))
    crest = np.ones((_SIDE, _SIDE))
    weight = 0.4 * np.sqrt(1.0 - gain * gain)
    for field in _octaves():
        if ridges:  # fold each octave into crests, which are finer where the coarser ones are high
            crest = crest * np.square(np.maximum(1.0 - 0.4 * np.abs(field), 0.0))
            total += (2.5 * weight) * (crest - 0.3)
        else:
            total += weight * field
        weight *= gain
    levels = []
    for _ in _SIZES:
        levels.append(np.pad(total, (0, 1), mode="wrap").ravel())
        total = 0.5 * (total[::2] + total[1::2])
        total = 0.5 * (total[:, ::2] + total[:, 1::2])
    return np.concatenate(levels)


def fractal(
    x: Values, y: Values, footprint: Values, gain: float = 0.5, ridges: bool = False
) -> Values:
    """Return noise of mean 0 and deviation 0.4, with about one swell per unit of x and y.

    `footprint` is the distance of two samples in these units, one number or an array of them (a
    perspective); finer detail is averaged. Each octave is `gain` times as strong as the one before.
    """
    table = _table(gain, ridges)
    mantissa, exponent = np.frexp(clamp(np.asarray(footprint) * _TEXELS, 1.0, 127.0))
    fine = exponent.astype(np.intp) - 1
    part = 2.0 * mantissa - 1.0  # of the way to the next level
    if fine.ndim == 0:
        return _bilinear(table, x, y, fine + (part > 0.5))
    first = _bilinear(table, x, y, fine)
    return first + (_bilinear(table, x, y, fine + 1) - first) * part


def lift(noise: Values) -> Values:
    """Return factors of brightness, about exp(noise) for noise within [-2, 2]."""
    factor = np.square(np.maximum(1.0 + 0.25 * noise, 0.0))
    return np.square(factor)


def _bilinear(table: np.ndarray, x: Values, y: Values, level: Values) -> Values:
    size = _SIZES[level]
    texels = size * (1.0 / PERIOD)
    shift = (0.5 / _TEXELS) * texels - 0.5  # a coarse texel lies in the middle of its fine ones
    u = x * texels + shift
    v = y * texels + shift
    column = np.floor(u)
    row = np.floor(v)
    u = u - column
    place = (row.astype(np.intp) & (size - 1)) * (size + 1) + (column.astype(np.intp) & (size - 1))
    place += _STARTS[level]
    upper = table.take(place)
    upper += (table.take(place + 1) - upper) * u
    place += size + 1
    lower = table.take(place)
    lower += (table.take(place + 1) - lower) * u
    upper += (lower - upper) * (v - row)
    return upper
