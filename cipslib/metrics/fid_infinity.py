"""The Frechet distance against the number of images, and at infinitely many (Chong & Forsyth 2020).

The distance of finite sets is too large, by about a constant over the number of images: a line
through its values against 1/n meets the axis at the distance of infinitely many.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cipslib.features.frechet import Reference
from cipslib.features.moments import BLOCKS, Moments, merge
from cipslib.metrics.intervals import Estimate, jackknife

SPLITS = (1, 2, 5)  # the set whole, in halves, in fifths
IMAGES_PER_FEATURE = 2  # with fewer, the bias is no longer a constant over n

Sets = list[tuple[int, float]]  # of one split: count and distance of each set


@dataclass(frozen=True)
class Point:
    """The distance of sets of ``images``: the mean over the disjoint ones that there are."""

    images: int
    distance: float


@dataclass(frozen=True)
class Bias:
    """The whole set's distance, its dependence on the count, and the line's end.

    ``at_infinity`` is None if even halves of the set are too small for the line to hold. It is that
    of infinitely many generated images and the same, finite, real set.
    """

    distance: Estimate
    curve: tuple[Point, ...]
    at_infinity: Estimate | None


def measure_bias(reference: Reference, parts: Sequence[Moments]) -> Bias:
    """From the moments of ``BLOCKS`` parts of the generated set, each a fair sample of it.

    Intervals leave out one part at a time. Raises ValueError for another number of parts, or parts
    of fewer than two images.
    """
    if len(parts) != BLOCKS:
        raise ValueError(f"there are {len(parts)} parts, must be {BLOCKS}")
    sets = {split: _distances(reference, parts, split) for split in SPLITS}
    curve = [_point(sets[split]) for split in sorted(SPLITS, reverse=True)]
    dim = len(reference.mean)
    lines = [s for s in SPLITS if min(n for n, _ in sets[s]) >= IMAGES_PER_FEATURE * dim]
    needed = {split: sets[split] for split in (lines if len(lines) > 1 else SPLITS[:1])}
    replicates = [_without(reference, parts, needed, left_out) for left_out in range(BLOCKS)]
    whole = jackknife(sets[1][0][1], [changed[1][0][1] for changed in replicates])
    end = None
    if len(lines) > 1:
        value, *without = (
            _intercept([_point(some[split]) for split in lines]) for some in (sets, *replicates)
        )
        end = jackknife(value, without)
    return Bias(whole, tuple(curve), end)


def _without(
    reference: Reference, parts: Sequence[Moments], sets: dict[int, Sets], left_out: int
) -> dict[int, Sets]:
    """The sets' distances without one part: of each split one set changes."""
    changed = {}
    for split, distances in sets.items():
        size = BLOCKS // split
        mine = left_out // size
        kept = [parts[i] for i in range(mine * size, (mine + 1) * size) if i != left_out]
        changed[split] = [*distances[:mine], _distance(reference, kept), *distances[mine + 1 :]]
    return changed


def _distances(reference: Reference, parts: Sequence[Moments], split: int) -> Sets:
    size = BLOCKS // split
    return [_distance(reference, parts[i : i + size]) for i in range(0, BLOCKS, size)]


def _distance(reference: Reference, parts: Sequence[Moments]) -> tuple[int, float]:
    moments = merge(parts)
    return moments.count, reference.distance(moments)


def _point(sets: Sequence[tuple[int, float]]) -> Point:
    """Their mean, at the count whose inverse is the mean inverse: the line's own coordinate."""
    inverse = float(np.mean([1 / count for count, _ in sets]))
    return Point(round(1 / inverse), float(np.mean([distance for _, distance in sets])))


def _intercept(points: Sequence[Point]) -> float:
    inverse = [1 / point.images for point in points]
    return float(np.polyfit(inverse, [point.distance for point in points], 1)[1])
