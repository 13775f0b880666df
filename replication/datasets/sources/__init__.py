"""Where images come from: folders, archives, databases, arrays. Content decides, not the name."""

import tarfile
from pathlib import Path

from cipslib.utils.errors import UserError
from replication.datasets.sources import arrays, lmdbs, parquets, tars
from replication.datasets.sources.base import (
    FEW_NAMES,
    FileNames,
    Source,
    is_image_name,
    is_system_file,
)
from replication.datasets.sources.folder import open_folder, walk
from replication.datasets.sources.zips import open_zip

READABLE = "a folder, a zip, a tar, an LMDB, parquet files, or a .npy array"
START = 32  # bytes that tell what a file is
ZIP = (b"PK\x03\x04", b"PK\x05\x06")


def open_source(path: Path, work: Path) -> Source:
    """Index the images in ``path``. A compressed tar is unpacked into the folder ``work``.

    Raises UserError if it is missing, damaged, of no kind that is known, or holds no images.
    """
    try:
        source = _open(path, work)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from error
    if not source.entries:
        others = f"{source.ignored.count} other files: {source.ignored}"
        raise UserError(
            f"{path} holds no images ({others if source.ignored.count else 'nothing at all'}); "
            "what is packed in it must be unpacked first"
        )
    return source


def describe_source(path: Path) -> str:
    """Say what there is, without unpacking a compressed tar to count. Raises as open_source."""
    if path.is_file():
        with open(path, "rb") as file:
            compressed = tars.find_opener(file.read(START)) is not None
        if compressed:
            return f"{path} (a compressed tar; its images are counted when it is prepared)"
    source = open_source(path, path.parent)  # which is not written to
    return f"{len(source.entries):,} images in {path} ({source.kind})"


def _open(path: Path, work: Path) -> Source:
    if path.is_dir():
        return _open_folder(path)
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
    opener = tars.find_opener(start)
    if opener is not None:
        return tars.open_tar(path, tars.unpack(path, opener, work))
    if start and tarfile.is_tarfile(path):
        return tars.open_tar(path, path)
    what = "is of no kind that is known" if start else "is empty"
    raise UserError(f"{path} {what}; images are read from {READABLE}")


def _open_folder(folder: Path) -> Source:
    if (folder / lmdbs.FILE).is_file():
        return lmdbs.open_lmdb(folder / lmdbs.FILE)
    names = walk(folder)
    tables = [n for n in names if n.lower().endswith(".parquet") and not is_system_file(n)]
    databases = [n for n in names if n.endswith(f"/{lmdbs.FILE}")]
    images = sum(is_image_name(n) and not is_system_file(n) for n in names)
    if databases or (tables and images):
        what = f"{len(databases)} LMDBs ({', '.join(sorted(databases)[:FEW_NAMES])}), "
        what = what * bool(databases) + f"{len(tables)} parquet files and {images} images"
        raise UserError(f"{folder} holds {what}: say which with --source")
    if not tables:
        return open_folder(folder, names)
    ignored = FileNames()
    for name in sorted(set(names) - set(tables)):
        ignored.add(name)
    return parquets.open_parquet(folder, tables, ignored)
