"""Fréchet distance (Tab. 1, 3, 5), and at infinitely many images (Chong & Forsyth 2020).

The distance of finite sets is too large, by about a constant over the number of images: a line
through its values against 1/n meets the axis at the distance of infinitely many.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from cipslib.features.frechet import Reference
from cipslib.features.moments import BLOCKS, Moments, merge
from cipslib.metrics.intervals import Estimate, jackknife
from cipslib.metrics.metric import Computed, Features, Measure, Metric

SPLITS = (1, 2, 5)  # the set whole, in halves, in fifths
IMAGES_PER_FEATURE = 2  # with fewer, the bias is no longer a constant over n

Sets = list[tuple[int, float]]  # of one split: number of images and distance of each set


@dataclass(frozen=True)
class Point:
    """The distance of sets of ``images``: the mean over the disjoint ones that there are."""

    images: int
    distance: float


@dataclass(frozen=True)
class FrechetDistances:
    """The whole set's distance, its dependence on the number of images, and the line's end.

    ``at_infinity`` is None if even halves of the set are too small for the line to hold. It is that
    of infinitely many generated images and the same, finite, real set.
    """

    distance: Estimate
    curve: tuple[Point, ...]
    at_infinity: Estimate | None


def frechet_distances(reference: Reference, parts: Sequence[Moments]) -> FrechetDistances:
    """Take the distances of a generated set from the moments of ``BLOCKS`` fair samples of it.

    Intervals leave out one part at a time. Raises ValueError for another number of parts, or parts
    of fewer than two images.
    """
    if len(parts) != BLOCKS:
        raise ValueError(f"there are {len(parts)} parts, must be {BLOCKS}")
    sets = {split: _distances(reference, parts, split) for split in SPLITS}
    curve = [_point(sets[split]) for split in sorted(SPLITS, reverse=True)]
    fewest = IMAGES_PER_FEATURE * len(reference.mean)
    on_line = [split for split in SPLITS if min(count for count, _ in sets[split]) >= fewest]
    has_line = len(on_line) > 1
    needed = {split: sets[split] for split in (on_line if has_line else SPLITS[:1])}
    replicates = [_without(reference, parts, needed, left_out) for left_out in range(BLOCKS)]
    whole = jackknife(sets[1][0][1], [changed[1][0][1] for changed in replicates])
    if not has_line:
        return FrechetDistances(whole, tuple(curve), None)
    end, *ends_without = (
        _intercept([_point(some[split]) for split in on_line]) for some in (sets, *replicates)
    )
    return FrechetDistances(whole, tuple(curve), jackknife(end, ends_without))


def _without(
    reference: Reference, parts: Sequence[Moments], sets: dict[int, Sets], left_out: int
) -> dict[int, Sets]:
    """Return the sets' distances without one part: of each split one set changes."""
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
    """Return their mean, at the count whose inverse is the mean inverse: the line's coordinate."""
    inverse = float(np.mean([1 / count for count, _ in sets]))
    return Point(round(1 / inverse), float(np.mean([distance for _, distance in sets])))


def _intercept(points: Sequence[Point]) -> float:
    inverse = [1 / point.images for point in points]
    return float(np.polyfit(inverse, [point.distance for point in points], 1)[1])


def _compute(real: Features, generated: Features, seed: int) -> Computed:
    if real.parts is None or generated.parts is None:
        raise ValueError("these features were taken without moments")
    found = frechet_distances(Reference.of(merge(real.parts)), generated.parts)
    return Computed(
        {"frechet": found.distance, "frechet_at_infinity": found.at_infinity},
        {"frechet_against_images": ("frechet", {"points": [asdict(one) for one in found.curve]})},
    )


def _caution(images: int, dim: int) -> str | None:
    if images > dim:
        return None
    return (
        f"{images} images for {dim} features: most of the distance is bias; raise evaluation.images"
    )


METRIC = Metric(
    measures=(
        Measure(
            "frechet",
            label="Fréchet distance",
            formula="|m1 − m2|² + tr(S1 + S2 − 2 (S1 S2)^½), float64",
            inception_label="FID",
            caution=_caution,
        ),
        Measure(
            "frechet_at_infinity",
            label="Fréchet distance at infinity",
            formula="the end of a line through the distances of the whole and of disjoint parts "
            "against 1/n",
            inception_label="FID∞",
        ),
    ),
    network="extractor",
    compute=_compute,
)
