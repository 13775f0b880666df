"""Free pictures that installed packages carry on disk; nothing is downloaded.

Credits and licences: data/cards/stand-in-satellite-landscapes.yaml.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from synthetic.old.canvas import clamp


@dataclass(frozen=True)
class Cut:
    """What may be cut out of a picture.

    area: (left, right, top, bottom), shares of the picture, that look like ground from above;
    side: least and most pixels per side; plain: one texture, not several kinds of ground.
    """

    area: tuple[float, float, float, float]
    side: tuple[float, float]
    plain: bool


@dataclass(frozen=True)
class Photograph:
    """`levels[k]` is (h/2^k, w/2^k, 4): linear red, green, blue and lie (0 low, 1 high)."""

    levels: tuple[np.ndarray, ...]
    cut: Cut


_WHOLE = (0.0, 1.0, 0.0, 1.0)
_CUTS = {
    "grass": Cut(_WHOLE, (120.0, 240.0), plain=True),
    "immunohistochemistry": Cut(_WHOLE, (110.0, 340.0), plain=False),
    "retina": Cut((0.2, 0.8, 0.1, 0.46), (140.0, 350.0), plain=False),
    "china": Cut((0.54, 1.0, 0.72, 1.0), (72.0, 84.0), plain=True),
    "jacksboro": Cut(_WHOLE, (80.0, 210.0), plain=False),
}


@lru_cache(maxsize=len(_CUTS))
def load_photograph(name: str) -> Photograph:
    """A picture by its name in its package; its lie is its own height or its blurred brightness."""
    if name == "jacksboro":
        rgb, lie = _relief()
    else:
        srgb = _read(name).astype(np.float32) / 255.0
        srgb = srgb if srgb.ndim == 3 else np.repeat(srgb[:, :, None], 3, axis=2)
        rgb = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
        lie = _blurred(rgb.mean(axis=2))
    planes = np.dstack([rgb, _ranked(lie)]).astype(np.float32)
    return Photograph(_pyramid(planes), _CUTS[name])


def _read(name: str) -> np.ndarray:
    if name == "china":
        from sklearn.datasets import load_sample_image  # type: ignore[import-untyped]

        return np.asarray(load_sample_image("china.jpg"))
    import skimage.data

    return np.asarray(getattr(skimage.data, name)())


def _relief() -> tuple[np.ndarray, np.ndarray]:
    """Measured heights of hills in Tennessee: their shading (h, w, 3) by a low sun, and them."""
    from matplotlib.cbook import get_sample_data

    with np.load(str(get_sample_data("jacksboro_fault_dem.npz", asfileobj=False))) as content:
        height = content["elevation"].astype(np.float32)
    south, east = np.gradient(height / 90.0 * 2.0)  # 90 m between points; twice as steep
    sun = np.array([-0.55, -0.55, 0.63], np.float32)
    facing = (sun[2] - sun[0] * east - sun[1] * south) / np.sqrt(1.0 + east**2 + south**2)
    shade = 0.08 + 0.5 * clamp(facing, 0.0, 1.0)
    return np.repeat(shade[:, :, None], 3, axis=2), height


def _blurred(values: np.ndarray) -> np.ndarray:
    from scipy.ndimage import gaussian_filter  # type: ignore[attr-defined]

    return np.asarray(gaussian_filter(values, 0.03 * min(values.shape), mode="reflect"))


def _ranked(values: np.ndarray) -> np.ndarray:
    """The same order of values, spread evenly over [0, 1]."""
    ranks = np.empty(values.size, np.float32)
    ranks[np.argsort(values, axis=None, kind="stable")] = np.linspace(0.0, 1.0, values.size)
    return ranks.reshape(values.shape)


def _pyramid(planes: np.ndarray) -> tuple[np.ndarray, ...]:
    levels = [planes]
    while min(levels[-1].shape[:2]) >= 16:
        height, width = (size // 2 for size in levels[-1].shape[:2])
        even = levels[-1][: 2 * height, : 2 * width]
        levels.append(even.reshape(height, 2, width, 2, 4).mean(axis=(1, 3)))
    return tuple(levels)


def look_up(photograph: Photograph, x: np.ndarray, y: np.ndarray, step: float) -> np.ndarray:
    """Planes (4, n) at the points (x, y), in pixels; neighbouring samples lie `step` apart.

    Averaged over what a sample covers: between two levels of the pyramid, bilinear in each.
    """
    level = min(max(float(np.log2(max(step, 1e-6))), 0.0), len(photograph.levels) - 1.001)
    first = int(level)
    fine, coarse = (
        _bilinear(photograph.levels[k], (x + 0.5) / 2**k - 0.5, (y + 0.5) / 2**k - 0.5)
        for k in (first, first + 1)
    )
    return fine + (coarse - fine) * (level - first)


def _bilinear(planes: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    height, width = planes.shape[:2]
    x, y = clamp(x, 0.0, width - 1.001), clamp(y, 0.0, height - 1.001)
    column, row = x.astype(np.intp), y.astype(np.intp)
    fx, fy = (x - column)[:, None], (y - row)[:, None]
    place = row * width + column
    flat = planes.reshape(-1, 4)
    upper, lower = (
        flat.take(first, axis=0) * (1.0 - fx) + flat.take(first + 1, axis=0) * fx
        for first in (place, place + width)
    )
    return np.ascontiguousarray((upper + (lower - upper) * fy).T)
