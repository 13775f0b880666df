"""A data set -> one uint8 array (.npy, memory-mapped, never pickled) and its card."""

import hashlib
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from cipslib.config import DatasetConfig, Profile
from cipslib.datasets.cards import Card, read_card
from cipslib.datasets.images import find_files, read_squares
from cipslib.datasets.standins import render
from cipslib.errors import UserError
from cipslib.parallel import in_parallel
from cipslib.paths import atomic_write

CHUNK = 64  # pictures that a worker makes at a time


def prepare(profile: Profile, name: str, source: Path | None = None) -> Path:
    """Make the array and the card of data set ``name``; returns the array's path.

    ``source`` takes the place of the folder that params.yaml names. Raises UserError with the name
    of what is missing or unreadable; nothing is then left under the final names.
    """
    config = profile.dataset(name)
    card = read_card(profile.paths.source_card(config.card))
    count, chunks = _open_source(config, card, source, profile.paths.root)
    path = profile.paths.images(name)
    shape = (count, config.resolution, config.resolution, 3)
    profile.paths.card(name).unlink(missing_ok=True)  # never the old card beside a new array
    with atomic_write(path) as temporary:
        _write_array(temporary, shape, chunks, name)
    images = np.load(path, mmap_mode="r")
    distinct = len({hashlib.sha256(image.tobytes()).digest() for image in images})
    prepared = {
        "name": name,
        "title": card.title,
        "plays": card.plays,
        "paper_count": card.paper_count,
        "count": count,
        "distinct": distinct,
        "resolution": config.resolution,
        "source": card.source if card.renderer else str(source or config.source),
        "licence": card.licence,
        "flips": card.flips,
        "faces": card.faces,
        "sha256": _sha256(path),
    }
    with atomic_write(profile.paths.card(name)) as temporary:
        temporary.write_text(json.dumps(prepared, indent=2) + "\n")
    return path


def _open_source(
    config: DatasetConfig, card: Card, source: Path | None, root: Path
) -> tuple[int, Iterator[np.ndarray]]:
    """How many images there will be, and an iterator over chunks of them, in order."""
    if card.renderer is not None:
        if source is not None:
            raise UserError(f"{config.card} is drawn, not read: it takes no --source")
        if config.count is None:
            raise UserError(f"{config.card} is drawn: say how many pictures with count")
        draw = partial(render, card.renderer, resolution=config.resolution, seed=config.seed)
        ranges = [range(i, min(i + CHUNK, config.count)) for i in range(0, config.count, CHUNK)]
        return config.count, in_parallel(draw, ranges)
    folder = source or root / config.source
    files = find_files(folder)
    count = len(files) if config.count is None else config.count
    if len(files) < max(count, 2):
        raise UserError(f"{folder} holds {len(files)} images, and {max(count, 2)} are needed")
    read = partial(read_squares, resolution=config.resolution)
    return count, in_parallel(
        read, [files[i : min(i + CHUNK, count)] for i in range(0, count, CHUNK)]
    )


def _write_array(
    path: Path, shape: tuple[int, ...], chunks: Iterator[np.ndarray], name: str
) -> None:
    with open(path, "wb") as file, tqdm(total=shape[0], desc=f"prepare {name}", unit="img") as bar:
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, header)
        for chunk in chunks:
            file.write(np.ascontiguousarray(chunk).tobytes())
            bar.update(len(chunk))


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
