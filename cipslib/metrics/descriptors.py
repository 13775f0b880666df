"""Images -> vectors whose distance says how alike they are (App. E), as the profile names them.

Distances of two descriptors do not compare; none stands in for another.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from cipslib.features.extractors import load_network
from cipslib.utils.shapes import Float, UInt8

PIXELS = 16  # a side of the shrunk image
DESCRIPTORS = ("pixels", "random", "facenet")  # what evaluation.descriptor may be


@dataclass(frozen=True)
class Descriptor:
    """A function of images, what a protocol says of it, and the hash of its weights if any."""

    name: str
    describe: Callable[[UInt8[np.ndarray, "_ h w 3"]], Float[np.ndarray, "_ dim"]]
    weights_sha256: str | None = None


def load_descriptor(name: str, folder: Path, device: torch.device | str = "cpu") -> Descriptor:
    """Load an entry of DESCRIPTORS; ``folder`` has the weights.

    Raises UserError if there are none: it names file, folder and command.
    """
    if name == "pixels":
        return pixels(PIXELS)
    network = load_network(name, folder, device, "evaluation.descriptor")
    return Descriptor(network.extractor.about, network.features, network.weights_sha256)


def pixels(side: int) -> Descriptor:
    """Describe by the colours of the image shrunk to ``side`` x ``side`` (box filter), in [0, 1].

    It needs no network, and sees copies; it takes a face in another light for another face.
    """

    def describe(images: UInt8[np.ndarray, "count h w 3"]) -> Float[np.ndarray, "count dim"]:
        small = [
            np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BOX))
            for image in images
        ]
        return np.stack(small).reshape(len(images), -1).astype(np.float32) / 255

    return Descriptor(f"colours at {side} x {side} px (box filter)", describe)
