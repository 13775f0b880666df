"""Where pictures come from: folders, archives, databases, arrays. Content decides, not the name."""

import tarfile
from pathlib import Path

from cipslib.utils.errors import UserError
from replication.datasets.sources import arrays, lmdbs, parquets, tars
from replication.datasets.sources.base import (
    FEW,
    START,
    Names,
    Source,
    is_clutter,
    named_like_a_picture,
    starts_like_a_picture,
)
from replication.datasets.sources.folder import open_folder, walk
from replication.datasets.sources.zips import open_zip

READABLE = "a folder, a zip, a tar, an LMDB, parquet files, or a .npy array"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")


def open_source(path: Path, resolution: int, work: Path) -> Source:
    """The pictures in ``path``. A compressed tar is unpacked into the folder ``work``.

    ``resolution`` chooses among the sizes of an LMDB that has several. Raises UserError if it is
    missing, damaged, of no kind that is known, or holds no pictures.
    """
    try:
        source = _opened(path, resolution, work)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from error
    if source.count == 0:
        others = f"{source.ignored.count} other files: {source.ignored}"
        raise UserError(
            f"{path} holds no pictures ({others if source.ignored.count else 'nothing at all'}); "
            "what is packed in it must be unpacked first"
        )
    return source


def describe_source(path: Path, resolution: int) -> str:
    """What there is, without unpacking a compressed tar to count. Raises the same UserErrors."""
    if path.is_file():
        with open(path, "rb") as file:
            packed = tars.compression(file.read(START)) is not None
        if packed:
            return f"{path} (a compressed tar; its pictures are counted when it is prepared)"
    source = open_source(path, resolution, path.parent)  # which is not written to
    return f"{source.count:,} pictures in {path} ({source.kind})"


def _opened(path: Path, resolution: int, work: Path) -> Source:
    if path.is_dir():
        return _opened_folder(path, resolution)
    if not path.is_file():
        raise UserError(f"there is no {path}: put the pictures there, or change source")
    with open(path, "rb") as file:
        start = file.read(32)
    if start.startswith(ZIP):
        return open_zip(path)
    if start.startswith(arrays.MAGIC):
        return arrays.open_array(path)
    if start.startswith(parquets.MAGIC):
        return parquets.open_parquet(path.parent, [path.name], Names())
    if start[lmdbs.MAGIC_AT :].startswith(lmdbs.MAGIC):
        return lmdbs.open_lmdb(path, resolution)
    opened = tars.compression(start)
    if opened is not None:
        return tars.open_tar(path, tars.unpacked(path, opened, work))
    if start and tarfile.is_tarfile(path):
        return tars.open_tar(path, path)
    what = "is one picture" if starts_like_a_picture(start) else "is of no kind that is known"
    raise UserError(f"{path} {what if start else 'is empty'}; pictures are read from {READABLE}")


def _opened_folder(folder: Path, resolution: int) -> Source:
    if (folder / lmdbs.FILE).is_file():
        return lmdbs.open_lmdb(folder / lmdbs.FILE, resolution)
    names = walk(folder)
    tables = [n for n in names if n.lower().endswith(".parquet") and not is_clutter(n)]
    databases = [n for n in names if n.endswith(f"/{lmdbs.FILE}")]
    pictures = sum(named_like_a_picture(n) and not is_clutter(n) for n in names)
    if databases or (tables and pictures):
        what = f"{len(databases)} LMDBs ({', '.join(sorted(databases)[:FEW])}), " * bool(databases)
        what += f"{len(tables)} parquet files and {pictures} pictures"
        raise UserError(f"{folder} holds {what}: say which with --source")
    if not tables:
        return open_folder(folder, names)
    ignored = Names()
    for name in sorted(set(names) - set(tables)):
        ignored.add(name)
    return parquets.open_parquet(folder, tables, ignored)
