"""LMDB: LSUN's own, the released code's (prepare_data.py), and rosinality's stylegan2-pytorch's."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cipslib.utils.errors import UserError
from replication.datasets.decode import BadPicture
from replication.datasets.sources.base import (
    Names,
    Reader,
    Source,
    file_stamp,
    listed,
    starts_like_a_picture,
)
from replication.datasets.sources.extra import import_extra

FILE = "data.mdb"
MAGIC, MAGIC_AT = b"\xde\xc0\xef\xbe", 16
LENGTH = b"length"
DIGITS = 7  # of the released code's keys
SIZED = re.compile(rb"(\d+)-(\d{5,})")  # stylegan2-pytorch's: size, index


@dataclass(frozen=True)
class LmdbReader(Reader):
    """A piece's place is its key."""

    file: Path

    @contextmanager
    def opened(self) -> Iterator[Callable[[bytes], bytes]]:
        with _opened(self.file) as transaction:

            def read(key: bytes) -> bytes:
                content: bytes | None = transaction.get(key)
                if content is None:
                    raise BadPicture("is missing: the LMDB has no such key")
                return content

            yield read


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    """A read-only transaction. Opened for each task anew, as mapped pages count as memory.

    Raises UserError if the file is found to be damaged, then or while it is read.
    """
    lmdb = import_extra("lmdb")
    options = {"readonly": True, "lock": False, "readahead": False, "subdir": False}
    try:
        with lmdb.open(str(file), **options) as environment, environment.begin() as transaction:
            yield transaction
    except lmdb.Error as error:
        raise _damaged(file, str(error)) from error


def open_lmdb(file: Path, resolution: int) -> Source:
    """The pictures of a data.mdb, for ``resolution``, if it holds several sizes of each.

    Raises UserError if it is damaged or holds something else.
    """
    ignored = Names()
    _check_whole(file)
    with _opened(file) as transaction:
        kind, keys = _keys(file, transaction, resolution, ignored)
    places = [(key.decode("utf-8", "backslashreplace"), key) for key in keys]
    return Source(
        kind=kind,
        path=file,
        reader=LmdbReader(file),
        count=len(places),
        pieces=listed(places),
        ignored=ignored,
        stamp=file_stamp(file),
    )


def _check_whole(file: Path) -> None:
    """Reading beyond the end of a mapped file would kill the process."""
    lmdb = import_extra("lmdb")
    options = {"readonly": True, "lock": False, "subdir": False}
    try:
        with lmdb.open(str(file), **options) as environment:
            needed = (environment.info()["last_pgno"] + 1) * environment.stat()["psize"]
    except lmdb.Error as error:
        raise _damaged(file, str(error)) from error
    size = file.stat().st_size
    if size < needed:
        raise _damaged(file, f"{size:,} of {needed:,} bytes")


def _damaged(file: Path, why: str) -> UserError:
    return UserError(f"{file} is an LMDB that is damaged or cut short ({why})")


def _keys(file: Path, transaction: Any, resolution: int, ignored: Names) -> tuple[str, list[bytes]]:
    """What kind of LMDB it is, and its pictures' keys in order."""
    length = transaction.get(LENGTH)
    if length is None:
        return "LSUN's LMDB", _keys_of_lsun(file, transaction, ignored)
    if not length.isdigit():
        raise _another_kind(file, f"its length is {length[:20]!r}")
    count = int(length)
    if transaction.get(b"0".zfill(DIGITS)) is not None:
        keys = [str(i).zfill(DIGITS).encode() for i in range(count)]
        return "the released code's LMDB", keys
    sizes = sorted({int(size) for size in _sizes(transaction)})
    if not sizes:
        raise _another_kind(file, "it has a length, but no picture 0")
    size = next((size for size in sizes if size >= resolution), sizes[-1])
    return (
        f"stylegan2-pytorch's LMDB (its {size} px)",
        [f"{size}-{str(i).zfill(5)}".encode() for i in range(count)],
    )


def _sizes(transaction: Any) -> Iterator[bytes]:
    """The sizes before the dash; from one size to the next in one step."""
    cursor = transaction.cursor()
    found = cursor.first()
    while found:
        match = SIZED.fullmatch(cursor.key())
        if match:
            yield match[1]
            found = cursor.set_range(match[1] + b".")  # "." comes right after "-"
        else:
            found = cursor.next()


def _keys_of_lsun(file: Path, transaction: Any, ignored: Names) -> list[bytes]:
    keys = list(transaction.cursor().iternext(keys=True, values=False))
    if not keys:
        raise UserError(f"{file} is an empty LMDB")
    first = transaction.get(keys[0])
    if first and not starts_like_a_picture(bytes(first[:16])):
        raise _another_kind(file, f"key {keys[0][:20]!r} holds {bytes(first[:8])!r}…")
    return keys


def _another_kind(file: Path, why: str) -> UserError:
    return UserError(
        f"{file} is an LMDB of another kind ({why}); those of LSUN, of the released code and of "
        "stylegan2-pytorch can be read"
    )
