"""Faces by MTCNN (facenet-pytorch): in how many pictures there is one, and their descriptors.

MTCNN's weights come with the package, so that finding faces needs no download.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from facenet_pytorch import MTCNN, extract_face
from PIL import Image

from cipslib.shapes import Float, UInt8

SMALLEST = 64  # pixels: smaller pictures are enlarged to this, MTCNN sees little below it
CROP = 160  # pixels, as FaceNet takes them
BATCH = 50


@dataclass(frozen=True)
class Descriptor:
    """Pictures -> vectors whose distance says how alike they are, and what to call it."""

    name: str  # part of the protocol: distances of two descriptors do not compare
    describe: Callable[[UInt8[np.ndarray, "_ h w 3"]], Float[np.ndarray, "_ dim"]]


def pixels(side: int) -> Descriptor:
    """The colours of the picture shrunk to ``side`` x ``side`` (box filter), in [0, 1].

    It needs no network, and sees copies; it takes a face in another light for another face.
    """

    def describe(images: UInt8[np.ndarray, "count h w 3"]) -> Float[np.ndarray, "count dim"]:
        small = [
            np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BOX))
            for image in images
        ]
        return np.stack(small).reshape(len(images), -1).astype(np.float32) / 255

    return Descriptor(f"pixels at {side} x {side}", describe)


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


def face_rate(images: UInt8[np.ndarray, "count h w 3"], device: str = "cpu") -> float:
    """The share of pictures in which MTCNN finds at least one face."""
    found = [box is not None for _, boxes, _ in _detect(images, device) for box in boxes]
    return sum(found) / len(found)


def describe_faces(
    images: UInt8[np.ndarray, "count h w 3"], descriptor: Descriptor, device: str = "cpu"
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
    images: UInt8[np.ndarray, "count h w 3"], device: str
) -> Iterator[tuple[list[Image.Image], list[np.ndarray | None], float]]:
    """Enlarged pictures, boxes of each one's faces (largest first) or None, and the enlargement."""
    if len(images) == 0:
        raise ValueError("there are no pictures to look for faces in")
    detector = MTCNN(device=torch.device(device))
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
