"""One image file -> one square uint8 array."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from cipslib.errors import UserError
from cipslib.shapes import UInt8


def find_files(folder: Path) -> list[Path]:
    """All files below ``folder`` in the order of their names, without hidden ones.

    Raises UserError if the folder is missing or empty.
    """
    if not folder.is_dir():
        raise UserError(f"there is no folder {folder}: put the images there, or change source")
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    )
    if not files:
        raise UserError(f"{folder} holds no files: put the images there, or change source")
    return files


def read_square(path: Path, resolution: int) -> UInt8[np.ndarray, "{resolution} {resolution} 3"]:
    """Upright, RGB, cropped to its central square and resized with Lanczos' filter.

    Raises UserError, naming the file, if it is not an image or is damaged.
    """
    try:
        with Image.open(path) as image:
            upright = to_rgb(ImageOps.exif_transpose(image))
    except Exception as error:  # on damaged files Pillow's readers raise anything
        raise UserError(f"{path} is not a readable image ({error}): mend or remove it") from error
    size = (resolution, resolution)
    return np.asarray(ImageOps.fit(upright, size, method=Image.Resampling.LANCZOS))


def read_squares(
    paths: Sequence[Path], resolution: int
) -> UInt8[np.ndarray, "count {resolution} {resolution} 3"]:
    """``read_square`` for many files."""
    return np.stack([read_square(path, resolution) for path in paths])


def to_rgb(image: Image.Image) -> Image.Image:
    """Any kind of picture as RGB: 16 bits become 8, transparency shows white behind it.

    Raises ValueError for pictures of real numbers, whose range cannot be known.
    """
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) / 257).round().astype(np.uint8))
    if image.mode in ("I", "F"):
        raise ValueError(f"its values have the unbounded type {image.mode}")
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image.convert("RGB")
