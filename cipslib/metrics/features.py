"""Images -> feature vectors.

The demo has no pretrained network, so its features come from a fixed, untrained one. They see
colour, contrast, texture and coarse layout; what is computed from them is never called FID.
"""

import math
from itertools import pairwise

import numpy as np
import torch
from cleanfid import fid
from torch import Tensor, nn
from torch.nn import functional as F

from cipslib.shapes import Float, UInt8

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
        x = images / 127.5 - 1.0  # 0..255, as clean-fid hands them over
        levels = []
        for kernel in self.kernels:
            x = F.relu(F.conv2d(x, kernel, stride=2, padding=1))
            levels.append(F.adaptive_avg_pool2d(x, 2).flatten(1))
        return torch.cat(levels, dim=1)


def extract(
    network: nn.Module, images: UInt8[np.ndarray, "count h w 3"]
) -> Float[np.ndarray, "count dim"]:
    """Features of all images, through clean-fid's own batch function, on the CPU."""
    batches = []
    for start in range(0, len(images), BATCH):
        batch = torch.from_numpy(np.array(images[start : start + BATCH]))
        batch = batch.permute(0, 3, 1, 2).to(torch.float32)
        batches.append(fid.get_batch_features(batch, network, torch.device("cpu")))
    return np.concatenate(batches)
