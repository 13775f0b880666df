"""What every source of images has: names in a defined order, and their contents, one at a time.

The order is that of the names' bytes in UTF-8, with "/" between folders; where images have
numbers in place of names, that of the numbers. So the same images come in the same order out of
every container.
"""

import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
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

# An encoded image; or (h, w), (h, w, 1, 3 or 4) uint8; or why this image alone must not be used.
Content = bytes | np.ndarray | Rejected


@dataclass(frozen=True)
class Sample:
    """One image as it is stored, or why it must not be used."""

    index: int
    name: str
    content: Content

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
    """A container of images, which are read in order."""

    kind: str  # "a zip"; for messages and the card
    names: Sequence[str]
    ignored: FileNames  # files that are not images
    # Opens the container and yields the contents, in the order of the names. Raises OSError or
    # UserError if the container cannot be read.
    contents: Callable[[], Iterator[Content]]

    def samples(self) -> Iterator[Sample]:
        """Read all images. Raises OSError or UserError if the container cannot be read."""
        for index, (name, content) in enumerate(zip(self.names, self.contents(), strict=True)):
            yield Sample(index, printable(name), content)


def sort_files(files: Iterable[tuple[str, Any]]) -> tuple[list[str], list[Any], FileNames]:
    """Return the names of images in order, what came with each, and the files that are ignored."""
    images = []
    ignored = FileNames()
    for name, locator in files:
        if is_image_name(name):
            images.append((name, locator))
        else:
            ignored.add(name)
    images.sort(key=lambda image: byte_order(image[0]))
    return [name for name, _ in images], [locator for _, locator in images], ignored


def byte_order(name: str) -> bytes:
    """Return the key by which names are sorted."""
    return name.encode("utf-8", "surrogateescape")


def is_image_name(name: str) -> bool:
    """Say whether the name ends like an image's, and is not hidden."""
    return name.lower().endswith(tuple(EXTENSIONS)) and not is_hidden(name)


def is_hidden(name: str) -> bool:
    """Say whether a file or one of its folders is hidden, as what a file manager leaves is."""
    return any(part.startswith(".") and part not in (".", "..") for part in name.split("/"))


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
