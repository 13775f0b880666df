"""A data set -> one uint8 array (.npy, memory-mapped, never pickled), its card and its manifest."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
from tqdm import tqdm

from cipslib.datasets.prepared import open_images
from cipslib.utils.errors import UserError
from cipslib.utils.files import write_json
from cipslib.utils.hashing import sha256_of_file
from cipslib.utils.locks import sole_user
from replication.datasets.cards import Card, read_card
from replication.datasets.config import DatasetConfig
from replication.datasets.job import Job, make_job, run_job
from replication.datasets.manifest import Summary, write_manifest
from replication.datasets.preview import write_preview
from replication.datasets.worker import Record
from replication.paths import Paths


def prepare(
    paths: Paths,
    config: DatasetConfig,
    name: str,
    source: Path | None = None,
    strict: bool = False,
    workers: int | None = None,
) -> Path:
    """Make the array and the card of data set ``name``; return the array's path.

    ``source`` takes the place of what params.yaml names; with ``strict`` the first image that
    cannot be used is an error. The result does not depend on the number of ``workers`` (the cores,
    if not given). Raises UserError with the name of what is missing or unreadable; nothing is then
    left under the final names. A preparation that was interrupted starts again.
    """
    card = read_card(paths.source_card(config.card))
    work = paths.preparation(name)
    refusal = f"{work} is in use: another process prepares this; wait or end it"
    with sole_user(work.with_suffix(".lock"), refusal):
        shutil.rmtree(work, ignore_errors=True)  # what a killed preparation left
        work.mkdir()
        try:
            job = make_job(paths, config, card, source, work)
            _check_count(job, config, card, strict)
            _check_disk(work, job, config.side)
            made = work / "made"
            summary = _fill(made, job, config, card, strict, workers)
            _describe(made, name, config, card, job, summary)
            prepared = paths.prepared(name)
            prepared.parent.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(prepared, ignore_errors=True)
            made.replace(prepared)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    _say(name, f"{summary.taken:,} images of {config.side} px, from {job.container}")
    for remark in _remarks(summary, job, config, card):
        _say(name, remark)
    return paths.images(name)


def _check_count(job: Job, config: DatasetConfig, card: Card, strict: bool) -> None:
    if job.count < job.needed:
        raise UserError(f"{job.origin} holds {job.count} images, and {job.needed} are needed")
    unexpected = _unexpected_count(job.count, config, card)
    if strict and unexpected:
        raise UserError(f"{job.origin}: {unexpected}; complete it, mend the card, or no --strict")


def _check_disk(work: Path, job: Job, side: int) -> None:
    """Before hours of work, not after them."""
    needed = (job.wanted or job.count) * side * side * 3
    free = shutil.disk_usage(work).free
    if needed > free:
        raise UserError(
            f"{work} needs {needed / 2**30:.1f} GB, and {free / 2**30:.1f} GB are free there: make "
            "room, or lower count or resolution"
        )


def _fill(
    folder: Path, job: Job, config: DatasetConfig, card: Card, strict: bool, workers: int | None
) -> Summary:
    """Write array and manifest into the new ``folder``. Raises UserError if there is too little."""
    array = folder / "images.npy"
    folder.mkdir()
    try:
        with open(array, "wb") as file:
            _write_header(file, 0, config.side)
            records = _write_images(file, job, strict, workers)
            summary = write_manifest(folder / "manifest.csv.gz", records, config.side, card.size)
            file.seek(0)
            _write_header(file, summary.taken, config.side)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"cannot write {folder}: {reason}; nothing of it was kept") from error
    if summary.taken < job.needed:
        raise UserError(
            f"{job.origin} holds {summary.taken} usable images of {job.count}, and {job.needed} "
            f"are needed; the first that is not: {summary.skipped.first[0]}"
        )
    return summary


def _write_header(file: IO[bytes], count: int, side: int) -> None:
    """NumPy leaves room in it for any number of images: it can be written over."""
    about = {"descr": "|u1", "fortran_order": False, "shape": (count, side, side, 3)}
    np.lib.format.write_array_header_1_0(file, about)


def _write_images(file: IO[bytes], job: Job, strict: bool, workers: int | None) -> Iterator[Record]:
    """Append the images that are wanted, and pass on the record of every sample."""
    taken = 0
    total = job.wanted or job.count
    with tqdm(total=total, desc="prepare", unit="img", disable=None) as bar:
        for result in run_job(job, workers):
            part = result if job.wanted is None else result.first(job.wanted - taken)
            for record in part.records:
                if strict and record.problem:
                    raise UserError(
                        f"{job.origin}: {record.name} {record.problem}; mend or remove it, or "
                        "leave --strict out to skip it"
                    )
            file.write(part.images.tobytes())
            yield from part.records
            taken += len(part.images)
            bar.update(len(part.images) if job.wanted else len(part.records))
            if taken == job.wanted:
                break


def _describe(
    folder: Path, name: str, config: DatasetConfig, card: Card, job: Job, summary: Summary
) -> None:
    """Write the preview and the card of the array in ``folder``."""
    array = folder / "images.npy"
    write_preview(folder / "preview.png", open_images(array, config.side))
    prepared = {
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
        "sha256": sha256_of_file(array),
    }
    write_json(folder / "card.json", prepared)


def _remarks(summary: Summary, job: Job, config: DatasetConfig, card: Card) -> Iterator[str]:
    yield from summary.lines(config.side, card.size)
    if job.ignored.count:
        yield f"{job.ignored.count:,} files are not images and were ignored: {job.ignored}"
    unexpected = _unexpected_count(summary.taken, config, card)
    if unexpected:
        yield f"warning: {unexpected}"
    if card.renderer is None and config.crop != card.crop:
        yield f"crop is {config.crop}, and the card {config.card} says {card.crop}"


def _unexpected_count(count: int, config: DatasetConfig, card: Card) -> str:
    """Say that the set has another number of images than its card says; "" if it has not."""
    if config.count is not None or card.count in (None, count):
        return ""
    return f"{count:,} images, and the card {config.card} says that the set has {card.count:,}"


def _say(name: str, line: str) -> None:
    print(f"{name}: {line}", file=sys.stderr)
