"""How even a path of images is, and how sharp its middle: interpolation (Sec. 4.6, Fig. 10)."""

import numpy as np
import torch

from cipslib.metrics.bootstrap import bootstrap_means, percentile_interval, ratio_interval
from cipslib.metrics.intervals import Estimate
from cipslib.networks.generator import Generator
from cipslib.sampling.latents import interpolate, sample_latents
from cipslib.sampling.synthesis import image_size, synthesize
from cipslib.utils.shapes import Float


@torch.inference_mode()
def interpolation_paths(
    generator: Generator, seed: int, paths: int, points: int
) -> Float[np.ndarray, "{paths} {points} h w 3"]:
    """Draw images, about [0, 1] and not rounded, at equal steps between two styles.

    Path i lies between those of the latents 2 i and 2 i + 1.
    """
    latents = sample_latents(2 * paths, generator.config.style_dim, seed)
    height, width = image_size(generator)
    drawn = []
    for first, second in latents.unflatten(0, (paths, 2)):
        w = interpolate(generator, first, second, points)
        colours = synthesize(generator, w).reshape(points, height, width, 3)
        drawn.append((colours.cpu().numpy() + 1) / 2)
    return np.stack(drawn)


def jumps(paths: Float[np.ndarray, "paths points h w 3"], seed: int = 0) -> Estimate:
    """Return the largest step over the largest double step; the mean over paths, its interval.

    It decides "the change occurs smoothly" (Sec. 4.6): halving the steps of a continuous path
    halves its largest step, so it is near 0.5, for any pace; a jump remains as it is: 1. It needs
    images that are not rounded to few bits, and steps fine enough to show the pace.

    Raises ValueError for fewer than two paths, an even number of points or fewer than five, or a
    path without motion.
    """
    count, points = paths.shape[:2]
    if points < 5 or points % 2 == 0:
        raise ValueError(f"a path has {points} points, must have an odd number, at least 5")
    flat = paths.reshape(count, points, -1)
    steps = np.linalg.norm(np.diff(flat, axis=1), axis=2).max(axis=1)
    double = np.linalg.norm(np.diff(flat[:, ::2], axis=1), axis=2).max(axis=1)
    if not (double > 0).all():
        raise ValueError("a path does not move: all its images are the same")
    ratios = steps / double
    resampled = bootstrap_means(ratios[:, None], seed)[:, 0]
    return percentile_interval(float(ratios.mean()), resampled)


def cross_fades(
    paths: Float[np.ndarray, "paths points h w 3"],
) -> Float[np.ndarray, "paths points h w 3"]:
    """Return paths with the same ends, on which each pixel goes straight from colour to colour.

    Nothing is smoother, and nothing is less of a morph: both ends are seen through each other.
    """
    shares = np.linspace(0, 1, paths.shape[1], dtype=paths.dtype)[:, None, None, None]
    return (1 - shares) * paths[:, :1] + shares * paths[:, -1:]


def midway_contrast(paths: Float[np.ndarray, "paths points h w 3"], seed: int = 0) -> Estimate:
    """Return the energy of edges in the paths' middle images over that of their ends.

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
