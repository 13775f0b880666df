"""A zip of images: any, or one that StyleGAN2-ADA's data set tool wrote."""

import struct
import zipfile
from collections.abc import Iterator
from errno import EINVAL
from pathlib import Path

from cipslib.utils.errors import UserError
from replication.datasets.decode import MAX_BYTES, Rejected
from replication.datasets.sources.base import Content, Source, sort_files


def open_zip(path: Path) -> Source:
    """Index the images in the archive. Raises UserError if it is damaged or cut short."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, struct.error) as error:
        raise UserError(f"{path} is a zip that is damaged or cut short ({error})") from error
    of_the_tool = any(member.filename == "dataset.json" for member in members)
    names, images, ignored = sort_files((member.filename, member) for member in members)
    kind = "a StyleGAN2-ADA zip" if of_the_tool else "a zip"

    def contents() -> Iterator[Content]:
        with zipfile.ZipFile(path) as archive:
            for member in images:
                yield _read(archive, member)

    return Source(kind, names, ignored, contents)


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Content:
    if member.file_size > MAX_BYTES:
        return Rejected(f"unpacks to {member.file_size:,} bytes: a decompression bomb?")
    try:
        return archive.read(member)
    except Exception as error:  # zlib, lzma and zipfile each have their own
        if isinstance(error, OSError) and error.errno != EINVAL:  # a place before the file's start
            raise  # the disk's fault
        return Rejected(f"cannot be unpacked ({error or type(error).__name__})")
