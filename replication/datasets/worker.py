"""What the worker processes do: from images as they are stored to arrays, with a record of each.

They import this module alone, which needs no torch: 66 MB a worker, not 570.
"""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cipslib.utils.shapes import UInt8
from replication.datasets.config import DatasetConfig
from replication.datasets.decode import BROKEN_METADATA, Rejected, crop_and_resize, open_image
from replication.datasets.sources.base import Sample


class Record(NamedTuple):
    """What became of one sample."""

    name: str
    source_sha256: str  # of the encoded image, in hexadecimal; empty if there is none
    image_sha256: str  # of the pixels in the array; empty if there are none
    side: int  # its shorter side before, px; 0 if that is not known
    problem: str  # why it was not taken; empty if it was
    upright: bool = True  # False: its metadata are broken, and it was taken as it stands


Made = tuple[Record, UInt8[np.ndarray, "h w 3"] | None]  # None: it was not taken


def preprocess(samples: Sequence[Sample], config: DatasetConfig) -> list[Made]:
    """Decode, crop and resize each sample."""
    return [_preprocess_one(sample, config) for sample in samples]


def _preprocess_one(sample: Sample, config: DatasetConfig) -> Made:
    content = sample.content
    source = "" if isinstance(content, Rejected) else _sha256(content)
    try:
        image = open_image(content)
        pixels = crop_and_resize(image, config, sample.index)
    except Rejected as error:
        return Record(sample.name, source, "", 0, str(error)), None
    upright = BROKEN_METADATA not in image.info
    return Record(sample.name, source, _sha256(pixels), min(image.size), "", upright), pixels


def draw(indices: Sequence[int], renderer: str, resolution: int, seed: int) -> list[Made]:
    """Draw images of a synthetic set."""
    from synthetic import render

    images = render(renderer, indices, resolution, seed)
    return [
        (Record(f"{renderer}:{index}", "", _sha256(image), 0, ""), image)
        for index, image in zip(indices, images, strict=True)
    ]


def _sha256(content: bytes | np.ndarray) -> str:
    return hashlib.sha256(content if isinstance(content, bytes) else content.data).hexdigest()
