"""Synthetic data sets in place of the paper's, for machines without the real images.

Image i of a set is a function of (seed, i) alone, and shows the same scene at every resolution.
"""

from collections.abc import Callable, Iterable

import numpy as np

from synthetic.churches import draw_church
from synthetic.faces import paint_portrait
from synthetic.landscapes import draw_landscape
from synthetic.satellite.buildings import draw_satellite_buildings
from synthetic.satellite.landscapes import draw_satellite_landscape

RENDERERS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "faces": paint_portrait,
    "churches": draw_church,
    "landscapes": draw_landscape,
    "satellite-buildings": draw_satellite_buildings,
    "satellite-landscapes": draw_satellite_landscape,
}


def render(name: str, indices: Iterable[int], resolution: int, seed: int) -> np.ndarray:
    """Return images of the synthetic set `name`: (count, resolution, resolution, 3) in uint8.

    Raises KeyError if there is no such set.
    """
    paint = RENDERERS[name]
    images = [paint(np.random.default_rng([seed, int(i)]), resolution) for i in indices]
    return np.array(images, dtype=np.uint8).reshape(-1, resolution, resolution, 3)
