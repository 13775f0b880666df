"""Parquet files as Hugging Face's data sets have them: a column ``image`` of encoded images."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from cipslib.utils.errors import UserError
from replication.datasets.decode import Rejected
from replication.datasets.sources.base import FileNames, Source, byte_order, import_extra

MAGIC = b"PAR1"
COLUMN = "image"
ROWS = 16  # read at a time


def open_parquet(folder: Path, names: Sequence[str], ignored: FileNames) -> Source:
    """Index the rows of the files ``names`` below ``folder``, in the order of names and rows.

    Raises UserError if one is damaged, or has no column of images.
    """
    names = sorted(names, key=byte_order)
    entries = []
    for name in names:
        with _file(folder / name) as file:
            if COLUMN not in file.schema_arrow.names:
                raise UserError(
                    f"{folder / name} has no column {COLUMN}; its columns are "
                    f"{', '.join(file.schema_arrow.names)}"
                )
            entries += [(f"{name}:{row}", None) for row in range(file.metadata.num_rows)]
    return Source("parquet", entries, ignored, partial(_opened, [folder / n for n in names]))


@contextmanager
def _opened(paths: Sequence[Path]) -> Iterator[Callable[[None], bytes]]:
    """Rows can only be read one after another, which is how entries are read."""
    contents = chain.from_iterable(map(_contents, paths))

    def read(_: None) -> bytes:
        content = next(contents)
        if isinstance(content, dict):  # {bytes, path}
            content = content.get("bytes")
        if not isinstance(content, bytes):
            raise Rejected("has no content: the row holds no encoded image")
        return content

    yield read


def _contents(path: Path) -> Iterator[Any]:
    """Read the rows, a few at a time in memory."""
    with _file(path) as file:
        for batch in file.iter_batches(ROWS, columns=[COLUMN], use_threads=False):
            yield from batch.column(0).to_pylist()


@contextmanager
def _file(path: Path) -> Iterator[Any]:
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
