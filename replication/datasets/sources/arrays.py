"""A .npy file of pictures: uint8, (count, height, width) or with 1, 3 or 4 channels behind."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cipslib.utils.errors import UserError
from replication.datasets.sources.base import Names, Piece, Reader, Source, file_stamp

MAGIC = b"\x93NUMPY"


@dataclass(frozen=True)
class ArrayReader(Reader):
    """A piece's place is its index."""

    path: Path

    @contextmanager
    def opened(self) -> Iterator[Callable[[int], np.ndarray]]:
        images = _mapped(self.path)
        yield lambda index: np.array(images[index])


def open_array(path: Path) -> Source:
    """Raises UserError if it is damaged, cut short, or not of pictures."""
    images = _mapped(path)
    channels = images.shape[3] if images.ndim == 4 else 1
    if (
        images.dtype != np.uint8
        or images.ndim not in (3, 4)
        or channels not in (1, 3, 4)
        or not images.size
    ):
        raise UserError(
            f"{path} is of type {images.dtype} and shape {images.shape}; an array of pictures is "
            "uint8, (count, height, width) or (count, height, width, 1, 3 or 4)"
        )
    count = len(images)

    def pieces(start: int) -> Iterator[Piece]:
        return (Piece(i, f"{path.name}:{i}", i) for i in range(start, count))

    return Source(
        kind="an array",
        path=path,
        reader=ArrayReader(path),
        count=count,
        pieces=pieces,
        ignored=Names(),
        stamp=file_stamp(path),
    )


def _mapped(path: Path) -> np.ndarray:
    try:
        images: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise UserError(f"{path} is no whole .npy array ({error})") from error
    return images
