"""A zip of pictures: any, or one that StyleGAN2-ADA's data set tool wrote."""

import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISLNK
from typing import NamedTuple

from cipslib.utils.errors import UserError
from replication.datasets.decode import MOST_BYTES, BadPicture
from replication.datasets.sources.archive import Members
from replication.datasets.sources.base import START, Reader, Source, file_stamp, listed

ENCRYPTED = 0x1


class Member(NamedTuple):
    """Where a member lies: a part of its ZipInfo, which is three times as large."""

    name: str
    offset: int
    packed: int
    size: int
    method: int
    checksum: int
    flags: int

    def info(self) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(self.name)
        info.header_offset, info.compress_size, info.file_size = self.offset, self.packed, self.size
        info.compress_type, info.CRC, info.flag_bits = self.method, self.checksum, self.flags
        return info


class _WithoutDirectory(zipfile.ZipFile):
    """Does not read the directory, which every worker would keep in memory."""

    def _RealGetContents(self) -> None:  # noqa: N802  (zipfile's name)
        pass


@dataclass(frozen=True)
class ZipReader(Reader):
    """A piece's place is its ``Member``."""

    path: Path

    @contextmanager
    def opened(self) -> Iterator[Callable[[Member], bytes]]:
        with _WithoutDirectory(self.path) as archive:

            def read(member: Member) -> bytes:
                if member.size > MOST_BYTES:
                    raise BadPicture(f"unpacks to {member.size:,} bytes: a decompression bomb?")
                return _read(archive, member.info())

            yield read


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, size: int = -1) -> bytes:
    try:
        with archive.open(info) as file:
            return file.read(size)
    except OSError:
        raise
    except Exception as error:  # zlib, lzma and zipfile each have their own
        raise BadPicture(f"cannot be unpacked ({error or type(error).__name__})") from error


def open_zip(path: Path) -> Source:
    """Raises UserError if the archive is damaged or cut short."""
    members = Members()
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            for info in infos:
                if not info.is_dir():
                    _add(members, archive, info)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, struct.error) as error:
        raise UserError(f"{path} is a zip that is damaged or cut short ({error})") from error
    indexed = any(info.filename == "dataset.json" for info in infos)
    places = members.places()
    return Source(
        kind="a StyleGAN2-ADA zip" if indexed else "a zip",
        path=path,
        reader=ZipReader(path),
        count=len(places),
        pieces=listed(places),
        ignored=members.ignored,
        stamp=file_stamp(path),
    )


def _add(members: Members, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    def start() -> bytes:
        try:
            return _read(archive, info, START)
        except BadPicture:
            return b""

    problem = ""
    if S_ISLNK(info.external_attr >> 16):
        problem = "is a link: refused"
    elif info.flag_bits & ENCRYPTED:
        problem = "is encrypted: unpack the zip first"
    place = Member(
        info.orig_filename,
        info.header_offset,
        info.compress_size,
        info.file_size,
        info.compress_type,
        info.CRC,
        info.flag_bits,
    )
    members.add(info.filename, place, start, problem)
