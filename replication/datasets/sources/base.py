"""What every source of pictures has: candidates in a defined order, and a reader for workers.

The order is that of the names' bytes in UTF-8, with "/" between folders; where pictures have
numbers in place of names, that of the numbers. So the same pictures come in the same order out of
every container.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

FEW = 5  # how many names a message gives
ENDINGS = (
    ".avif .bmp .gif .heic .heif .j2k .jfif .jp2 .jpe .jpeg .jpg .pgm .png .pnm .ppm .tif .tiff "
    ".webp"
).split()
STARTS = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",  # JPEG
    b"GIF87a",
    b"GIF89a",
    b"II*\0",  # TIFF
    b"MM\0*",
    b"\0\0\0\x0cjP  \r\n\x87\n",  # JPEG 2000
)
START = 16  # bytes that tell a picture
CLUTTER = ("__macosx", "thumbs.db", "desktop.ini")


class Refused(NamedTuple):
    """In the place of a picture that must not be read; the reason continues its name."""

    reason: str


class Piece(NamedTuple):
    """One candidate: its number, its name, and where its reader finds it."""

    number: int
    name: str
    place: Any


Content = bytes | np.ndarray  # an encoded picture, or (h, w, 3) uint8


class Reader(ABC):
    """Reads pictures in the workers; small, as it travels with each task."""

    @abstractmethod
    def opened(self) -> AbstractContextManager[Callable[[Any], Content]]:
        """A function from a piece's place to its content.

        It raises BadPicture for what only this picture lacks, OSError for what all would.
        """


@dataclass
class Names:
    """How many there were, and the first few."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        self.count += 1
        if len(self.first) < FEW:
            self.first.append(name)

    def __str__(self) -> str:
        return ", ".join(self.first) + (", …" if self.count > len(self.first) else "")


@dataclass(frozen=True)
class Source:
    """An opened container of pictures."""

    kind: str  # "a zip"; for messages and the card
    path: Path
    reader: Reader
    count: int  # of candidates
    pieces: Callable[[int], Iterator[Piece]]  # from a number on
    ignored: Names  # files that are no pictures
    stamp: str  # changes when the container does


def listed(places: Sequence[tuple[str, Any]]) -> Callable[[int], Iterator[Piece]]:
    """``Source.pieces`` of (name, place) pairs that are already in order."""

    def pieces(start: int) -> Iterator[Piece]:
        chosen = islice(enumerate(places), start, None)
        return (Piece(index, printable(name), place) for index, (name, place) in chosen)

    return pieces


def in_order(places: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return sorted(places, key=lambda pair: pair[0].encode("utf-8", "surrogateescape"))


def named_like_a_picture(name: str) -> bool:
    return name.lower().endswith(tuple(ENDINGS))


def starts_like_a_picture(start: bytes) -> bool:
    if start[:4] == b"RIFF":
        return start[8:12] == b"WEBP"
    return start.startswith(STARTS) or start[4:12] == b"ftypavif"


def is_clutter(name: str) -> bool:
    """Hidden, or left behind by a file manager."""
    parts = name.lower().split("/")
    return any(part.startswith(".") or part in CLUTTER for part in parts if part not in ("..", "."))


def printable(name: str) -> str:
    """On one line, whatever bytes the name has."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def file_stamp(*paths: Path) -> str:
    """Of the files' sizes and times."""
    stats = [path.stat() for path in paths]
    return digest(
        *(f"{path} {s.st_size} {s.st_mtime_ns}" for path, s in zip(paths, stats, strict=True))
    )


def digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode("utf-8", "surrogateescape")).hexdigest()[:16]
