"""Faces by MTCNN (facenet-pytorch): in how many images there is one, and their descriptors.

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

SMALLEST = 64  # pixels: smaller images are enlarged to this, MTCNN sees little below it
CROP = 160  # pixels, as FaceNet takes them
BATCH = 50
THRESHOLDS = (0.6, 0.7, 0.7)  # of MTCNN's three networks, facenet-pytorch's defaults
SMALLEST_FACE = 20  # pixels of the enlarged image, likewise
# What a protocol says of it.
DETECTION: dict[str, ProtocolValue] = {
    "extractor": f"MTCNN (facenet-pytorch {version('facenet-pytorch')})",
    "thresholds": ", ".join(map(str, THRESHOLDS)),
    "smallest_face": f"{SMALLEST_FACE} px",
    "resize": f"images with a side below {SMALLEST} px: enlarged to it, bicubic",
    "batches": f"of {BATCH}, in order",
}


# An array, which may be on disk, or batches as they come, of one size: none is kept.
Images = UInt8[np.ndarray, "_ _ _ 3"] | Iterable[UInt8[np.ndarray, "_ _ _ 3"]]
# Of a batch: what is described of each image that has it, where that is, and which images have it.
Crops = tuple[UInt8[np.ndarray, "found _ _ 3"], Float[np.ndarray, "found 4"], np.ndarray]


@dataclass(frozen=True)
class Descriptors:
    """Descriptors of images, or of the largest face of each image that has one."""

    vectors: Float[np.ndarray, "found dim"]
    images: Int[np.ndarray, " found"]  # which image each is of; mirrored ones come last
    boxes: Float[np.ndarray, "found 4"]  # left, top, right, bottom, in the image's own pixels
    found: Bool[np.ndarray, " searched"]  # in which images there was a face

    @property
    def mirrored(self) -> Bool[np.ndarray, " found"]:
        """Which rows are of mirror images; the boxes are those in the image all the same."""
        return np.arange(len(self.vectors)) >= self.found.sum()


class NothingFoundError(ValueError):
    """There are no images, or there is no face in any."""


def faces_found(images: Images, device: torch.device | str = "cpu") -> Bool[np.ndarray, " count"]:
    """Return in which images MTCNN finds at least one face."""
    return np.array([box is not None for _, boxes, _ in _detect(images, device) for box in boxes])


def describe_faces(
    images: Images,
    descriptor: Descriptor,
    device: torch.device | str = "cpu",
    mirrored: bool = False,
) -> Descriptors:
    """Describe the largest face of each image, cropped by MTCNN to 160 px (App. E).

    Images without a face are left out, and counted. ``mirrored``: the crops' mirror images are
    described, too. Raises NothingFoundError if there are no images or no face in any, ValueError
    for a descriptor that is not finite.
    """
    return _describe(_face_crops(images, device), descriptor, mirrored)


def describe_images(images: Images, descriptor: Descriptor, mirrored: bool = False) -> Descriptors:
    """Describe whole images, for data without faces. Errors: as ``describe_faces``."""
    return _describe(_whole_images(images), descriptor, mirrored)


def _describe(batches: Iterable[Crops], descriptor: Descriptor, mirrored: bool) -> Descriptors:
    vectors, flipped, boxes, found = [], [], [], [np.zeros(0, dtype=bool)]
    for crops, places, having in batches:
        found.append(having)
        if len(crops):
            boxes.append(places)
            vectors.append(_vectors(descriptor, crops))
            if mirrored:
                flipped.append(_vectors(descriptor, crops[:, :, ::-1]))
    having = np.concatenate(found)
    if not vectors:
        raise NothingFoundError(
            f"MTCNN finds no face in any of the {len(having)} images"
            if len(having)
            else "there are no images to describe"
        )
    times = 2 if mirrored else 1
    return Descriptors(
        np.concatenate(vectors + flipped),
        np.tile(np.flatnonzero(having), times),
        np.tile(np.concatenate(boxes), (times, 1)),
        having,
    )


def _vectors(descriptor: Descriptor, images: np.ndarray) -> np.ndarray:
    vectors = descriptor.describe(np.ascontiguousarray(images))
    if not np.isfinite(vectors).all():
        raise ValueError(f"a descriptor ({descriptor.name}) is not finite")
    return vectors


def _whole_images(images: Images) -> Iterator[Crops]:
    for batch in _batches(images):
        whole = np.array([0.0, 0.0, batch.shape[2], batch.shape[1]])
        yield batch, np.tile(whole, (len(batch), 1)), np.ones(len(batch), dtype=bool)


def _face_crops(images: Images, device: torch.device | str) -> Iterator[Crops]:
    for enlarged, boxes, scale in _detect(images, device):
        largest = [
            (image, found[0])
            for image, found in zip(enlarged, boxes, strict=True)
            if found is not None
        ]
        crops = [extract_face(image, box, CROP).permute(1, 2, 0).numpy() for image, box in largest]
        yield (
            np.array(crops, np.uint8).reshape(-1, CROP, CROP, 3),
            np.array([box / scale for _, box in largest], float).reshape(-1, 4),
            np.array([found is not None for found in boxes]),
        )


def _batches(images: Images) -> Iterator[UInt8[np.ndarray, "_ _ _ 3"]]:
    for part in [images] if isinstance(images, np.ndarray) else images:
        for start in range(0, len(part), BATCH):
            yield np.array(part[start : start + BATCH])


def _detect(
    images: Images, device: torch.device | str
) -> Iterator[tuple[list[Image.Image], list[np.ndarray | None], float]]:
    """Yield enlarged images, boxes of each one's faces (largest first) or None, the enlargement."""
    detector = MTCNN(
        thresholds=list(THRESHOLDS), min_face_size=SMALLEST_FACE, device=torch.device(device)
    )
    # Half of a CPU's time went into pooling with channels first.
    detector.to(memory_format=torch.channels_last)
    for batch in _batches(images):
        height, width = batch.shape[1:3]
        scale = max(1.0, SMALLEST / min(height, width))
        size = (round(scale * width), round(scale * height))
        enlarged = [Image.fromarray(p).resize(size, Image.Resampling.BICUBIC) for p in batch]
        yield enlarged, [_inside(boxes, size) for boxes in _boxes(detector, enlarged)], scale


def _boxes(detector: MTCNN, batch: list[Image.Image]) -> list[np.ndarray | None]:
    """Return each image's boxes, or None.

    facenet-pytorch 2.5.3 fails on a whole batch if in one image a candidate lies all outside it.
    Then each is searched alone, and that one counts as without a face.
    """
    try:
        return list(detector.detect(batch)[0])
    except IndexError:
        if len(batch) == 1:
            return [None]
        return [boxes for image in batch for boxes in _boxes(detector, [image])]


def _inside(boxes: np.ndarray | None, size: tuple[int, int]) -> np.ndarray | None:
    """Return the boxes that cover a pixel of the image, cut at its borders; None if none does."""
    if boxes is None:
        return None
    cut = boxes.astype(float).clip(0, (*size, *size))
    kept = cut[(np.trunc(cut[:, 2:]) > np.trunc(cut[:, :2])).all(axis=1)]
    return kept if len(kept) else None
