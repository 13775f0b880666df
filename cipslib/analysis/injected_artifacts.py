"""Artifacts put into real images: what share of them the rules of ``artifacts`` find (Fig. 12).

Without it a rule that finds nothing could be blind. Each is put at a random place of each image.
"""

import numpy as np

from cipslib.utils.shapes import Bool, Float, Int, UInt8

Images = UInt8[np.ndarray, "count h w 3"]
Places = Int[np.ndarray, "count 2"]  # (row, column)

WAVE = 30.0  # levels of 255 above and below
GLOW = 150.0  # levels of 255 in its middle
BLOB = 1 / 16  # the Gaussian's sigma, in image widths
FREQUENCIES = (0.2, 0.4)  # cycles a pixel, away from both axes
ANGLES = (0.3, 1.2)  # radians


def inject(rule: str, images: Images, seed: int) -> tuple[Images, Places]:
    """Return images with what a rule looks for, one in each, and the places of their middles.

    periodic_texture: a plane wave of +-``WAVE`` over a square of half the width; glowing_blobs: a
    white Gaussian of ``GLOW``; foreign_patches: a square of a quarter of the width in its negative.
    """
    injectors = {
        "periodic_texture": _wave,
        "glowing_blobs": _glow,
        "foreign_patches": _negative,
    }
    return injectors[rule](images, np.random.default_rng(seed))


def _wave(images: Images, random: np.random.Generator) -> tuple[Images, Places]:
    side = images.shape[2] // 2
    corners, within = _squares(images, side, random)
    rows, columns = np.mgrid[: images.shape[1], : images.shape[2]]
    frequency, angle = (
        random.uniform(*ends, len(images))[:, None, None] for ends in (FREQUENCIES, ANGLES)
    )
    phase = 2 * np.pi * frequency * (np.cos(angle) * columns + np.sin(angle) * rows)
    return _lighter(images, WAVE * np.sin(phase) * within), corners + side // 2


def _glow(images: Images, random: np.random.Generator) -> tuple[Images, Places]:
    size = np.array(images.shape[1:3])
    middles = random.integers(size // 8, size - size // 8, (len(images), 2))
    rows, columns = np.mgrid[: size[0], : size[1]]
    away = (rows - middles[:, 0, None, None]) ** 2 + (columns - middles[:, 1, None, None]) ** 2
    return _lighter(images, GLOW * np.exp(-away / (2 * (BLOB * size[1]) ** 2))), middles


def _negative(images: Images, random: np.random.Generator) -> tuple[Images, Places]:
    side = images.shape[2] // 4
    corners, within = _squares(images, side, random)
    return np.where(within[..., None], 255 - images, images), corners + side // 2


def _squares(
    images: Images, side: int, random: np.random.Generator
) -> tuple[Places, Bool[np.ndarray, "count h w"]]:
    """Draw the corners of a square in each image; return them, and which pixels are within."""
    size = np.array(images.shape[1:3])
    corners = random.integers(0, size - side + 1, (len(images), 2))
    rows, columns = np.mgrid[: size[0], : size[1]]
    down = rows - corners[:, 0, None, None]
    right = columns - corners[:, 1, None, None]
    return corners, (down >= 0) & (down < side) & (right >= 0) & (right < side)


def _lighter(images: Images, levels: Float[np.ndarray, "count h w"]) -> Images:
    return (images + levels[..., None]).clip(0, 255).astype(np.uint8)
