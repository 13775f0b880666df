"""Images -> feature vectors, by a network that the profile names.

Those of O-Net and the random ones need no download. What is computed from anything but Inception
is never called FID; benchmarks/metric_ranking.py shows what each extractor sees.
"""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cipslib.features.facenet import FaceNet
from cipslib.features.inception import FidelityInception, resize_clean
from cipslib.features.onet import ONetFeatures
from cipslib.features.scripted import ScriptedInception, ScriptedVGG
from cipslib.features.weights import TABLE
from cipslib.utils.downloads import locate
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float, UInt8

BATCH = 128


class RandomFeatures(nn.Module):
    """Three strided convolutions with seeded, fixed weights; each level is pooled to 2 x 2."""

    WIDTHS = (16, 32, 48)
    DIM = 4 * sum(WIDTHS)
    SEED = 2011  # changing it, or anything else here, changes every number: it is the protocol
    NAME = f"random: {len(WIDTHS)} convolutions, seed {SEED}, {DIM} features"

    def __init__(self) -> None:
        super().__init__()
        random = np.random.default_rng(self.SEED)
        channels = (3, *self.WIDTHS)
        self.kernels = nn.ParameterList()
        for inputs, outputs in pairwise(channels):
            kernel = random.standard_normal((outputs, inputs, 3, 3), dtype=np.float32)
            kernel *= math.sqrt(2 / (9 * inputs))  # He: keeps the variance through a ReLU
            self.kernels.append(nn.Parameter(torch.from_numpy(kernel), requires_grad=False))

    def forward(self, images: Float[Tensor, "batch 3 h w"]) -> Float[Tensor, "batch dim"]:
        x = images / 127.5 - 1.0  # 0..255, as all networks here take them
        levels = []
        for kernel in self.kernels:
            x = F.relu(F.conv2d(x, kernel, stride=2, padding=1))
            levels.append(F.adaptive_avg_pool2d(x, 2).flatten(1))
        return torch.cat(levels, dim=1)


@dataclass(frozen=True)
class Extractor:
    """A kind of features: which network of which file, and what happens to images before it."""

    dim: int
    about: str  # for protocols
    resize: str  # likewise
    label: str  # of the numbers' names
    inception: bool  # a Frechet distance of these features is an FID, a kernel distance a KID
    weights: str | None  # an entry of weights.TABLE
    build: Callable[[Path], nn.Module]  # of the weights' file
    preprocess: Callable[[np.ndarray], np.ndarray] | None = None  # each image, before the network


EXTRACTORS = {
    "random": Extractor(
        dim=RandomFeatures.DIM,
        about=RandomFeatures.NAME,
        resize="none",
        label="random features",
        inception=False,
        weights=None,
        build=lambda _: RandomFeatures(),
    ),
    "onet": Extractor(
        dim=256,
        about="O-Net of MTCNN (facenet-pytorch's weights), 256 features before its outputs",
        resize="48 px, bilinear with antialiasing",
        label="O-Net features",
        inception=False,
        weights=None,
        build=lambda _: ONetFeatures(),
    ),
    "inception-clean": Extractor(
        dim=2048,
        about="Inception V3 (TensorFlow 2015, NVIDIA's TorchScript), last pooling, 2048 features",
        resize="299 px, Pillow bicubic with antialiasing, not rounded (clean-fid's `clean`)",
        label="clean-fid",
        inception=True,
        weights="inception",
        build=ScriptedInception,
        preprocess=resize_clean,
    ),
    "inception-fidelity": Extractor(
        dim=2048,
        about="Inception V3 (TensorFlow 2015, torch-fidelity's), last pooling, 2048 features",
        resize="299 px, TensorFlow 1's bilinear without antialiasing (torch-fidelity)",
        label="torch-fidelity",
        inception=True,
        weights="inception-fidelity",
        build=FidelityInception,
    ),
    "vgg16": Extractor(
        dim=4096,
        about="VGG16 (Simonyan & Zisserman, NVIDIA's TorchScript), fc2, 4096 features",
        resize="224 px, within the file",
        label="VGG16 features",
        inception=False,
        weights="vgg16",
        build=ScriptedVGG,
    ),
    "facenet": Extractor(
        dim=512,
        about="FaceNet (facenet-pytorch, VGGFace2), 512 features of unit length",
        resize="160 px, bilinear with antialiasing",
        label="FaceNet features",
        inception=False,
        weights="facenet",
        build=FaceNet,
    ),
}


@dataclass(frozen=True)
class Network:
    """An extractor ready to run."""

    name: str
    extractor: Extractor
    module: nn.Module
    weights_sha256: str | None  # of the file that was read
    device: torch.device

    def features(self, images: UInt8[np.ndarray, "count h w 3"]) -> Float[np.ndarray, "count dim"]:
        """Take the features of images, batch by batch.

        Raises UserError if there are none, they are not images, or features are not finite.
        """
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3:
            raise UserError(
                f"images are of type {images.dtype} and shape {images.shape}, must be uint8 and "
                "(count, height, width, 3)"
            )
        if len(images) == 0:
            raise UserError("there are no images to take features of")
        starts = range(0, len(images), BATCH)
        features = np.concatenate([self._run(images[start : start + BATCH]) for start in starts])
        if not np.isfinite(features).all():
            raise UserError(f"some features of {self.name} are not finite: are its weights whole?")
        return features

    @torch.no_grad()
    def _run(self, images: np.ndarray) -> Float[np.ndarray, "batch dim"]:
        """Take the features of one batch, in whole float32, not in TensorFloat-32."""
        if self.extractor.preprocess is not None:
            with ThreadPoolExecutor() as pool:  # Pillow leaves Python's lock while it resizes
                images = np.stack(list(pool.map(self.extractor.preprocess, images)))
        batch = torch.from_numpy(np.array(images)).permute(0, 3, 1, 2)
        batch = batch.to(self.device, torch.float32)
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            return self.module(batch).cpu().numpy()


def load_network(
    name: str,
    folder: Path,
    device: torch.device | str = "cpu",
    option: str = "evaluation.extractor",
) -> Network:
    """Read and check the weights; ``option`` is the parameter that asks for them.

    Features without a file of weights are always computed on the CPU, so that they are the same
    everywhere. Raises UserError naming file, folder, command and ``option``.
    """
    extractor = EXTRACTORS[name]
    path = weights_file(name, folder, option)
    device = torch.device(device if path else "cpu")
    sha256 = TABLE[extractor.weights].sha256 if extractor.weights else None
    module = extractor.build(path or Path()).eval().requires_grad_(False).to(device)
    return Network(name, extractor, module, sha256, device)


def weights_file(name: str, folder: Path, option: str) -> Path | None:
    """Return the file of an extractor's weights; None if it needs none. Raises as above."""
    weights = EXTRACTORS[name].weights
    if weights is None:
        return None
    try:
        return locate(TABLE[weights], folder)
    except UserError as error:
        raise UserError(f"{option} is {name}; {error}") from error
