"""Parquet files as Hugging Face's data sets have them: a column of encoded pictures."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cipslib.utils.errors import UserError
from replication.datasets.decode import BadPicture
from replication.datasets.sources.base import (
    Names,
    Piece,
    Reader,
    Source,
    file_stamp,
    in_order,
    printable,
)
from replication.datasets.sources.extra import import_extra

MAGIC = b"PAR1"
ROWS = 16  # read at a time


@dataclass(frozen=True)
class GivenReader(Reader):
    """A piece's place is its content: rows can only be read one after another, by one process."""

    @contextmanager
    def opened(self) -> Iterator[Callable[[bytes | None], bytes]]:
        def read(content: bytes | None) -> bytes:
            if content is None:
                raise BadPicture("has no content, only a name")
            return content

        yield read


@dataclass(frozen=True)
class Table:
    """One of the files."""

    name: str
    path: Path
    rows: int
    column: str
    nested: bool  # a picture is {bytes, path}, or bytes alone


def open_parquet(folder: Path, names: Sequence[str], ignored: Names) -> Source:
    """The rows of the files ``names`` below ``folder``, in the order of names and rows.

    Raises UserError if one is damaged, or has no one column of pictures.
    """
    tables = [_table(name, folder / name) for name, _ in in_order((name, None) for name in names)]
    return Source(
        kind="parquet",
        path=folder,
        reader=GivenReader(),
        count=sum(table.rows for table in tables),
        pieces=lambda start: _pieces(tables, start),
        ignored=ignored,
        stamp=file_stamp(*(table.path for table in tables)),
    )


def _table(name: str, path: Path) -> Table:
    arrow = import_extra("pyarrow")
    parquet = import_extra("pyarrow.parquet")
    try:
        with parquet.ParquetFile(path) as file:
            columns = {f.name: _is_nested(f.type) for f in file.schema_arrow}
            rows = file.metadata.num_rows
    except (arrow.ArrowException, OSError) as error:
        raise _damaged(path, error) from error
    found = [column for column, nested in columns.items() if nested is not None]
    chosen = "image" if "image" in found else found[0] if len(found) == 1 else None
    if chosen is None:
        raise UserError(
            f"{path} has {len(found) or 'no'} columns of encoded pictures; there must be one, or "
            f"one called image. Its columns: {', '.join(columns)}"
        )
    return Table(name, path, rows, chosen, bool(columns[chosen]))


def _is_nested(kind: Any) -> bool | None:
    """Whether pictures of this Arrow type lie in a struct; None if it is none of pictures."""
    types = import_extra("pyarrow.types")

    def binary(t: Any) -> bool:
        return bool(types.is_binary(t) or types.is_large_binary(t))

    if binary(kind):
        return False
    if types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
        return True if binary(kind.field("bytes").type) else None
    return None


def _pieces(tables: Sequence[Table], start: int) -> Iterator[Piece]:
    before = 0
    for table in tables:
        skip = max(start - before, 0)
        if skip < table.rows:
            for row, content in _rows(table, skip):
                yield Piece(before + row, printable(f"{table.name}:{row}"), content)
        before += table.rows


def _rows(table: Table, start: int) -> Iterator[tuple[int, bytes | None]]:
    """(number, content) of the rows from ``start`` on, a few at a time in memory.

    Raises UserError if the file is found to be damaged.
    """
    arrow = import_extra("pyarrow")
    try:
        yield from _contents(table, start)
    except (arrow.ArrowException, OSError) as error:
        if getattr(error, "errno", None):  # the disk's fault: the preparation can go on later
            raise
        raise _damaged(table.path, error) from error


def _contents(table: Table, start: int) -> Iterator[tuple[int, bytes | None]]:
    parquet = import_extra("pyarrow.parquet")
    column = f"{table.column}.bytes" if table.nested else table.column
    with parquet.ParquetFile(table.path, pre_buffer=False, buffer_size=2**20) as file:
        first = 0
        for group in range(file.num_row_groups):
            count = file.metadata.row_group(group).num_rows
            if first + count > start:
                row = first
                for batch in file.iter_batches(ROWS, [group], [column], use_threads=False):
                    for value in batch.column(0).to_pylist():
                        if row >= start:
                            yield row, value["bytes"] if table.nested and value else value
                        row += 1
            first += count


def _damaged(path: Path, error: Exception) -> UserError:
    reason = " ".join(str(error).split())
    return UserError(f"{path} is a parquet file that is damaged or cut short: {reason}")
