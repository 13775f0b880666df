"""In how many pictures MTCNN finds a face: a measure of face quality that needs no download."""

import numpy as np
from facenet_pytorch import MTCNN
from PIL import Image

from cipslib.shapes import UInt8

SMALLEST = 64  # pixels: smaller pictures are enlarged to this, MTCNN sees little below it
BATCH = 50


def face_rate(images: UInt8[np.ndarray, "count size size 3"]) -> float:
    """The share of pictures in which MTCNN finds at least one face."""
    detector = MTCNN(device="cpu")
    size = max(images.shape[1], SMALLEST)
    pictures = [
        Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC) for image in images
    ]
    found = 0
    for start in range(0, len(pictures), BATCH):
        boxes, _ = detector.detect(pictures[start : start + BATCH])
        found += sum(box is not None for box in boxes)
    return found / len(pictures)
