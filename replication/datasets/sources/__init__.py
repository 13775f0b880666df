"""Where images come from: folders, archives, databases, arrays. Content decides, not the name."""

import os
from collections.abc import Iterator
from pathlib import Path

from cipslib.utils.errors import UserError
from replication.datasets.decode import MAX_BYTES, Rejected
from replication.datasets.sources import arrays, lmdbs, parquets
from replication.datasets.sources.base import (
    Content,
    FileNames,
    Source,
    byte_order,
    is_hidden,
    printable,
    sort_files,
)
from replication.datasets.sources.tars import open_tar
from replication.datasets.sources.zips import open_zip

START = 32  # bytes that tell what a file is
ZIP = (b"PK\x03\x04", b"PK\x05\x06")


def open_source(path: Path, work: Path) -> Source:
    """Index the images in ``path``. A compressed tar is unpacked into the folder ``work``.

    Raises UserError if it is missing, damaged, of no kind that is known, or holds no images.
    """
    try:
        source = _open_folder(path) if path.is_dir() else _open_file(path, work)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from error
    if not source.names:
        others = f"{source.ignored.count} other files: {source.ignored}"
        raise UserError(
            f"{path} holds no images ({others if source.ignored.count else 'nothing at all'}); "
            "what is packed in it must be unpacked first"
        )
    return source


def _open_file(path: Path, work: Path) -> Source:
    if not path.is_file():
        raise UserError(f"there is no {path}: put the images there, or change source")
    with open(path, "rb") as file:
        start = file.read(START)
    if start.startswith(ZIP):
        return open_zip(path)
    if start.startswith(arrays.MAGIC):
        return arrays.open_array(path)
    if start.startswith(parquets.MAGIC):
        return parquets.open_parquet(path.parent, [path.name], FileNames())
    if start[lmdbs.MAGIC_AT :].startswith(lmdbs.MAGIC):
        return lmdbs.open_lmdb(path)
    return open_tar(path, work)


def _open_folder(folder: Path) -> Source:
    if (folder / lmdbs.FILE).is_file():
        return lmdbs.open_lmdb(folder / lmdbs.FILE)
    found = _walk(folder)
    tables = [name for name in found if name.endswith(".parquet") and not is_hidden(name)]
    others = [name for name in found if name not in tables]
    names, files, ignored = sort_files((name, folder / name) for name in others)
    if tables and not names:
        return parquets.open_parquet(folder, tables, ignored)
    for table in tables:  # beside images their metadata, as img2dataset writes them
        if columns := parquets.columns_of_images(folder / table):
            what = f"{len(names)} images, and parquet files with such ({table}: {columns[0]})"
            raise UserError(f"{folder} holds {what}: name a folder that holds the one or the other")
        ignored.add(table)

    def contents() -> Iterator[Content]:
        for path in files:
            if not path.is_file():  # opening a pipe would wait for ever
                yield Rejected("is no regular file, or a broken link")
                continue
            with open(path, "rb") as file:
                yield file.read(MAX_BYTES + 1)

    return Source("a folder", names, ignored, contents)


def unfit_for_dvc(folder: Path) -> FileNames:
    """Return files that no stage can depend on: broken links, pipes, names that are no text."""
    unfit = FileNames()
    for name in _walk(folder):
        if not (folder / name).is_file() or name != name.encode("utf-8", "replace").decode():
            unfit.add(printable(name))
    return unfit


def _walk(folder: Path) -> list[str]:
    """Return the paths of all files below ``folder``, also through links (each folder once).

    Raises UserError, naming the folder, if one cannot be listed.
    """

    def refuse(error: OSError) -> None:
        raise UserError(f"cannot list {error.filename}: {error.strerror}") from error

    names = []
    seen = set()
    for path, folders, files in os.walk(folder, followlinks=True, onerror=refuse):
        here = Path(path).stat()
        if (here.st_dev, here.st_ino) in seen:
            folders.clear()
            continue
        seen.add((here.st_dev, here.st_ino))
        below = Path(path).relative_to(folder).as_posix()
        names += [f"{below}/{file}" if below != "." else file for file in files]
        folders.sort()  # of two links to one folder, always the same is taken
    return sorted(names, key=byte_order)
