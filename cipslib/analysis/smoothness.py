"""How even a path of images is (Fig. 10), and whether a panorama has a seam (Fig. 11, 17)."""

from dataclasses import dataclass

import numpy as np
import torch

from cipslib.metrics.bootstrap import bootstrap_means, percentile_interval, ratio_interval
from cipslib.metrics.intervals import Estimate
from cipslib.networks.generator import Generator
from cipslib.networks.models import AnyGenerator
from cipslib.sampling.latents import interpolate, sample_latents
from cipslib.sampling.synthesis import image_size, synthesize
from cipslib.utils.shapes import Float, UInt8

BESIDE = 4  # columns on either side of a seam that it is compared with


@dataclass(frozen=True)
class Smoothness:
    """How even paths are: 1 is an even pace for ``unevenness``, and a jump for ``jumps``."""

    unevenness: Estimate
    jumps: Estimate


def path_smoothness(paths: Float[np.ndarray, "paths points dim"], seed: int = 0) -> Smoothness:
    """Measure points at equal steps of the latent: pixels in [0, 1], or features, of images.

    - unevenness: the largest step over the mean step of a path. It decides "the change occurs
      smoothly" (Sec. 4.6): between images that change all the way it is near 1, with one jump
      and nothing else it is the number of steps. It depends on the number of steps: compare equal
      ones. (Perceptual path length, Karras et al. 2019, is the mean step alone: a long even way
      and a short one with a jump cannot be told apart by it.)
    - jumps: the largest step over the largest double step. Halving the steps of a continuous path
      halves its largest step, so it is near 0.5, for any pace; a jump remains as it is: 1. It needs
      images that are not rounded to few bits, and steps fine enough to show the pace.

    Both are means over paths with their interval. Raises ValueError for fewer than two paths, an
    even number of points or fewer than five, points that are not finite, or a path without motion.
    """
    count, points, _ = paths.shape
    if points < 5 or points % 2 == 0:
        raise ValueError(f"a path has {points} points, must have an odd number, at least 5")
    if not np.isfinite(paths).all():
        raise ValueError("a point of a path is not finite")
    steps = np.linalg.norm(np.diff(paths, axis=1), axis=2)
    double = np.linalg.norm(np.diff(paths[:, ::2], axis=1), axis=2)
    if count and not (double.max(axis=1) > 0).all():
        raise ValueError("a path does not move: all its images are the same")
    ratios = np.stack(
        (steps.max(axis=1) / steps.mean(axis=1), steps.max(axis=1) / double.max(axis=1)), axis=1
    )
    resampled = bootstrap_means(ratios, seed)
    unevenness, jumps = (
        percentile_interval(float(ratios[:, i].mean()), resampled[:, i]) for i in range(2)
    )
    return Smoothness(unevenness, jumps)


@torch.inference_mode()
def interpolation_paths(
    generator: AnyGenerator, seed: int, paths: int, points: int, space: str
) -> Float[np.ndarray, "{paths} {points} h w 3"]:
    """Images about [0, 1], not rounded; path i lies between the latents 2 i and 2 i + 1."""
    latents = sample_latents(2 * paths, generator.config.style_dim, seed)
    ends = latents.to(next(generator.parameters())).unflatten(0, (paths, 2))
    height, width = image_size(generator)
    drawn = []
    for first, second in ends:
        w = interpolate(generator, first, second, points, space)
        if isinstance(generator, Generator):
            colours = synthesize(generator, w).reshape(points, height, width, 3)
        else:
            colours = generator.synthesis(w).permute(0, 2, 3, 1)
        drawn.append((colours.cpu().numpy() + 1) / 2)
    return np.stack(drawn)


def flat(
    paths: Float[np.ndarray, "paths points h w 3"],
) -> Float[np.ndarray, "paths points dim"]:
    """Each image as one point, as ``path_smoothness`` takes it."""
    return paths.reshape(*paths.shape[:2], -1)


def cross_fades(
    paths: Float[np.ndarray, "paths points h w 3"],
) -> Float[np.ndarray, "paths points h w 3"]:
    """Paths with the same ends, on which each pixel goes straight from one colour to the other.

    Nothing is smoother, and nothing is less of a morph: both ends are seen through each other.
    """
    shares = np.linspace(0, 1, paths.shape[1], dtype=paths.dtype)[:, None, None, None]
    return (1 - shares) * paths[:, :1] + shares * paths[:, -1:]


def midway_contrast(paths: Float[np.ndarray, "paths points h w 3"], seed: int = 0) -> Estimate:
    """The energy of edges in the paths' middle images over that of their ends.

    That is, of the differences between neighbouring pixels, summed over all paths; the interval is
    over paths. It decides "meaningful morphing" (Sec. 4.6) as far as a number can: on the way
    between two sharp images a morph shows sharp ones, about 1, where a cross-fade shows two
    ghosts, about 1/2 if the ends have nothing in common and more if they have. It does not see
    whether the sharp image is a plausible one.
    """
    middle = paths.shape[1] // 2
    start, half, end = (_edges(paths[:, point]) for point in (0, middle, -1))
    return ratio_interval(half, (start + end) / 2, seed)


def _edges(images: Float[np.ndarray, "count h w 3"]) -> Float[np.ndarray, " count"]:
    return np.asarray(
        sum(np.square(np.diff(images, axis=axis)).mean(axis=(1, 2, 3)) for axis in (1, 2)),
        dtype=np.float64,
    )


def seam(images: UInt8[np.ndarray, "count h w 3"], seed: int = 0) -> Estimate:
    """The step across the seam over the mean step between columns beside it; 1: there is no seam.

    Of panoramas of 360 degrees: the mean absolute difference of the last and the first column, over
    that of neighbouring columns among the ``BESIDE`` on either side, both summed over all
    panoramas; the interval is over panoramas. It decides that a panorama "closes on itself": around
    a cylinder the seam is a pair of neighbours like those beside it; an edge there has a ratio well
    above 1, a smear one well below. Beside it and not all around: a generator may change faster in
    some directions than in others, and in the same ones in all panoramas, without any edge.
    Raises ValueError for fewer than two panoramas, fewer than four columns, or panoramas that do
    not change beside their seam.
    """
    width = images.shape[2]
    if images.shape[1] < 1 or width < 4:
        raise ValueError(f"a panorama of shape {images.shape[1:]} has too few columns for a seam")
    beside = min(BESIDE, width // 2)
    around = np.concatenate((images[:, :, -beside:], images[:, :, :beside]), axis=2)
    steps = np.abs(np.diff(around.astype(np.float64), axis=2)).mean(axis=(1, 3))
    others = np.delete(steps, beside - 1, axis=1).mean(axis=1)
    return ratio_interval(steps[:, beside - 1], others, seed)
