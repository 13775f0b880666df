"""A data set -> one uint8 array (.npy, memory-mapped, never pickled), its card and its manifest."""

import hashlib
import shutil
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from tqdm import tqdm

import synthetic
from cipslib.datasets.prepared import open_images
from cipslib.utils.errors import UserError
from cipslib.utils.files import write_json
from cipslib.utils.hashing import sha256_of_file
from cipslib.utils.parallel import in_parallel
from replication.datasets.cards import Card, read_card
from replication.datasets.config import DatasetConfig
from replication.datasets.decode import Treatment
from replication.datasets.manifest import Outcome, write_manifest
from replication.datasets.preview import write_preview
from replication.datasets.progress import Progress, sole_preparation
from replication.datasets.sources import open_source
from replication.datasets.sources.base import Names
from replication.datasets.sources.lfw import fetch_lfw
from replication.datasets.worker import Made, Record, draw_pictures, make_pictures
from replication.paths import Paths
from replication.profile.profile import Profile

T = TypeVar("T")
CHUNK, CHUNK_BYTES = 64, 2**22  # what a worker makes at a time: at most so many, so large
TURNS = "turns"  # a file in the work folder


@dataclass(frozen=True)
class Job:
    """What is to be made, and how."""

    origin: str  # for the card
    container: str  # its kind
    count: int  # of candidates
    wanted: int | None  # pictures; None: all that there are
    needed: int  # pictures, at least
    make: Callable[[Any], Made]  # in a worker, of one task
    tasks: Callable[[int], Iterator[Any]]  # from a candidate on
    identity: dict[str, Any]  # what the result depends on: progress belongs to it
    ignored: Names  # files that are no pictures


def prepare(
    profile: Profile,
    name: str,
    source: Path | None = None,
    strict: bool = False,
    workers: int | None = None,
) -> Path:
    """Make the array and the card of data set ``name``; returns the array's path.

    ``source`` takes the place of what params.yaml names; with ``strict`` the first picture that
    cannot be used is an error. An interrupted preparation goes on where it stopped. The result does
    not depend on the number of ``workers`` (the cores, if not given). Raises UserError with the
    name of what is missing or unreadable; nothing is then left under the final names.
    """
    config, paths = profile.dataset(name), profile.paths
    card = read_card(paths.source_card(config.card))
    work = paths.preparation(name)
    with sole_preparation(work):
        job = _job(paths, config, card, source, work)
        if job.count < job.needed:
            raise UserError(f"{job.origin} holds {job.count} pictures, and {job.needed} are needed")
        other = _other_count(job.count, config, card)
        if strict and other:
            raise UserError(f"{job.origin}: {other}; complete it, mend the card, or no --strict")
        progress = Progress(work, config.side)
        _say(name, progress.recover(job.identity))
        _check_disk(work, job, progress)
        _fill(progress, job, strict, workers, name)
        outcome = _publish(paths, name, config, card, job, progress)
        progress.discard()
    _say(name, f"{outcome.taken:,} pictures of {config.side} px, from {job.container}")
    for remark in _remarks(outcome, job, config, card):
        _say(name, remark)
    return paths.images(name)


def _job(paths: Paths, config: DatasetConfig, card: Card, source: Path | None, work: Path) -> Job:
    if card.renderer is not None:
        return _drawing(config, card, card.renderer, source)
    if card.kind == "lfw" and source is None:
        return _reading(config, fetch_lfw(paths.downloads("lfw")), card.source, work)
    where = source or paths.root / config.source
    return _reading(config, where, str(source or config.source), work)


def _drawing(config: DatasetConfig, card: Card, renderer: str, source: Path | None) -> Job:
    if source is not None:
        raise UserError(f"{config.card} is drawn, not read: it takes no --source")
    if config.count is None:
        raise UserError(f"{config.card} is drawn: say how many pictures with count")
    count = config.count
    how: dict[str, Any] = {
        "renderer": renderer,
        "resolution": config.side,
        "seed": config.seed,
    }
    return Job(
        origin=card.source,
        container="a renderer",
        count=count,
        wanted=count,
        needed=count,
        make=partial(draw_pictures, **how),
        tasks=lambda start: _batches(range(start, count), CHUNK),
        identity=how | {"count": count, "code": _code(Path(synthetic.__file__).parent, "**/*.py")},
        ignored=Names(),
    )


def _reading(config: DatasetConfig, where: Path, origin: str, work: Path) -> Job:
    treatment = Treatment(config.side, config.crop, config.crop_size, config.filter, config.seed)
    source = open_source(where, config.side, work)
    size = max(1, min(CHUNK, CHUNK_BYTES // (config.side**2 * 3)))
    identity = {
        "source": source.stamp,
        "treatment": asdict(treatment),
        "count": config.count,
        "code": _code(Path(__file__).parent, "decode.py", "worker.py", "sources/*.py"),
        "pillow": version("pillow"),
    }
    return Job(
        origin=origin,
        container=source.kind,
        count=source.count,
        wanted=config.count,
        needed=config.count or config.held_out + 2,
        make=partial(make_pictures, reader=source.reader, treatment=treatment, turns=work / TURNS),
        tasks=lambda start: _batches(source.pieces(start), size),
        identity=identity,
        ignored=source.ignored,
    )


def _batches(items: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _code(folder: Path, *patterns: str) -> str:
    """Changes when these modules below ``folder`` do."""
    files = sorted(file for pattern in patterns for file in folder.glob(pattern))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def _check_disk(work: Path, job: Job, progress: Progress) -> None:
    """Before hours of work, not after them."""
    needed = ((job.wanted or job.count) - progress.taken) * progress.picture_bytes
    free = shutil.disk_usage(work).free
    if needed > free:
        raise UserError(
            f"{work} needs {needed / 2**30:.1f} GB, and {free / 2**30:.1f} GB are free there: make "
            "room, or lower count or resolution"
        )


def _fill(progress: Progress, job: Job, strict: bool, workers: int | None, name: str) -> None:
    """Make what is still missing. Raises UserError if it is too little in the end."""
    if strict:
        _check_usable(progress.records(), job)
    if progress.taken != job.wanted:
        done = progress.taken if job.wanted else progress.candidates
        bar = tqdm(total=job.wanted or job.count, initial=done, desc=f"prepare {name}", unit="img")
        with bar, closing(_made(job, progress, workers)) as chunks:
            for chunk in chunks:
                if strict:
                    _check_usable(chunk.records, job)
                room = job.wanted - progress.taken if job.wanted else len(chunk.records)
                part = chunk.first(room)
                progress.append(part)
                bar.update(len(part.pixels) if job.wanted else len(part.records))
                if progress.taken == job.wanted:
                    break
    if progress.taken < job.needed:
        raise UserError(
            f"{job.origin} holds {progress.taken} usable pictures of {job.count}, and {job.needed} "
            f"are needed; {_first_problem(progress)}"
        )


def _made(job: Job, progress: Progress, workers: int | None) -> Generator[Made, None, None]:
    try:
        yield from in_parallel(job.make, job.tasks(progress.candidates), workers)
    except BrokenProcessPool as error:
        raise UserError(
            f"a worker died (killed, or out of memory?) after {progress.candidates:,} pictures of "
            f"{job.origin}; the same command goes on there, and --workers 1 needs least memory"
        ) from error
    except OSError as error:
        raise UserError(
            f"cannot read {error.filename or job.origin}: {error.strerror or error}; the same "
            f"command goes on after {progress.candidates:,} pictures"
        ) from error


def _check_usable(records: Iterable[Record], job: Job) -> None:
    for record in records:
        if record.problem:
            raise UserError(
                f"{job.origin}: {record.name} {record.problem}; mend or remove it, or leave "
                "--strict out to skip it"
            )


def _first_problem(progress: Progress) -> str:
    record = next(record for record in progress.records() if record.problem)
    return f"the first that is not: {record.name} {record.problem}"


def _publish(
    paths: Paths, name: str, config: DatasetConfig, card: Card, job: Job, progress: Progress
) -> Outcome:
    """Everything takes its final name; the card last."""
    progress.finish()
    sha256 = sha256_of_file(progress.pixels)
    paths.card(name).unlink(missing_ok=True)  # never the old card beside a new array
    outcome = write_manifest(paths.manifest(name), progress.records(), config.side, card.size)
    progress.publish(paths.images(name))
    write_preview(paths.preview(name), open_images(paths.images(name), config.side))
    prepared = {
        "name": name,
        "title": card.title,
        "plays": card.plays,
        "paper_count": card.paper_count,
        "expected_count": card.count,
        "count": outcome.taken,
        "distinct": outcome.distinct,
        "held_out": config.held_out,
        "skipped": outcome.skipped.count,
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
        "sha256": sha256,
    }
    write_json(paths.card(name), prepared)
    return outcome


def _remarks(outcome: Outcome, job: Job, config: DatasetConfig, card: Card) -> Iterator[str]:
    yield from outcome.lines(config.side, card.size)
    if job.ignored.count:
        yield f"{job.ignored.count:,} files are no pictures and were ignored: {job.ignored}"
    other = _other_count(outcome.taken, config, card)
    if other:
        yield f"warning: {other}"
    if card.renderer is None and config.crop != card.crop:
        yield f"crop is {config.crop}, and the card {config.card} says {card.crop}"


def _other_count(count: int, config: DatasetConfig, card: Card) -> str:
    """What to say if the set has another number of pictures than its card says; else nothing."""
    if config.count is not None or card.count in (None, count):
        return ""
    return f"{count:,} pictures, and the card {config.card} says that the set has {card.count:,}"


def _say(name: str, line: str) -> None:
    if line:
        print(f"{name}: {line}", file=sys.stderr)
