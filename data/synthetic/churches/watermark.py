"""A line of small marks like the writing that agencies put on photographs (Fig. 14)."""

import numpy as np

from synthetic.drawing.canvas import Canvas
from synthetic.drawing.maths import clamp
from synthetic.drawing.sampling import uniform

_DOT = 0.02  # of a letter, in units of the image; letters are 3 dots wide and 5 high
_LETTERS = 23  # a full line
_LEFT = -0.92
_TOP = -0.82  # the same in every image


def draw_watermark(rng: np.random.Generator, canvas: Canvas) -> None:
    """Draw letter-like marks along the bottom, light with a dark edge, half transparent."""
    ink = (rng.random((7, 4 * _LETTERS)) < 0.62) * 1.0
    ink[1::2, ::4] = 1.0  # most have an upright
    ink[:, 3::4] = 0.0
    ink[[0, 6]] = 0.0
    place = np.arange(_LETTERS)
    blank = (rng.random(_LETTERS) < 0.2) | (place > uniform(rng, 8.0, _LETTERS))
    ink[:, np.repeat(blank, 4)] = 0.0
    edge = np.pad(ink, ((1, 0), (1, 0)))[:-1, :-1] * (1.0 - ink)
    strength = uniform(rng, 0.5, 0.85)
    middle = (np.arange(canvas.side) + 0.5) * canvas.spacing - 1.0
    for marks, tone in ((edge, 0.01), (ink, 0.95)):
        share = _averaged(marks, middle - _LEFT, canvas.spacing)
        share = _averaged(share.T, middle + _TOP, canvas.spacing).T
        canvas.paint(canvas.box(), tone, strength * share)


def _averaged(dots: np.ndarray, middle: np.ndarray, spacing: float) -> np.ndarray:
    """Return averages of dots (rows, n) over samples `spacing` wide: (rows, len(middle))."""
    count = dots.shape[1]
    total = np.cumsum(np.pad(dots, ((0, 0), (1, 0))), axis=1)
    edges = np.concatenate([middle - 0.5 * spacing, middle[-1:] + 0.5 * spacing])
    place = clamp(edges / _DOT, 0.0, count)
    before = np.minimum(place.astype(np.intp), count - 1)
    until = total[:, before] + dots[:, before] * (place - before)
    return np.diff(until, axis=1) * (_DOT / spacing)
