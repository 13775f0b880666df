"""The image files that other evaluations write and read: what they do to the pixels."""

from io import BytesIO

import numpy as np
from PIL import Image

from cipslib.utils.shapes import UInt8

JPEG_QUALITY = 85  # the release's, for real images (docs/fidelity.md, D1)
# What happens to (real, generated) images, and how the protocol says so.
FORMATS = {
    "none": (None, None, "uint8 arrays, no image file in between"),
    "png": ("png", "png", "PNG: the pixels are unchanged"),
    "jpeg85": ("jpeg", "png", "real images as JPEG of quality 85, generated ones as PNG"),
}


def through_file(
    images: UInt8[np.ndarray, "count h w 3"], kind: str | None
) -> UInt8[np.ndarray, "count h w 3"]:
    """The images as they come back from files of a kind: "png", "jpeg", or None, as they are."""
    if kind is None:
        return images
    options = {"quality": JPEG_QUALITY} if kind == "jpeg" else {"compress_level": 1}
    read = np.empty_like(images)
    for i, image in enumerate(images):
        file = BytesIO()
        Image.fromarray(image).save(file, format=kind, **options)
        read[i] = np.asarray(Image.open(file))
    return read
