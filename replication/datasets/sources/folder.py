"""A folder tree of pictures."""

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cipslib.utils.errors import UserError
from replication.datasets.decode import MOST_BYTES, BadPicture
from replication.datasets.sources.base import (
    START,
    Names,
    Reader,
    Refused,
    Source,
    digest,
    in_order,
    is_clutter,
    listed,
    named_like_a_picture,
    starts_like_a_picture,
)

# What ails one file; anything else (a disk that fails, a network that is gone) ails them all.
ONE_FILE = (errno.ENOENT, errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENAMETOOLONG)


@dataclass(frozen=True)
class FolderReader(Reader):
    """A piece's place is its path below the folder."""

    folder: Path

    @contextmanager
    def opened(self) -> Iterator[Callable[[str], bytes]]:
        yield self._read

    def _read(self, name: str) -> bytes:
        try:
            with open(self.folder / name, "rb") as file:
                return file.read(MOST_BYTES + 1)
        except OSError as error:
            if error.errno not in ONE_FILE:
                raise
            raise BadPicture(f"cannot be read ({error.strerror})") from error


def walk(folder: Path) -> list[str]:
    """The paths of all files below ``folder``, also through links to folders (each folder once).

    Raises UserError, naming the folder, if one cannot be listed.
    """

    def refuse(error: OSError) -> None:
        raise UserError(f"cannot list {error.filename}: {error.strerror}") from error

    names, seen = [], set()
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
    """The pictures among the files ``names`` below ``folder``.

    A file is a picture if its name ends or its content starts like one's; the others, and hidden
    ones, are ignored.
    """
    places: list[tuple[str, str | Refused]] = []
    ignored, stamps = Names(), []
    for name, _ in in_order((name, None) for name in names):
        if is_clutter(name) or not (named_like_a_picture(name) or _starts_so(folder / name)):
            ignored.add(name)
            continue
        regular, stamp = _status(folder / name)
        places.append((name, name if regular else Refused("is no regular file")))
        stamps.append(f"{name} {stamp}")
    return Source(
        kind="a folder",
        path=folder,
        reader=FolderReader(folder),
        count=len(places),
        pieces=listed(places),
        ignored=ignored,
        stamp=digest(str(folder), *stamps),
    )


def _status(path: Path) -> tuple[bool, str]:
    """Whether it can be read as a file (where a link leads nowhere, reading says so); its stamp."""
    try:
        status = path.stat()
    except OSError as error:
        return True, str(error.errno)
    return stat.S_ISREG(status.st_mode), f"{status.st_size} {status.st_mtime_ns}"


def _starts_so(path: Path) -> bool:
    if not path.is_file():  # opening a pipe would wait for ever
        return False
    try:
        with open(path, "rb") as file:
            return starts_like_a_picture(file.read(START))
    except OSError:
        return False
