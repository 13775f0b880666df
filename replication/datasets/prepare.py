"""A data set -> one uint8 array (.npy, memory-mapped, never pickled), its card and its manifest."""

import csv
import gzip
import io
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import numpy as np
from tqdm import tqdm

from cipslib.utils.errors import UserError
from cipslib.utils.files import atomic_folder, write_json
from cipslib.utils.hashing import sha256_of_file
from replication.datasets.cards import Card, read_card
from replication.datasets.config import DatasetConfig
from replication.datasets.job import Job, make_job, run_job
from replication.datasets.sources.base import FileNames
from replication.datasets.worker import Record
from replication.paths import Paths


@dataclass
class Summary:
    """Counts of images of each kind, with the first few names."""

    taken: int = 0
    distinct: int = 0
    skipped: FileNames = field(default_factory=FileNames)
    duplicates: FileNames = field(default_factory=FileNames)
    unturned: FileNames = field(default_factory=FileNames)  # as their metadata are broken
    enlarged: FileNames = field(default_factory=FileNames)  # as they had too few pixels


def prepare(
    paths: Paths,
    config: DatasetConfig,
    name: str,
    source: Path | None = None,
    workers: int | None = None,
) -> Path:
    """Make the array and the card of data set ``name``; return the array's path.

    ``source`` takes the place of what params.yaml names. The result does not depend on the number
    of ``workers`` (the cores, if not given). Raises UserError with the name of what is missing or
    unreadable; nothing is then left under the final names. A preparation that was interrupted
    starts again.
    """
    card = read_card(paths.source_card(config.card))
    prepared = paths.prepared(name)
    for left in prepared.parent.glob(f".{name}.*.part"):  # of a preparation that was killed
        shutil.rmtree(left, ignore_errors=True)
    with atomic_folder(prepared) as folder:
        with TemporaryDirectory(dir=folder) as work:
            job = make_job(paths, config, card, source, Path(work))
            summary = _fill(folder, job, config, workers)
        _describe(folder, name, config, card, job, summary)
    for line in _remarks(summary, job, config, card):
        print(f"{name}: {line}", file=sys.stderr)
    return paths.images(name)


def _fill(folder: Path, job: Job, config: DatasetConfig, workers: int | None) -> Summary:
    """Write array and manifest into ``folder``. Raises UserError if there are too few images."""
    fewest = config.count or config.held_out + 2
    needed = f"{fewest} are needed ({'count' if config.count else 'held_out + 2'})"
    if job.count < fewest:
        raise UserError(f"{job.origin} holds {job.count} images, and {needed}")
    with open(folder / "images.npy", "wb") as file:
        _write_header(file, 0, config.side)
        records = _write_images(file, job, config.count, workers)
        summary = _write_manifest(folder / "manifest.csv.gz", records, config.side)
        file.seek(0)
        _write_header(file, summary.taken, config.side)
    if summary.taken < fewest:
        raise UserError(
            f"{job.origin} holds {summary.taken} usable images of {job.count}, and {needed}; "
            f"the first that is not: {summary.skipped.first[0]}"
        )
    return summary


def _write_header(file: IO[bytes], count: int, side: int) -> None:
    """NumPy leaves room in it for any number of images: it can be written over."""
    about = {"descr": "|u1", "fortran_order": False, "shape": (count, side, side, 3)}
    np.lib.format.write_array_header_1_0(file, about)


def _write_images(
    file: IO[bytes], job: Job, wanted: int | None, workers: int | None
) -> Iterator[Record]:
    """Append the images, ``wanted`` or all, and pass on the record of every sample."""
    taken = 0
    with closing(run_job(job, workers)) as made:
        for record, image in tqdm(made, "prepare", wanted or job.count, unit="img", disable=None):
            yield record
            if image is not None:
                file.write(image.tobytes())
                taken += 1
            if taken == wanted:
                break


def _write_manifest(path: Path, records: Iterable[Record], side: int) -> Summary:
    """Write a compressed CSV: index in the array (none if skipped), name, SHA-256, problem."""
    summary = Summary()
    first: dict[str, str] = {}  # the name of the first image with these pixels
    with (
        open(path, "wb") as file,
        # No name and no time inside: the same images give the same bytes.
        gzip.GzipFile("", "wb", 9, file, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
    ):
        table = csv.writer(text, lineterminator="\n")
        table.writerow(("index", "name", "sha256", "problem"))
        for record in records:
            index = "" if record.problem else summary.taken
            table.writerow((index, record.name, record.source_sha256, record.problem))
            if record.problem:
                summary.skipped.add(f"{record.name} {record.problem}")
                continue
            summary.taken += 1
            if record.image_sha256 in first:
                summary.duplicates.add(f"{record.name} = {first[record.image_sha256]}")
            first.setdefault(record.image_sha256, record.name)
            if not record.upright:
                summary.unturned.add(record.name)
            if 0 < record.side < side:
                summary.enlarged.add(f"{record.name} ({record.side} px)")
    summary.distinct = len(first)
    return summary


def _describe(
    folder: Path, name: str, config: DatasetConfig, card: Card, job: Job, summary: Summary
) -> None:
    """Write the card of the array in ``folder``."""
    prepared: dict[str, Any] = {
        "name": name,
        "title": card.title,
        "paper_dataset": card.paper_dataset,
        "paper_count": card.paper_count,
        "expected_count": card.count,
        "count": summary.taken,
        "distinct": summary.distinct,
        "held_out": config.held_out,
        "skipped": summary.skipped.count,
        "ignored": job.ignored.count,
        "resolution": config.resolution,
        "margin": config.margin,
        "crop": config.crop,
        "card_crop": card.crop,
        "crop_size": config.crop_size,
        "filter": config.filter,
        "seed": config.seed,
        "source": job.origin,
        "container": job.container,
        "licence": card.licence,
        "flips": card.flips,
        "rotation": card.rotation,
        "faces": card.faces,
        "sha256": sha256_of_file(folder / "images.npy"),
    }
    write_json(folder / "card.json", prepared)


def _remarks(summary: Summary, job: Job, config: DatasetConfig, card: Card) -> Iterator[str]:
    """Return what was made, and a sentence for each kind of file that the user should know of."""
    yield f"{summary.taken:,} images of {config.side} px, from {job.container}"
    for names, what in (
        (summary.skipped, "could not be used and were skipped"),
        (summary.duplicates, "have the same pixels as an earlier one (all are kept)"),
        (summary.unturned, "have broken metadata: taken as they stand, upright or not"),
        (summary.enlarged, f"had a shorter side below {config.side} px and were enlarged"),
        (job.ignored, "files are not images and were ignored"),
    ):
        if names.count:
            yield f"{names.count:,} {what}: {names}"
    if config.count is None and card.count not in (None, summary.taken):
        yield f"warning: the card {config.card} says that the set has {card.count:,} images"
