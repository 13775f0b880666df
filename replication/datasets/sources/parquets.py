"""Parquet files with encoded images, as Hugging Face's sets and img2dataset have them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cipslib.utils.errors import UserError
from replication.datasets.decode import Rejected
from replication.datasets.sources.base import Content, FileNames, Source, byte_order, import_extra

MAGIC = b"PAR1"
COLUMN = "image"  # which is taken of several that hold images
ROWS = 16  # read at a time


def open_parquet(folder: Path, files: Sequence[str], ignored: FileNames) -> Source:
    """Index the rows of the ``files`` below ``folder``, in the order of names and rows.

    Raises UserError if one is damaged, or has no column of images.
    """
    files = sorted(files, key=byte_order)
    rows = []
    columns = {}
    for name in files:
        with _open(folder / name) as file:
            fitting = _fitting(file.schema_arrow)
            if COLUMN not in fitting and len(fitting) != 1:
                have = ", ".join(f"{each.name} ({each.type})" for each in file.schema_arrow)
                raise UserError(
                    f"{folder / name} has {len(fitting)} columns that may hold images; its columns "
                    f"are {have}; one of bytes, or of structs with bytes, is taken, or {COLUMN}"
                )
            columns[name] = COLUMN if COLUMN in fitting else fitting[0]
            rows += [f"{name}:{row}" for row in range(file.metadata.num_rows)]

    def contents() -> Iterator[Content]:
        for name in files:
            with _open(folder / name) as file:
                for batch in file.iter_batches(ROWS, columns=[columns[name]], use_threads=False):
                    yield from map(_content, batch.column(0).to_pylist())

    return Source("parquet", rows, ignored, contents)


def columns_of_images(path: Path) -> list[str]:
    """Return the columns of bytes, or of structs with bytes. Raises UserError."""
    with _open(path) as file:
        return _fitting(file.schema_arrow)


def _fitting(schema: Any) -> list[str]:
    return [each.name for each in schema if _holds_bytes(each.type)]


def _holds_bytes(kind: Any) -> bool:
    fields = {each.name: each.type for each in kind} if str(kind).startswith("struct") else {}
    # One of Arrow's binary, large_binary, fixed_size_binary and binary_view.
    return "binary" in str(fields.get("bytes", kind)).partition("<")[0]


def _content(cell: Any) -> Content:
    if isinstance(cell, dict):  # {bytes, path}
        cell = cell.get("bytes")
    if isinstance(cell, bytes):
        return cell
    return Rejected("has no content: the row holds no encoded image")


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    """Open a file. Raises UserError if it is found to be damaged, then or while it is read."""
    arrow = import_extra("pyarrow")
    parquet = import_extra("pyarrow.parquet")
    try:
        with parquet.ParquetFile(path, pre_buffer=False, buffer_size=2**20) as file:
            yield file
    except (arrow.ArrowException, OSError) as error:
        if getattr(error, "errno", None):  # the disk's fault
            raise
        reason = " ".join(str(error).split())
        raise UserError(
            f"{path} is a parquet file that is damaged or cut short: {reason}"
        ) from error
