"""Stand-ins for the paper's data sets, for machines without the real pictures.

Picture i of a set is a function of (seed, i) alone, and shows the same scene at every resolution.
"""

from collections.abc import Callable, Iterable

import numpy as np

from cipslib.utils.shapes import UInt8
from synthetic.old.churches import draw_church
from synthetic.old.faces import draw_portrait
from synthetic.old.landscapes import draw_landscape
from synthetic.old.satellite_buildings import draw_satellite_buildings
from synthetic.old.satellite_landscapes import draw_satellite_landscape

STAND_INS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "faces": draw_portrait,
    "churches": draw_church,
    "landscapes": draw_landscape,
    "satellite-buildings": draw_satellite_buildings,
    "satellite-landscapes": draw_satellite_landscape,
}


def render(
    name: str, indices: Iterable[int], resolution: int, seed: int
) -> UInt8[np.ndarray, "count {resolution} {resolution} 3"]:
    """Pictures of the stand-in set ``name``, drawn one by one."""
    draw = STAND_INS[name]
    pictures = [draw(np.random.default_rng([seed, int(i)]), resolution) for i in indices]
    return np.array(pictures, dtype=np.uint8).reshape(-1, resolution, resolution, 3)
