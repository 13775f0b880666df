"""A data set -> one uint8 array (.npy, memory-mapped, never pickled) and its card."""

import hashlib
import io
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from tqdm import tqdm

from cipslib.config import DatasetConfig, Profile
from cipslib.datasets.cards import Card, read_card
from cipslib.datasets.images import find_files, read_squares
from cipslib.datasets.standins import render
from cipslib.errors import UserError
from cipslib.parallel import in_parallel
from cipslib.paths import atomic_write, write_json

T = TypeVar("T")
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
        distinct, digest = _write_array(temporary, shape, chunks, name)
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
        "sha256": digest,
    }
    write_json(profile.paths.card(name), prepared)
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
        return config.count, in_parallel(draw, _chunks(range(config.count)))
    folder = source or root / config.source
    files = find_files(folder)
    count = len(files) if config.count is None else config.count
    if len(files) < max(count, 2):
        raise UserError(f"{folder} holds {len(files)} images, and {max(count, 2)} are needed")
    read = partial(read_squares, resolution=config.resolution)
    return count, in_parallel(read, _chunks(files[:count]))


def _chunks(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[start : start + CHUNK] for start in range(0, len(items), CHUNK)]


def _write_array(
    path: Path, shape: tuple[int, ...], chunks: Iterator[np.ndarray], name: str
) -> tuple[int, str]:
    """Write a .npy file in one pass; returns how many images differ, and the file's SHA-256."""
    header = io.BytesIO()
    about = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, about)
    digest = hashlib.sha256(header.getvalue())
    distinct: set[bytes] = set()
    with open(path, "wb") as file, tqdm(total=shape[0], desc=f"prepare {name}", unit="img") as bar:
        file.write(header.getvalue())
        for chunk in chunks:
            content = chunk.tobytes()
            file.write(content)
            digest.update(content)
            distinct.update(hashlib.sha256(image.tobytes()).digest() for image in chunk)
            bar.update(len(chunk))
    return len(distinct), digest.hexdigest()
