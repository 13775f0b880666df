"""What there is to do for a data set, and the worker processes that do it."""

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from joblib import Parallel, cpu_count, delayed  # type: ignore[import-untyped]

from cipslib.utils.errors import UserError
from replication.datasets.cards import Card
from replication.datasets.config import DatasetConfig
from replication.datasets.decode import Preprocessing
from replication.datasets.sources import open_source
from replication.datasets.sources.base import FileNames, Sample
from replication.datasets.sources.lfw import fetch_lfw
from replication.datasets.worker import WorkerResult, draw, end_with_parent, preprocess
from replication.paths import Paths

CHUNK = 64  # images that a worker makes at a time, at most
CHUNK_BYTES = 2**22  # of their pixels or of their files, whichever are more, at most


@dataclass(frozen=True)
class Job:
    """What is to be made, and how."""

    origin: str  # for the card
    container: str  # its kind
    count: int  # of samples
    wanted: int | None  # images; None: all that there are
    needed: int  # images, at least
    work: Callable[[Any], WorkerResult]  # makes one chunk, in a worker
    chunks: Iterable[Any]
    ignored: FileNames  # files that are not images


def make_job(
    paths: Paths, config: DatasetConfig, card: Card, source: Path | None, work: Path
) -> Job:
    """Find the source of the images. ``work`` is a folder for what must be unpacked.

    Raises UserError if it is missing or cannot be read.
    """
    if card.renderer is not None:
        return _drawing_job(config, card, card.renderer, source)
    if card.kind == "lfw" and source is None:
        return _reading_job(config, fetch_lfw(paths.downloads("lfw")), card.source, work)
    path = source or paths.root / config.source
    return _reading_job(config, path, str(source or config.source), work)


def _drawing_job(config: DatasetConfig, card: Card, renderer: str, source: Path | None) -> Job:
    if source is not None:
        raise UserError(f"{config.card} is drawn, not read: it takes no --source")
    if config.count is None:
        raise UserError(f"{config.card} is drawn: say how many images with count")
    count = config.count
    return Job(
        origin=card.source,
        container="a renderer",
        count=count,
        wanted=count,
        needed=count,
        work=partial(draw, renderer=renderer, resolution=config.side, seed=config.seed),
        chunks=[range(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK)],
        ignored=FileNames(),
    )


def _reading_job(config: DatasetConfig, path: Path, origin: str, work: Path) -> Job:
    source = open_source(path, work)
    preprocessing = Preprocessing(
        config.side, config.crop, config.crop_size, config.filter, config.seed
    )
    return Job(
        origin=origin,
        container=source.kind,
        count=len(source.entries),
        wanted=config.count,
        needed=config.count or config.held_out + 2,
        work=partial(preprocess, preprocessing=preprocessing),
        chunks=_chunks(source.samples(), config.side**2 * 3),
        ignored=source.ignored,
    )


def _chunks(samples: Iterable[Sample], image_bytes: int) -> Iterator[list[Sample]]:
    chunk: list[Sample] = []
    size = 0
    for sample in samples:
        chunk.append(sample)
        size += max(image_bytes, sample.nbytes)
        if len(chunk) == CHUNK or size >= CHUNK_BYTES:
            yield chunk
            chunk = []
            size = 0
    if chunk:
        yield chunk


def run_job(job: Job, workers: int | None) -> Generator[WorkerResult, None, None]:
    """Make the chunks in ``workers`` processes (the cores, if None); the results are in order.

    Four chunks for each worker are taken at a time, which bounds memory: joblib itself would go on
    while results wait to be written. Raises UserError if the source cannot be read or if a worker
    dies.
    """
    workers = workers or cpu_count()
    pool = Parallel(
        workers,
        return_as="generator",
        batch_size=1,
        max_nbytes=None,
        initializer=end_with_parent,
        initargs=(os.getpid(),),
    )
    chunks = iter(job.chunks)
    try:
        while some := list(islice(chunks, 4 * workers)):
            yield from pool(delayed(job.work)(chunk) for chunk in some)
    except BrokenProcessPool as error:
        raise UserError(
            f"a worker died (killed, or out of memory?) while {job.origin} was prepared; "
            "--workers 1 needs least memory"
        ) from error
    except OSError as error:
        raise UserError(
            f"cannot read {error.filename or job.origin}: {error.strerror or error}"
        ) from error
