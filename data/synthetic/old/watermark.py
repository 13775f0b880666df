"""A line of small marks like the writing that picture agencies put on photographs."""

import numpy as np

from synthetic.old.sampling import uniform
from synthetic.old.scene import Scene

_LINE = -0.89  # the row of its middle, the same in every picture
_DOT = 0.02  # one dot of a letter, in picture units; letters are 3 dots wide and 5 high


def draw_watermark(scene: Scene) -> None:
    """Words of letter-like marks along the bottom, light with a dark edge, half transparent."""
    rng = scene.rng
    ink = _letters(rng)
    edge = np.zeros_like(ink)
    edge[:-1, 1:] = ink[1:, :-1]
    strength = uniform(rng, 0.5, 0.85)
    for marks, tone in ((edge * (1.0 - ink), 0.01), (ink, 0.95)):
        alpha = (strength * _averaged(marks, scene)).ravel()
        shown = np.flatnonzero(alpha)
        scene.canvas.paint(shown, np.full((3, 1), tone, np.float32), alpha[shown])


def _letters(rng: np.random.Generator) -> np.ndarray:
    """Dots (7, n) of a line of words that starts at the left."""
    columns = []
    for _ in range(int(rng.integers(2, 5))):
        for _ in range(int(rng.integers(3, 8))):
            letter = (rng.random((5, 3)) < 0.62).astype(np.float32)
            letter[:, 0] = np.maximum(letter[:, 0], rng.random() < 0.6)  # most have an upright
            columns += [letter, np.zeros((5, 1), np.float32)]
        columns.append(np.zeros((5, 2), np.float32))
    line = np.concatenate(columns, axis=1)[:, : int(1.84 / _DOT)]
    return np.pad(line, 1)


def _averaged(dots: np.ndarray, scene: Scene) -> np.ndarray:
    """Exact share (side, side) of each sample that the dots cover."""
    grid = scene.canvas.grid
    left = -0.92 + _DOT * np.arange(dots.shape[1])
    top = -(_LINE + _DOT * (np.arange(dots.shape[0])[::-1] - dots.shape[0] / 2 + 1.0))
    across = _overlap(grid.x[: grid.side], left, grid.spacing)
    down = _overlap(-grid.y[:: grid.side], top, grid.spacing)
    return np.asarray(down @ dots @ across.T, np.float32)


def _overlap(samples: np.ndarray, starts: np.ndarray, spacing: float) -> np.ndarray:
    """Share of each sample (rows) that lies within each dot (columns) along one axis."""
    first = np.maximum(samples[:, None] - spacing / 2, starts)
    last = np.minimum(samples[:, None] + spacing / 2, starts + _DOT)
    return np.maximum(last - first, 0.0) / spacing
