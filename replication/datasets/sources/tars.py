"""A tar of images; a compressed one is first unpacked into one plain tar, to be read anywhere."""

import bz2
import gzip
import lzma
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any

from cipslib.utils.errors import UserError
from replication.datasets.decode import MAX_BYTES, Rejected
from replication.datasets.sources.base import Source
from replication.datasets.sources.index import FileIndex

OPENERS: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
BLOCK = 2**20
MAX_GROWTH = 100  # a file that unpacks to more than this many times its size, and to more than
SMALL = 2**28  # so many bytes, is a bomb


def find_opener(start: bytes) -> Callable[[Path], Any] | None:
    """Return what opens a compressed file that starts so; None if it is not compressed."""
    found = (opener for signature, opener in OPENERS.items() if start.startswith(signature))
    return next(found, None)


def unpack(path: Path, opener: Callable[[Path], Any], work: Path) -> Path:
    """Write a plain copy of the compressed ``path`` into the folder ``work``.

    Raises UserError if it is damaged, cut short, or a bomb, or if the disk is full.
    """
    plain = work / "unpacked.tar"
    limit = max(MAX_GROWTH * path.stat().st_size, SMALL)
    try:
        with opener(path) as packed, open(plain, "wb") as file:
            while block := packed.read(BLOCK):
                file.write(block)
                if file.tell() > limit:
                    raise UserError(
                        f"{path} unpacks to more than {limit:,} bytes: a decompression bomb?"
                    )
    except (EOFError, lzma.LZMAError, zlib.error, OSError) as error:
        if getattr(error, "errno", None):
            raise UserError(f"cannot unpack {path} into {work}: {error}") from error
        raise UserError(f"{path} is damaged or cut short ({error})") from error
    return plain


def open_tar(path: Path, plain: Path) -> Source:
    """Index the images in the tar ``plain``, which is ``path`` itself or was unpacked from it.

    Raises UserError if it is damaged or cut short.
    """
    index = FileIndex()
    try:
        with tarfile.open(plain, "r:") as archive, open(plain, "rb") as file:
            for member in archive:
                if not member.isdir():
                    locator = (member.offset_data, member.size)
                    index.add(member.name, locator, _problem(member))
            _check_end(path, file)
    except (tarfile.TarError, EOFError) as error:
        raise UserError(
            f"{path} holds no tar, or one that is damaged or cut short ({error})"
        ) from error
    kind = "a tar" if plain == path else "a compressed tar"
    return Source(kind, index.entries(), index.ignored, partial(_opened, plain))


@contextmanager
def _opened(plain: Path) -> Iterator[Callable[[tuple[int, int]], bytes]]:
    with open(plain, "rb") as file:

        def read(locator: tuple[int, int]) -> bytes:
            offset, size = locator
            if size > MAX_BYTES:
                raise Rejected(f"has {size:,} bytes; more than {MAX_BYTES:,} are refused")
            file.seek(offset)
            return file.read(size)

        yield read


def _problem(member: tarfile.TarInfo) -> str:
    if member.issym() or member.islnk():
        return "is a link: refused"
    return "" if member.isreg() and not member.issparse() else "is no regular file: refused"


def _check_end(path: Path, file: IO[bytes]) -> None:
    """A tar ends with blocks of zeros; tarfile takes the end of the file for its end, too."""
    file.seek(-tarfile.BLOCKSIZE, os.SEEK_END)
    if file.read().strip(b"\0"):
        raise UserError(f"{path} is a tar that is damaged or cut short (it has no end)")
