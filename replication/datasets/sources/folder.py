"""A folder tree of images."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cipslib.utils.errors import UserError
from replication.datasets.decode import MAX_BYTES
from replication.datasets.sources.base import Source, byte_order
from replication.datasets.sources.index import FileIndex


def walk(folder: Path) -> list[str]:
    """Return the paths of all files below ``folder``, also through links (each folder once).

    Raises UserError, naming the folder, if one cannot be listed.
    """

    def refuse(error: OSError) -> None:
        raise UserError(f"cannot list {error.filename}: {error.strerror}") from error

    names = []
    seen = set()
    for path, folders, files in os.walk(folder, followlinks=True, onerror=refuse):
        here = Path(path).stat()
        if (here.st_dev, here.st_ino) in seen:
            folders.clear()
            continue
        seen.add((here.st_dev, here.st_ino))
        below = Path(path).relative_to(folder).as_posix()
        names += [f"{below}/{file}" if below != "." else file for file in files]
        folders.sort()  # of two links to one folder, always the same is taken
    return names


def open_folder(folder: Path, names: Sequence[str]) -> Source:
    """Index the images among the files ``names`` below ``folder``."""
    index = FileIndex()
    for name in sorted(names, key=byte_order):
        file = folder / name
        regular = file.is_file()  # opening a pipe would wait for ever
        index.add(name, file, "" if regular else "is no regular file, or a broken link")
    return Source("a folder", index.entries(), index.ignored, _opened)


@contextmanager
def _opened() -> Iterator[Callable[[Path], bytes]]:
    def read(path: Path) -> bytes:
        with open(path, "rb") as file:
            return file.read(MAX_BYTES + 1)

    yield read
