"""Whether a panorama has a seam, and whether a blend of two is more than both (Fig. 11, 17)."""

import numpy as np
import torch

from cipslib.analysis.smoothness import midway_contrast
from cipslib.metrics.bootstrap import ratio_interval
from cipslib.metrics.intervals import Estimate
from cipslib.networks.coordinates import cylinder_grid
from cipslib.sampling.latents import blend_across
from cipslib.utils.shapes import Float, UInt8

BESIDE = 4  # columns on either side of a seam that it is compared with
HALF_WAY = 0.375, 0.625  # shares of the second style between which a blend is half way

Images = UInt8[np.ndarray, "count h w 3"]


def seam(images: Images, seed: int = 0) -> Estimate:
    """Return the step across the seam over the mean step beside it; 1: there is no seam.

    Of panoramas of 360 degrees: the mean absolute difference of the last and the first column, over
    that of neighbouring columns among the ``BESIDE`` on either side, both summed over all
    panoramas; the interval is over panoramas. It decides that a panorama "closes on itself": around
    a cylinder the seam is a pair of neighbours like those beside it; an edge there has a ratio well
    above 1, a smear one well below. Beside it and not all around: a generator may change faster in
    some directions than in others, and in the same ones in all panoramas, without any edge.
    Raises ValueError for fewer than two panoramas, or panoramas that do not change beside their
    seam.
    """
    beside = min(BESIDE, images.shape[2] // 2)
    around = np.concatenate((images[:, :, -beside:], images[:, :, :beside]), axis=2)
    steps = np.abs(np.diff(around.astype(np.float64), axis=2)).mean(axis=(1, 3))
    others = np.delete(steps, beside - 1, axis=1).mean(axis=1)
    return ratio_interval(steps[:, beside - 1], others, seed)


def part_edge(images: Images, seed: int = 0) -> Estimate:
    """Return ``seam`` where the two styles have equal shares, right of the middle.

    1: the parts go over into each other; what is pasted has an edge there.
    """
    return seam(np.roll(images, -(images.shape[2] * 3 // 4), axis=2), seed)


def cross_faded(first: Images, second: Images) -> Images:
    """Blend colours with a blend's own shares, in the place of styles: both are seen."""
    share = shares(first.shape[2])[:, None]
    return np.rint((1 - share) * first + share * second).astype(np.uint8)


def pasted(first: Images, second: Images) -> Images:
    """Put the middle half of the first image into the second one: an edge is where they meet."""
    return np.where(shares(first.shape[2])[:, None] < 0.5, first, second)


def half_way_contrast(first: Images, second: Images, between: Images, seed: int = 0) -> Estimate:
    """Return the energy of edges in a blend where it is half way, over that of both images there.

    As ``smoothness.midway_contrast``, of the columns right of the middle: 1 is as sharp as an
    image, a cross-fade shows two ghosts.
    """
    width = first.shape[2]
    share = shares(width)
    right = np.arange(width) > width // 2
    zone = (share >= HALF_WAY[0]) & (share <= HALF_WAY[1]) & right
    three = np.stack([images[:, :, zone] for images in (first, between, second)], axis=1)
    return midway_contrast(three.astype(np.float64) / 255, seed)


def shares(width: int) -> Float[np.ndarray, " {width}"]:
    """Return the second style's share in each column of a blend (Fig. 11c)."""
    return blend_across(cylinder_grid(1, width, torch.float64)).numpy()
