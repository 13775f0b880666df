"""A .npy file of images: uint8, (count, height, width) or with 1, 3 or 4 channels behind."""

from collections.abc import Iterator
from pathlib import Path
from tokenize import TokenError

import numpy as np

from cipslib.utils.errors import UserError
from replication.datasets.sources.base import Content, FileNames, Source

MAGIC = b"\x93NUMPY"


def open_array(path: Path) -> Source:
    """Index the images by number. Raises UserError if the file is damaged or holds no images."""
    images = _mapped(path)
    channels = images.shape[3] if images.ndim == 4 else 1
    if (
        images.dtype != np.uint8
        or images.ndim not in (3, 4)
        or channels not in (1, 3, 4)
        or not images.size
    ):
        raise UserError(
            f"{path} is of type {images.dtype} and shape {images.shape}; an array of images is "
            "uint8, (count, height, width) or (count, height, width, 1, 3 or 4)"
        )
    names = [f"{path.name}:{index}" for index in range(len(images))]

    def contents() -> Iterator[Content]:
        for index in range(len(names)):
            yield np.array(_mapped(path)[index])  # mapped anew: pages count as memory

    return Source("an array", names, FileNames(), contents)


def _mapped(path: Path) -> np.ndarray:
    try:
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except (ValueError, EOFError, TokenError) as error:
        raise UserError(f"{path} is no whole .npy array ({error})") from error
