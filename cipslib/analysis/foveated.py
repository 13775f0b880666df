"""How far a foveated image is from the full one; are its samples its pixels? (Fig. 8)"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from cipslib.metrics.bootstrap import bootstrap_means, percentile_interval
from cipslib.metrics.intervals import Estimate
from cipslib.networks.generator import Generator
from cipslib.sampling.foveation import Gaze, foveate, gazed_pixels
from cipslib.sampling.synthesis import synthesize, to_bytes
from cipslib.utils.shapes import Bool, Float

INNER = 0.25  # share of the image's area around the gaze that is looked at apart
REGIONS = ("all", "near the gaze", "elsewhere")


@dataclass(frozen=True)
class SampledPixels:
    """Sampled values beside those of the full image, on all images and shares."""

    values: int  # compared: three to a sampled pixel
    different: int  # of them, once rounded to 8 bits as in a file
    largest: float  # difference before rounding, of a range of 1


def full_images(
    generator: Generator, w: Float[torch.Tensor, "batch style"]
) -> Float[np.ndarray, "batch h w 3"]:
    """Render on the training grid, about [-1, 1], not rounded."""
    size = generator.config.resolution
    return synthesize(generator, w).cpu().numpy().reshape(-1, size, size, 3)


def foveated_images(
    generator: Generator,
    w: Float[torch.Tensor, "batch style"],
    gaze: Gaze,
    seed: int,
) -> Float[np.ndarray, "batch h w 3"]:
    """Render each style foveated; image i is sampled at the places of ``seed + i``."""
    return np.stack([foveate(generator, one[None], gaze, seed + i) for i, one in enumerate(w)])


def squared_errors(
    foveated: Float[np.ndarray, "batch h w 3"], full: Float[np.ndarray, "batch h w 3"], gaze: Gaze
) -> dict[str, Float[np.ndarray, " batch"]]:
    """Return the mean squared error of each image, of a range of 1, in each of ``REGIONS``."""
    squared = np.square(foveated.astype(np.float64) - full).mean(axis=3) / 4
    inner = near(gaze, full.shape[1], full.shape[2])
    return {
        "all": squared.mean(axis=(1, 2)),
        "near the gaze": squared[:, inner].mean(axis=1),
        "elsewhere": squared[:, ~inner].mean(axis=1),
    }


def near(gaze: Gaze, height: int, width: int) -> Bool[np.ndarray, "{height} {width}"]:
    """Return which pixels are the ``INNER`` share that is nearest to the gaze."""
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    distance = np.hypot(x - gaze.x, y - gaze.y)
    return np.asarray(distance <= np.quantile(distance, INNER))


def root_mean_square(errors: Float[np.ndarray, " batch"], seed: int = 0) -> Estimate:
    """Return the root of the mean of squared errors by image; the interval is over images."""
    resampled = bootstrap_means(errors[:, None], seed)[:, 0]
    return percentile_interval(float(np.sqrt(errors.mean())), np.sqrt(resampled))


def compare_samples(
    foveated: Sequence[Float[np.ndarray, "batch h w 3"]],
    full: Float[np.ndarray, "batch h w 3"],
    gazes: Sequence[Gaze],
    seed: int,
) -> SampledPixels:
    """Compare the computed pixels of foveated images with those of the full ones.

    It decides "the foveated samples equal the full image where sampled": pixels do not depend on
    which others are computed. A matrix product may round otherwise for other numbers of rows, so
    values before rounding may differ in their last bits.
    """
    values, different, largest = 0, 0, 0.0
    for images, gaze in zip(foveated, gazes, strict=True):
        for i, (one, whole) in enumerate(zip(images, full, strict=True)):
            chosen = gazed_pixels(gaze, full.shape[1], full.shape[2], seed + i)
            mine, theirs = one[chosen], whole[chosen]
            values += mine.size
            different += int((to_bytes(torch.tensor(mine)) != to_bytes(torch.tensor(theirs))).sum())
            largest = max(largest, float(np.abs(mine - theirs).max()) / 2)
    return SampledPixels(values, different, largest)
