"""What the worker processes do: from images as they are stored to arrays, with a record of each.

They import this module alone, which needs no torch: 66 MB a worker, not 570.
"""

import hashlib
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image

from cipslib.utils.shapes import UInt8
from replication.datasets.decode import Preprocessing, Rejected, crop_and_resize, decode
from replication.datasets.sources.base import Sample


class Record(NamedTuple):
    """What became of one sample."""

    name: str
    source_sha256: str  # of the encoded image, in hexadecimal; empty if there is none
    image_sha256: str  # of the pixels in the array; empty if there are none
    side: int  # its shorter side before, px; 0 if that is not known
    animated: bool  # only the first of several frames was taken
    problem: str  # why it was not taken; empty if it was


@dataclass(frozen=True)
class WorkerResult:
    """The records of some samples, and the images of those that were taken, in order."""

    records: list[Record]
    images: UInt8[np.ndarray, "count h w 3"]

    def first(self, count: int) -> "WorkerResult":
        """Return what comes before image number ``count`` of those that were taken."""
        if len(self.images) <= count:
            return self
        taken = [index for index, record in enumerate(self.records) if not record.problem]
        return WorkerResult(self.records[: taken[count]], self.images[:count])


def preprocess(samples: Sequence[Sample], preprocessing: Preprocessing) -> WorkerResult:
    """Decode, crop and resize each sample."""
    side = preprocessing.resolution
    records = []
    images = [np.empty((0, side, side, 3), np.uint8)]
    for sample in samples:
        try:
            record, image = _preprocess_one(sample, preprocessing)
            images.append(image[None])
        except Rejected as error:
            record = Record(sample.name, _source_sha256(sample), "", 0, False, str(error))
        records.append(record)
    return WorkerResult(records, np.concatenate(images))


def _preprocess_one(sample: Sample, preprocessing: Preprocessing) -> tuple[Record, np.ndarray]:
    if isinstance(sample.content, Rejected):
        raise sample.content
    if isinstance(sample.content, bytes):
        image, animated = decode(sample.content)
    else:
        array = sample.content
        image = Image.fromarray(array.squeeze(2) if array.shape[2:] == (1,) else array)
        animated = False
    result = crop_and_resize(image, preprocessing, sample.index)
    digest = _sha256(result.tobytes())
    source = _source_sha256(sample)
    return Record(sample.name, source, digest, min(image.size), animated, ""), result


def _source_sha256(sample: Sample) -> str:
    content = sample.content
    if isinstance(content, Rejected):
        return ""
    return _sha256(content if isinstance(content, bytes) else content.tobytes())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def draw(indices: Sequence[int], renderer: str, resolution: int, seed: int) -> WorkerResult:
    """Draw images of a synthetic set."""
    from synthetic import render

    images = render(renderer, indices, resolution, seed)
    records = [
        Record(f"{renderer}:{index}", "", _sha256(image.tobytes()), 0, False, "")
        for index, image in zip(indices, images, strict=True)
    ]
    return WorkerResult(records, images)


def end_with_parent(parent: int) -> None:
    """Watch the parent from a thread: a worker whose parent was killed would wait for ever."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
