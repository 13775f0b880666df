"""Procedural stand-ins for the paper's data sets, for machines without the real pictures.

Each renderer takes (indices, resolution, seed); picture i depends on (seed, i) only and shows the
same scene at every resolution.
"""

from collections.abc import Callable, Iterable

import numpy as np

from cipslib.datasets.standins.faces import draw_faces

STAND_INS: dict[str, Callable[[Iterable[int], int, int], np.ndarray]] = {"faces": draw_faces}


def render(name: str, indices: Iterable[int], resolution: int, seed: int) -> np.ndarray:
    """Pictures (n, resolution, resolution, 3) uint8 of the stand-in set `name`."""
    return STAND_INS[name](indices, resolution, seed)
