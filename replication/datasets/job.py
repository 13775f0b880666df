"""What there is to do for a data set, and the worker processes that do it."""

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from joblib import Parallel, cpu_count, delayed  # type: ignore[import-untyped]

from cipslib.utils.downloads import fetch
from cipslib.utils.errors import UserError
from replication.datasets.cards import Card
from replication.datasets.config import DatasetConfig
from replication.datasets.sources import open_source
from replication.datasets.sources.base import FileNames, Sample
from replication.datasets.sources.lfw import LFW
from replication.datasets.worker import Made, draw, preprocess
from replication.paths import Paths

CHUNK = 64  # images that a worker makes at a time, at most
CHUNK_BYTES = 2**22  # of their pixels or of their files, whichever are more, at most


@dataclass(frozen=True)
class Job:
    """What is to be made, and how."""

    origin: str  # for the card
    container: str  # its kind
    count: int  # of samples
    ignored: FileNames  # files that are not images
    make: Callable[[Any], list[Made]]  # makes one chunk, in a worker
    chunks: Iterable[Any]


def make_job(
    paths: Paths, config: DatasetConfig, card: Card, source: Path | None, work: Path
) -> Job:
    """Find the source of the images. ``work`` is a folder for what must be unpacked.

    Raises UserError if it is missing or cannot be read.
    """
    if card.renderer is not None:
        return _drawing_job(config, card, card.renderer, source)
    if card.kind == "lfw" and source is None:
        path = fetch(LFW, paths.downloads("lfw"))
        origin = card.source
    else:
        path = source or paths.root / config.source
        given = source or Path(config.source)  # a report names no user's folders
        origin = given.name if given.is_absolute() else str(given)
    opened = open_source(path, work)
    return Job(
        origin=origin,
        container=opened.kind,
        count=len(opened.names),
        ignored=opened.ignored,
        make=partial(preprocess, config=config),
        chunks=_chunks(opened.samples(), config.side**2 * 3),
    )


def _drawing_job(config: DatasetConfig, card: Card, renderer: str, source: Path | None) -> Job:
    if source is not None:
        raise UserError(f"{config.card} is drawn, not read: it takes no --source")
    if config.count is None:
        raise UserError(f"{config.card} is drawn: say how many images with count")
    indices = range(config.count)
    return Job(
        origin=card.source,
        container="a renderer",
        count=config.count,
        ignored=FileNames(),
        make=partial(draw, renderer=renderer, resolution=config.side, seed=config.seed),
        chunks=[indices[first : first + CHUNK] for first in indices[::CHUNK]],
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


def run_job(job: Job, workers: int | None) -> Generator[Made, None, None]:
    """Make the images in ``workers`` processes (the cores, if None), in order, one at a time.

    Four chunks for each worker are taken at a time, which bounds memory: joblib itself would go on
    while results wait to be written. Raises UserError if the source cannot be read or if a worker
    dies.
    """
    workers = workers or cpu_count()
    pool = Parallel(workers, return_as="generator", batch_size=1, max_nbytes=None)
    chunks = iter(job.chunks)
    try:
        while some := list(islice(chunks, 4 * workers)):
            for made in pool(delayed(job.make)(chunk) for chunk in some):
                yield from made
    except BrokenProcessPool as error:
        raise UserError(
            f"a worker died (killed, or out of memory?) while {job.origin} was prepared; "
            "--workers 1 needs least memory"
        ) from error
    except OSError as error:
        raise UserError(
            f"cannot read {error.filename or job.origin}: {error.strerror or error}"
        ) from error
