"""Seams of panoramas, and whether a blend of two is more than both (Fig. 11, 17)."""

import numpy as np
import torch

from cipslib.analysis.smoothness import midway_contrast, seam
from cipslib.metrics.intervals import Estimate
from cipslib.networks.coordinates import cylinder_grid
from cipslib.sampling.latents import blend_across
from cipslib.utils.shapes import Bool, Float, Int, UInt8

HALF_WAY = 0.375, 0.625  # shares of the second style between which a blend is half way

Images = UInt8[np.ndarray, "count h w 3"]


def seam_at(images: Images, columns: Int[np.ndarray, " count"] | int, seed: int = 0) -> Estimate:
    """``seam`` if each panorama were cut before a column of its own; 0 is where it was cut.

    Around a cylinder no place is better than another, so a cut anywhere else is the control.
    """
    return seam(turned(images, np.broadcast_to(columns, len(images))), seed)


def turned(images: Images, columns: Int[np.ndarray, " count"]) -> UInt8[np.ndarray, "count h w 3"]:
    """Each panorama begun at a column of its own."""
    places = (columns[:, None] + np.arange(images.shape[2])) % images.shape[2]
    return np.take_along_axis(images, places[:, None, :, None], axis=2)


def shares(width: int) -> Float[np.ndarray, " {width}"]:
    """The second style's share in each column of a blend (Fig. 11c)."""
    return blend_across(cylinder_grid(1, width, torch.float64)).numpy()


def cross_faded(first: Images, second: Images) -> Images:
    """Colours blended with a blend's own shares, in the place of styles: both are seen."""
    share = shares(first.shape[2])[:, None]
    return np.rint((1 - share) * first + share * second).astype(np.uint8)


def pasted(first: Images, second: Images) -> Images:
    """The middle half of the first image in the second one: neither is seen through the other."""
    return np.where(shares(first.shape[2])[:, None] < 0.5, first, second)


def part_edge(images: Images, seed: int = 0) -> Estimate:
    """``seam`` where the two styles have equal shares, right of the middle.

    1: the parts go over into each other; what is pasted has an edge there.
    """
    return seam_at(images, images.shape[2] * 3 // 4, seed)


def half_way_contrast(first: Images, second: Images, between: Images, seed: int = 0) -> Estimate:
    """The energy of edges in a blend where it is half way, over that of both images there.

    As ``smoothness.midway_contrast``, of the columns right of the middle: 1 is as sharp as a
    image, a cross-fade shows two ghosts.
    """
    zone = _half_way(first.shape[2])
    three = np.stack([images[:, :, zone] for images in (first, between, second)], axis=1)
    return midway_contrast(three.astype(np.float64) / 255, seed)


def _half_way(width: int) -> Bool[np.ndarray, " {width}"]:
    share, right = shares(width), np.arange(width) > width // 2
    return (share >= HALF_WAY[0]) & (share <= HALF_WAY[1]) & right
