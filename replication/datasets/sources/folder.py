"""A folder tree of images."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from cipslib.utils.errors import UserError
from replication.datasets.decode import MAX_BYTES, Rejected
from replication.datasets.sources.base import Content, Source, byte_order, sort_files


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
    return sorted(names, key=byte_order)


def open_folder(folder: Path, names: Sequence[str]) -> Source:
    """Index the images among the files ``names`` below ``folder``."""
    images, files, ignored = sort_files((name, folder / name) for name in names)

    def contents() -> Iterator[Content]:
        for path in files:
            if not path.is_file():  # opening a pipe would wait for ever
                yield Rejected("is no regular file, or a broken link")
                continue
            with open(path, "rb") as file:
                yield file.read(MAX_BYTES + 1)

    return Source("a folder", images, ignored, contents)
