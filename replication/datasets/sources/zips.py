"""A zip of images: any, or one that StyleGAN2-ADA's data set tool wrote."""

import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from stat import S_ISLNK

from cipslib.utils.errors import UserError
from replication.datasets.decode import MAX_BYTES, Rejected
from replication.datasets.sources.base import Source
from replication.datasets.sources.index import FileIndex

ENCRYPTED = 0x1


def open_zip(path: Path) -> Source:
    """Index the images in the archive. Raises UserError if it is damaged or cut short."""
    index = FileIndex()
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if not member.is_dir():
                    index.add(member.filename, member, _problem(member))
            of_the_tool = "dataset.json" in archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, struct.error) as error:
        raise UserError(f"{path} is a zip that is damaged or cut short ({error})") from error
    kind = "a StyleGAN2-ADA zip" if of_the_tool else "a zip"
    return Source(kind, index.entries(), index.ignored, partial(_opened, path))


@contextmanager
def _opened(path: Path) -> Iterator[Callable[[zipfile.ZipInfo], bytes]]:
    with zipfile.ZipFile(path) as archive:

        def read(member: zipfile.ZipInfo) -> bytes:
            if member.file_size > MAX_BYTES:
                raise Rejected(f"unpacks to {member.file_size:,} bytes: a decompression bomb?")
            try:
                return archive.read(member)
            except OSError:
                raise
            except Exception as error:  # zlib, lzma and zipfile each have their own
                raise Rejected(f"cannot be unpacked ({error or type(error).__name__})") from error

        yield read


def _problem(member: zipfile.ZipInfo) -> str:
    if S_ISLNK(member.external_attr >> 16):
        return "is a link: refused"
    return "is encrypted: unpack the zip first" if member.flag_bits & ENCRYPTED else ""
