"""A tar of images; a compressed one is first unpacked into one plain tar, to be read anywhere."""

import bz2
import gzip
import lzma
import os
import shutil
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cipslib.utils.errors import UserError
from replication.datasets.decode import MAX_BYTES, Rejected
from replication.datasets.sources.base import Content, Source, sort_files

OPENERS: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}


def open_tar(path: Path, work: Path) -> Source:
    """Index the images in the tar; unpack a compressed one into the folder ``work``.

    Raises UserError if it is damaged or cut short, or no tar.
    """
    plain = path
    with open(path, "rb") as file:
        start = file.read(max(map(len, OPENERS)))
    try:
        for signature, opener in OPENERS.items():
            if start.startswith(signature):
                plain = work / "unpacked.tar"
                with opener(path) as packed, open(plain, "wb") as unpacked:
                    shutil.copyfileobj(packed, unpacked)
        with tarfile.open(plain, "r:") as archive:
            members = [member for member in archive if not member.isdir()]
        _check_end(plain)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error) as error:
        raise UserError(
            f"{path} is a tar that is damaged or cut short, or of no kind that is known ({error}); "
            "images are read from a folder, a zip, a tar, an LMDB, parquet files, or a .npy array"
        ) from error
    names, images, ignored = sort_files((member.name, member) for member in members)
    kind = "a tar" if plain == path else "a compressed tar"

    def contents() -> Iterator[Content]:
        with open(plain, "rb") as file:
            for member in images:
                if not member.isreg() or member.issparse():
                    yield Rejected("is a link, or no regular file: refused")
                    continue
                file.seek(member.offset_data)
                yield file.read(min(member.size, MAX_BYTES + 1))

    return Source(kind, names, ignored, contents)


def _check_end(plain: Path) -> None:
    """A tar ends with blocks of zeros; tarfile takes the end of the file for its end, too."""
    with open(plain, "rb") as file:
        file.seek(-tarfile.BLOCKSIZE, os.SEEK_END)
        if file.read().strip(b"\0"):
            raise EOFError("it has no end")
