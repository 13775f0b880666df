"""Where images come from: folders, archives, databases, arrays. Content decides, not the name."""

from pathlib import Path

from cipslib.utils.errors import UserError
from replication.datasets.sources import arrays, lmdbs, parquets
from replication.datasets.sources.base import FileNames, Source, is_hidden, is_image_name
from replication.datasets.sources.folder import open_folder, walk
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
    names = walk(folder)
    tables = [name for name in names if name.endswith(".parquet") and not is_hidden(name)]
    if not tables:
        return open_folder(folder, names)
    images = sum(map(is_image_name, names))
    if images:
        what = f"{len(tables)} parquet files and {images} images"
        raise UserError(f"{folder} holds {what}: say which with --source")
    ignored = FileNames()
    for name in sorted({*names} - {*tables}):
        ignored.add(name)
    return parquets.open_parquet(folder, tables, ignored)
