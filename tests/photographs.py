"""Photographs that installed packages carry on disk, beside which synthetic sets are held."""

from functools import cache

import numpy as np
from PIL import Image

from cipslib.utils.shapes import UInt8

SIDE = 256  # px of a crop before it is scaled
FROM_SKIMAGE = ("astronaut", "chelsea", "coffee", "rocket", "camera", "retina")


def photograph_crops(
    resolution: int, each: int, seed: int = 0
) -> list[UInt8[np.ndarray, "{each} {resolution} {resolution} 3"]]:
    """Return ``each`` crops of SIDE px at random places of each photograph, box-filtered."""
    random = np.random.default_rng(seed)
    crops = []
    for photograph in _photographs():
        image = Image.fromarray(photograph).convert("RGB")
        corners = [[int(random.integers(0, n - SIDE + 1)) for n in image.size] for _ in range(each)]
        boxes = [(x, y, x + SIDE, y + SIDE) for x, y in corners]
        size = (resolution, resolution)
        scaled = [image.resize(size, Image.Resampling.BOX, box) for box in boxes]
        crops.append(np.stack([np.asarray(one) for one in scaled]))
    return crops


@cache
def _photographs() -> list[np.ndarray]:
    import skimage.data
    from sklearn.datasets import load_sample_images  # type: ignore[import-untyped]

    own = [np.asarray(getattr(skimage.data, name)()) for name in FROM_SKIMAGE]
    return [*own, *load_sample_images().images]
