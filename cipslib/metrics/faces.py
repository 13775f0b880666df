"""Faces by MTCNN (facenet-pytorch): in how many pictures there is one, and their descriptors.

MTCNN's weights come with the package, so that finding faces needs no download.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import torch
from facenet_pytorch import MTCNN, extract_face
from PIL import Image

from cipslib.metrics.descriptors import Descriptor
from cipslib.metrics.protocol import Entry
from cipslib.shapes import Bool, Float, UInt8

SMALLEST = 64  # pixels: smaller pictures are enlarged to this, MTCNN sees little below it
CROP = 160  # pixels, as FaceNet takes them
BATCH = 50
THRESHOLDS = (0.6, 0.7, 0.7)  # of MTCNN's three networks, facenet-pytorch's defaults
SMALLEST_FACE = 20  # pixels of the enlarged picture, likewise
# What a protocol says of it.
DETECTION: dict[str, Entry] = {
    "extractor": f"MTCNN (facenet-pytorch {version('facenet-pytorch')})",
    "thresholds": ", ".join(map(str, THRESHOLDS)),
    "smallest_face": f"{SMALLEST_FACE} px",
    "resize": f"pictures with a side below {SMALLEST} px: enlarged to it, bicubic",
    "batches": f"of {BATCH}, in order",
}


@dataclass(frozen=True)
class FaceDescriptors:
    """Descriptors of the pictures in which a face was found."""

    vectors: Float[np.ndarray, "found dim"]
    pictures: np.ndarray  # (found,): which picture each is of
    boxes: Float[np.ndarray, "found 4"]  # left, top, right, bottom, in the picture's own pixels
    searched: int

    @property
    def rate(self) -> float:
        """The share of pictures in which a face was found."""
        return len(self.pictures) / self.searched


def faces_found(
    images: UInt8[np.ndarray, "count h w 3"], device: torch.device | str = "cpu"
) -> Bool[np.ndarray, " count"]:
    """In which pictures MTCNN finds at least one face."""
    found = [box is not None for _, boxes, _ in _detect(images, device) for box in boxes]
    return np.array(found)


def describe_faces(
    images: UInt8[np.ndarray, "count h w 3"],
    descriptor: Descriptor,
    device: torch.device | str = "cpu",
) -> FaceDescriptors:
    """The largest face of each picture, cropped by MTCNN to 160 px, and described (App. E).

    Batch by batch, so that ``images`` may be an array on disk. Pictures without a face are left
    out and lower the ``rate``. Raises ValueError if there are no pictures, no face in any, or a
    descriptor is not finite.
    """
    vectors, pictures, found_boxes = [], [], []
    searched = 0
    for enlarged, boxes, scale in _detect(images, device):
        found = [(i, box[0]) for i, box in enumerate(boxes) if box is not None]
        if found:
            crops = [_crop(enlarged[i], box) for i, box in found]
            vectors.append(_described(descriptor, np.stack(crops)))
            pictures += [searched + i for i, _ in found]
            found_boxes += [box / scale for _, box in found]
        searched += len(enlarged)
    if not pictures:
        raise ValueError(f"MTCNN finds no face in any of the {searched} pictures")
    return FaceDescriptors(
        np.concatenate(vectors), np.array(pictures), np.stack(found_boxes).astype(float), searched
    )


def describe_pictures(
    images: UInt8[np.ndarray, "count h w 3"], descriptor: Descriptor
) -> Float[np.ndarray, "count dim"]:
    """Descriptors of whole pictures, for data without faces. Errors: as ``describe_faces``."""
    if len(images) == 0:
        raise ValueError("there are no pictures to describe")
    return np.concatenate(
        [
            _described(descriptor, np.array(images[start : start + BATCH]))
            for start in range(0, len(images), BATCH)
        ]
    )


def _described(descriptor: Descriptor, images: np.ndarray) -> np.ndarray:
    vectors = descriptor.describe(images)
    if not np.isfinite(vectors).all():
        raise ValueError(f"a descriptor ({descriptor.name}) is not finite")
    return vectors


def _detect(
    images: UInt8[np.ndarray, "count h w 3"], device: torch.device | str
) -> Iterator[tuple[list[Image.Image], list[np.ndarray | None], float]]:
    """Enlarged pictures, boxes of each one's faces (largest first) or None, and the enlargement."""
    if len(images) == 0:
        raise ValueError("there are no pictures to look for faces in")
    detector = MTCNN(
        thresholds=list(THRESHOLDS), min_face_size=SMALLEST_FACE, device=torch.device(device)
    )
    height, width = images.shape[1:3]
    scale = max(1.0, SMALLEST / min(height, width))
    size = (round(scale * width), round(scale * height))
    for start in range(0, len(images), BATCH):
        batch = [
            Image.fromarray(image).resize(size, Image.Resampling.BICUBIC)
            for image in images[start : start + BATCH]
        ]
        yield batch, [_inside(boxes, size) for boxes in _boxes(detector, batch)], scale


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
