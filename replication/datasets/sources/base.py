"""What every source of images has: named entries in a defined order, and a way to read them.

The order is that of the names' bytes in UTF-8, with "/" between folders; where images have
numbers in place of names, that of the numbers. So the same images come in the same order out of
every container.
"""

import importlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from cipslib.utils.errors import UserError
from replication.datasets.decode import Rejected

FEW_NAMES = 5  # how many names a message gives
EXTENSIONS = (
    ".avif .bmp .gif .heic .heif .j2k .jfif .jp2 .jpe .jpeg .jpg .pgm .png .pnm .ppm .tif .tiff "
    ".webp"
).split()
SYSTEM_FILES = ("__macosx", "thumbs.db", "desktop.ini")

Content = bytes | np.ndarray  # an encoded image, or (h, w), (h, w, 1, 3 or 4) uint8


@dataclass(frozen=True)
class Sample:
    """One image as it is stored, or why it must not be used."""

    index: int
    name: str
    content: Content | Rejected

    @property
    def nbytes(self) -> int:
        """Return the size of the content."""
        if isinstance(self.content, Rejected):
            return 0
        return len(self.content) if isinstance(self.content, bytes) else self.content.nbytes


@dataclass
class FileNames:
    """How many files there were, and the names of the first few."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        self.count += 1
        if len(self.first) < FEW_NAMES:
            self.first.append(name)

    def __str__(self) -> str:
        return ", ".join(self.first) + (", …" if self.count > len(self.first) else "")


@dataclass(frozen=True)
class Source:
    """A container of images; its entries are read in order, one at a time."""

    kind: str  # "a zip"; for messages and the card
    entries: Sequence[tuple[str, Any]]  # names with locators, or with Rejected
    ignored: FileNames  # files that are not images
    # Opens the container. What it yields returns a locator's content; raises Rejected for what
    # only this image lacks, OSError or UserError for what all would.
    opened: Callable[[], AbstractContextManager[Callable[[Any], Content]]]

    def samples(self) -> Iterator[Sample]:
        """Read all images. Raises OSError or UserError if the container cannot be read."""
        with self.opened() as read:
            for index, (name, locator) in enumerate(self.entries):
                yield Sample(index, printable(name), _content(read, locator))


def _content(read: Callable[[Any], Content], locator: Any) -> Content | Rejected:
    if isinstance(locator, Rejected):
        return locator
    try:
        return read(locator)
    except Rejected as error:
        return error


def byte_order(name: str) -> bytes:
    """Return the key by which names are sorted."""
    return name.encode("utf-8", "surrogateescape")


def is_image_name(name: str) -> bool:
    """Say whether the name ends like an image's."""
    return name.lower().endswith(tuple(EXTENSIONS))


def is_system_file(name: str) -> bool:
    """Say whether a file is hidden, or was left behind by a file manager."""
    parts = [part for part in name.lower().split("/") if part not in ("..", ".")]
    return any(part.startswith(".") or part in SYSTEM_FILES for part in parts)


def printable(name: str) -> str:
    """Return the name on one line, whatever bytes it has."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def import_extra(name: str) -> ModuleType:
    """Import a package that only some containers need.

    Raises UserError, naming the extra that brings it, if it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise UserError(f"this needs {name}: pip install 'cipslib[data]'") from error
