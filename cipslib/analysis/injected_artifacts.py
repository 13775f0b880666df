"""Artifacts planted in real pictures: what share of them the rules of ``artifacts`` would find.

Without it a rule that finds nothing could be blind. Each is put at a random place of each picture.
"""

from collections.abc import Callable

import numpy as np

from cipslib.utils.shapes import Float, Int, UInt8

Pictures = UInt8[np.ndarray, "count h w 3"]

WAVE = 30.0  # levels of 255 above and below
GLOW = 150.0  # levels of 255 in its middle
BLOB = 1 / 16  # the Gaussian's sigma, in image widths
FREQUENCIES = (0.2, 0.4)  # cycles a pixel, away from both axes
ANGLES = (0.3, 1.2)  # radians


def plant(rule: str, pictures: Pictures, seed: int) -> tuple[Pictures, Int[np.ndarray, "count 2"]]:
    """Pictures with what a rule looks for, one in each, and the (row, column) of its middle.

    periodic_texture: a plane wave of +-``WAVE`` over a square of half the width; glowing_blobs: a
    white Gaussian of ``GLOW``; foreign_patches: a square of a quarter of the width in its negative.
    """
    return PLANTERS[rule](pictures, np.random.default_rng(seed))


def _wave(
    pictures: Pictures, random: np.random.Generator
) -> tuple[Pictures, Int[np.ndarray, "count 2"]]:
    side = pictures.shape[2] // 2
    corners, within = _squares(pictures, side, random)
    rows, columns = np.mgrid[: pictures.shape[1], : pictures.shape[2]]
    frequency, angle = (
        random.uniform(*ends, len(pictures))[:, None, None] for ends in (FREQUENCIES, ANGLES)
    )
    phase = 2 * np.pi * frequency * (np.cos(angle) * columns + np.sin(angle) * rows)
    return _lighter(pictures, WAVE * np.sin(phase) * within), corners + side // 2


def _glow(
    pictures: Pictures, random: np.random.Generator
) -> tuple[Pictures, Int[np.ndarray, "count 2"]]:
    size = np.array(pictures.shape[1:3])
    middles = random.integers(size // 8, size - size // 8, (len(pictures), 2))
    rows, columns = np.mgrid[: size[0], : size[1]]
    away = (rows - middles[:, 0, None, None]) ** 2 + (columns - middles[:, 1, None, None]) ** 2
    return _lighter(pictures, GLOW * np.exp(-away / (2 * (BLOB * size[1]) ** 2))), middles


def _negative(
    pictures: Pictures, random: np.random.Generator
) -> tuple[Pictures, Int[np.ndarray, "count 2"]]:
    side = pictures.shape[2] // 4
    corners, within = _squares(pictures, side, random)
    return np.where(within[..., None], 255 - pictures, pictures), corners + side // 2


def _squares(
    pictures: Pictures, side: int, random: np.random.Generator
) -> tuple[Int[np.ndarray, "count 2"], np.ndarray]:
    """Corners, and which pixels are within: (count, h, w)."""
    size = np.array(pictures.shape[1:3])
    corners = random.integers(0, size - side + 1, (len(pictures), 2))
    rows, columns = np.mgrid[: size[0], : size[1]]
    down, right = rows - corners[:, 0, None, None], columns - corners[:, 1, None, None]
    return corners, (down >= 0) & (down < side) & (right >= 0) & (right < side)


def _lighter(pictures: Pictures, levels: Float[np.ndarray, "count h w"]) -> Pictures:
    return (pictures + levels[..., None]).clip(0, 255).astype(np.uint8)


PLANTERS: dict[str, Callable[..., tuple[Pictures, Int[np.ndarray, "count 2"]]]] = {
    "periodic_texture": _wave,
    "glowing_blobs": _glow,
    "foreign_patches": _negative,
}
