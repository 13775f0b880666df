"""LMDB: LSUN's own, and the released code's (prepare_data.py)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cipslib.utils.errors import UserError
from replication.datasets.decode import Rejected
from replication.datasets.sources.base import Content, FileNames, Source, import_extra

FILE = "data.mdb"
MAGIC = b"\xde\xc0\xef\xbe"
MAGIC_AT = 16
DIGITS = 7  # of the released code's keys


def open_lmdb(file: Path) -> Source:
    """Index the images of a data.mdb. Raises UserError if it is damaged or holds something else."""
    with _transaction(file) as transaction:
        kind, keys = _keys(file, transaction)
    names = [key.decode("utf-8", "backslashreplace") for key in keys]

    def contents() -> Iterator[Content]:
        missing = Rejected("is missing: the LMDB has no such key")
        with _transaction(file) as transaction:
            for key in keys:
                yield transaction.get(key, missing)

    return Source(kind, names, FileNames(), contents)


@contextmanager
def _transaction(file: Path) -> Iterator[Any]:
    """Begin a read-only transaction.

    Raises UserError if the file is found to be damaged, then or while it is read.
    """
    lmdb = import_extra("lmdb")
    options = {"readonly": True, "lock": False, "readahead": False, "subdir": False}
    try:
        with lmdb.open(str(file), **options) as environment:
            needed = (environment.info()["last_pgno"] + 1) * environment.stat()["psize"]
            size = file.stat().st_size
            if size < needed:  # reading beyond the end of a mapped file would kill the process
                raise lmdb.Error(f"{size:,} of {needed:,} bytes")
            with environment.begin() as transaction:
                yield transaction
    except lmdb.Error as error:
        raise UserError(f"{file} is an LMDB that is damaged or cut short ({error})") from error


def _keys(file: Path, transaction: Any) -> tuple[str, list[bytes]]:
    """Say what kind of LMDB it is, and return its images' keys in order."""
    length = transaction.get(b"length")
    if length is None:
        return "LSUN's LMDB", list(transaction.cursor().iternext(keys=True, values=False))
    if not length.isdigit() or transaction.get(b"0".zfill(DIGITS)) is None:
        raise UserError(
            f"{file} is an LMDB of another kind (its length is {bytes(length[:20])!r}, and its "
            "first image is not there); those of LSUN and of the released code can be read"
        )
    keys = [str(index).zfill(DIGITS).encode() for index in range(int(length))]
    return "the released code's LMDB", keys
