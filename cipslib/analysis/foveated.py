"""How far a foveated image is from the full one (Sec. 4.7, Fig. 8)."""

import numpy as np
import torch

from cipslib.networks.generator import Generator
from cipslib.sampling.foveation import Gaze, foveate
from cipslib.sampling.synthesis import synthesize
from cipslib.utils.shapes import Bool, Float

INNER = 0.25  # share of the image's area around the gaze that is looked at apart


def full_images(
    generator: Generator, w: Float[torch.Tensor, "batch style"]
) -> Float[np.ndarray, "batch h w 3"]:
    """Render on the training grid, about [-1, 1], not rounded."""
    size = generator.config.resolution
    return synthesize(generator, w).cpu().numpy().reshape(-1, size, size, 3)


def foveated_images(
    generator: Generator, w: Float[torch.Tensor, "batch style"], gaze: Gaze, seed: int
) -> Float[np.ndarray, "batch h w 3"]:
    """Render each style foveated; image i is sampled at the places of ``seed + i``."""
    return np.stack([foveate(generator, one[None], gaze, seed + i) for i, one in enumerate(w)])


def squared_errors(
    foveated: Float[np.ndarray, "batch h w 3"], full: Float[np.ndarray, "batch h w 3"], gaze: Gaze
) -> dict[str, Float[np.ndarray, " batch"]]:
    """Return the mean squared error of each image, of a range of 1: "all", "near the gaze"."""
    squared = np.square(foveated.astype(np.float64) - full).mean(axis=3) / 4
    inner = near(gaze, full.shape[1], full.shape[2])
    return {"all": squared.mean(axis=(1, 2)), "near the gaze": squared[:, inner].mean(axis=1)}


def near(gaze: Gaze, height: int, width: int) -> Bool[np.ndarray, "{height} {width}"]:
    """Return which pixels are the ``INNER`` share that is nearest to the gaze."""
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    distance = np.hypot(x - gaze.x, y - gaze.y)
    return np.asarray(distance <= np.quantile(distance, INNER))
