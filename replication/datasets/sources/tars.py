"""A tar of pictures; a compressed one is first unpacked into one plain tar, to be read anywhere."""

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tqdm import tqdm

from cipslib.utils.errors import UserError
from cipslib.utils.files import atomic_write
from replication.datasets.decode import MOST_BYTES, BadPicture
from replication.datasets.sources.archive import Members
from replication.datasets.sources.base import START, Reader, Source, file_stamp, listed

Opened = Callable[[IO[bytes]], Any]
COMPRESSIONS: dict[bytes, Opened] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
BLOCK = 2**20
MOST_GROWTH, SMALL = 100, 2**28  # a file that unpacks to more than both is a bomb


@dataclass(frozen=True)
class TarReader(Reader):
    """A piece's place is (offset, size)."""

    path: Path

    @contextmanager
    def opened(self) -> Iterator[Callable[[tuple[int, int]], bytes]]:
        with open(self.path, "rb") as file:

            def read(place: tuple[int, int]) -> bytes:
                offset, size = place
                if size > MOST_BYTES:
                    raise BadPicture(f"has {size:,} bytes; more than {MOST_BYTES:,} are refused")
                file.seek(offset)
                return file.read(size)

            yield read


def compression(start: bytes) -> Opened | None:
    return next((opened for sign, opened in COMPRESSIONS.items() if start.startswith(sign)), None)


def unpacked(path: Path, opened: Opened, work: Path) -> Path:
    """A plain copy of the compressed ``path`` in the folder ``work``, made once.

    Raises UserError if it is damaged, cut short, or a bomb, or if the disk is full.
    """
    plain = work / f"unpacked-{file_stamp(path)}.tar"
    if plain.is_file():
        return plain
    packed = path.stat().st_size
    limit = max(MOST_GROWTH * packed, SMALL)
    with (
        atomic_write(plain) as temporary,
        open(temporary, "wb") as out,
        open(path, "rb") as file,
        tqdm(total=packed, desc=f"unpack {path.name}", unit="B", unit_scale=True) as bar,
    ):
        for block in _blocks(path, opened(file)):
            out.write(block)
            if out.tell() > limit:
                raise UserError(
                    f"{path} unpacks to more than {limit:,} bytes: a decompression bomb?"
                )
            bar.update(file.tell() - bar.n)
    return plain


def _blocks(path: Path, stream: Any) -> Iterator[bytes]:
    while True:
        try:
            block = stream.read(BLOCK)
        except (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error, OSError) as error:
            raise UserError(f"{path} is damaged or cut short ({error})") from error
        if not block:
            return
        yield block


def open_tar(path: Path, plain: Path) -> Source:
    """The tar ``plain``, which is ``path`` itself or was unpacked from it.

    Raises UserError if it is damaged or cut short.
    """
    members = Members()
    try:
        with tarfile.open(plain, "r:") as archive, open(plain, "rb") as file:
            while (member := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined]  # else it keeps them all
                if not member.isdir():
                    _add(members, member, file)
            _check_end(path, file, archive.offset)
    except (tarfile.TarError, EOFError) as error:
        raise UserError(
            f"{path} holds no tar, or one that is damaged or cut short ({error})"
        ) from error
    places = members.places()
    return Source(
        kind="a tar" if plain == path else "a compressed tar",
        path=path,
        reader=TarReader(plain),
        count=len(places),
        pieces=listed(places),
        ignored=members.ignored,
        stamp=file_stamp(path),
    )


def _add(members: Members, member: tarfile.TarInfo, file: IO[bytes]) -> None:
    def start() -> bytes:
        file.seek(member.offset_data)
        return file.read(min(START, member.size))

    problem = ""
    if member.issym() or member.islnk():
        problem = "is a link: refused"
    elif not member.isreg() or member.issparse():
        problem = "is no regular file: refused"
    place: Any = (member.offset_data, member.size)
    members.add(member.name, place, start, problem)


def _check_end(path: Path, file: IO[bytes], offset: int) -> None:
    """A tar ends with a block of zeros; tarfile takes a missing one for the end, too."""
    file.seek(offset)
    end = file.read(tarfile.BLOCKSIZE)
    if len(end) < tarfile.BLOCKSIZE or end.strip(b"\0"):
        raise UserError(f"{path} is a tar that is damaged or cut short (it has no end)")
