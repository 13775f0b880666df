"""Faces by MTCNN (facenet-pytorch): in how many pictures there is one, and their descriptors.

MTCNN's weights come with the package, so that finding faces needs no download.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import torch
from facenet_pytorch import MTCNN, extract_face
from PIL import Image

from cipslib.metrics.descriptors import Descriptor
from cipslib.metrics.measurement import ProtocolValue
from cipslib.utils.shapes import Bool, Float, Int, UInt8

SMALLEST = 64  # pixels: smaller pictures are enlarged to this, MTCNN sees little below it
CROP = 160  # pixels, as FaceNet takes them
BATCH = 50
THRESHOLDS = (0.6, 0.7, 0.7)  # of MTCNN's three networks, facenet-pytorch's defaults
SMALLEST_FACE = 20  # pixels of the enlarged picture, likewise
# What a protocol says of it.
DETECTION: dict[str, ProtocolValue] = {
    "extractor": f"MTCNN (facenet-pytorch {version('facenet-pytorch')})",
    "thresholds": ", ".join(map(str, THRESHOLDS)),
    "smallest_face": f"{SMALLEST_FACE} px",
    "resize": f"pictures with a side below {SMALLEST} px: enlarged to it, bicubic",
    "batches": f"of {BATCH}, in order",
}


# An array, which may be on disk, or portions as they come, of one size: none is kept.
Pictures = UInt8[np.ndarray, "_ _ _ 3"] | Iterable[UInt8[np.ndarray, "_ _ _ 3"]]


@dataclass(frozen=True)
class Described:
    """Descriptors of pictures, or of the largest face of each picture that has one."""

    vectors: Float[np.ndarray, "found dim"]
    pictures: Int[np.ndarray, " found"]  # which picture each is of; mirrored ones come last
    boxes: Float[np.ndarray, "found 4"]  # left, top, right, bottom, in the picture's own pixels
    found: Bool[np.ndarray, " searched"]  # in which pictures there was a face

    @property
    def mirrored(self) -> Bool[np.ndarray, " found"]:
        """Which rows are of mirror images; the boxes are those in the picture all the same."""
        return np.arange(len(self.vectors)) >= self.found.sum()


class NothingFoundError(ValueError):
    """There are no pictures, or there is no face in any."""


def faces_found(images: Pictures, device: torch.device | str = "cpu") -> Bool[np.ndarray, " count"]:
    """In which pictures MTCNN finds at least one face."""
    return np.array([box is not None for _, boxes, _ in _detect(images, device) for box in boxes])


def describe_faces(
    images: Pictures,
    descriptor: Descriptor,
    device: torch.device | str = "cpu",
    mirrored: bool = False,
) -> Described:
    """The largest face of each picture, cropped by MTCNN to 160 px, and described (App. E).

    Pictures without a face are left out, and counted. ``mirrored``: the crops' mirror images are
    described, too. Raises NothingFoundError if there are no pictures or no face in any, ValueError
    for a descriptor that is not finite.
    """
    vectors, flipped, pictures, boxes_found = [], [], [], []
    found: list[bool] = []
    for enlarged, boxes, scale in _detect(images, device):
        having = [(i, box[0]) for i, box in enumerate(boxes) if box is not None]
        if having:
            crops = np.stack([_crop(enlarged[i], box) for i, box in having])
            vectors.append(_described(descriptor, crops))
            if mirrored:
                flipped.append(_described(descriptor, crops[:, :, ::-1]))
            pictures += [len(found) + i for i, _ in having]
            boxes_found += [box / scale for _, box in having]
        found += [box is not None for box in boxes]
    if not pictures:
        raise NothingFoundError(f"MTCNN finds no face in any of the {len(found)} pictures")
    times = 2 if mirrored else 1
    return Described(
        np.concatenate(vectors + flipped),
        np.tile(np.array(pictures), times),
        np.tile(np.stack(boxes_found).astype(float), (times, 1)),
        np.array(found),
    )


def describe_pictures(
    images: Pictures, descriptor: Descriptor, mirrored: bool = False
) -> Described:
    """Of whole pictures, for data without faces. Errors: as ``describe_faces``."""
    vectors, flipped, count, size = [], [], 0, (0, 0)
    for batch in _batches(images):
        vectors.append(_described(descriptor, batch))
        if mirrored:
            flipped.append(_described(descriptor, batch[:, :, ::-1]))
        count, size = count + len(batch), (batch.shape[2], batch.shape[1])
    if count == 0:
        raise NothingFoundError("there are no pictures to describe")
    times = 2 if mirrored else 1
    return Described(
        np.concatenate(vectors + flipped),
        np.tile(np.arange(count), times),
        np.tile(np.array([0.0, 0.0, *size]), (times * count, 1)),
        np.ones(count, dtype=bool),
    )


def _described(descriptor: Descriptor, images: np.ndarray) -> np.ndarray:
    vectors = descriptor.describe(np.ascontiguousarray(images))
    if not np.isfinite(vectors).all():
        raise ValueError(f"a descriptor ({descriptor.name}) is not finite")
    return vectors


def _batches(images: Pictures) -> Iterator[UInt8[np.ndarray, "_ _ _ 3"]]:
    for part in [images] if isinstance(images, np.ndarray) else images:
        for start in range(0, len(part), BATCH):
            yield np.array(part[start : start + BATCH])


def _detect(
    images: Pictures, device: torch.device | str
) -> Iterator[tuple[list[Image.Image], list[np.ndarray | None], float]]:
    """Enlarged pictures, boxes of each one's faces (largest first) or None, and the enlargement."""
    detector = MTCNN(
        thresholds=list(THRESHOLDS), min_face_size=SMALLEST_FACE, device=torch.device(device)
    )
    # Half of a CPU's time went into pooling with channels first.
    detector.to(memory_format=torch.channels_last)
    empty = True
    for batch in _batches(images):
        height, width = batch.shape[1:3]
        scale = max(1.0, SMALLEST / min(height, width))
        size = (round(scale * width), round(scale * height))
        enlarged = [Image.fromarray(p).resize(size, Image.Resampling.BICUBIC) for p in batch]
        yield enlarged, [_inside(boxes, size) for boxes in _boxes(detector, enlarged)], scale
        empty = False
    if empty:
        raise NothingFoundError("there are no pictures to look for faces in")


def _boxes(detector: MTCNN, batch: list[Image.Image]) -> list[np.ndarray | None]:
    """Each picture's boxes, or None.

    facenet-pytorch 2.5.3 fails on a whole batch if in one picture a candidate lies all outside it.
    Then each is searched alone, and that one counts as without a face.
    """
    try:
        return list(detector.detect(batch)[0])
    except IndexError:
        if len(batch) == 1:
            return [None]
        return [boxes for picture in batch for boxes in _boxes(detector, [picture])]


def _inside(boxes: np.ndarray | None, size: tuple[int, int]) -> np.ndarray | None:
    """The boxes that cover at least a pixel of the picture, cut at its borders; None if none."""
    if boxes is None:
        return None
    cut = boxes.astype(float).clip(0, (*size, *size))
    kept = cut[(np.trunc(cut[:, 2:]) > np.trunc(cut[:, :2])).all(axis=1)]
    return kept if len(kept) else None


def _crop(picture: Image.Image, box: np.ndarray) -> UInt8[np.ndarray, "160 160 3"]:
    return extract_face(picture, box, CROP).permute(1, 2, 0).numpy().astype(np.uint8)
