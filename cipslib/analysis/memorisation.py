"""Are generated images copies of the training set? (App. E) A test, not a look at images."""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
import torch
from scipy import stats

from cipslib.metrics.face_detection import Descriptors
from cipslib.metrics.intervals import LEVEL, Estimate
from cipslib.metrics.knn import Neighbours, nearest_neighbours
from cipslib.utils.shapes import Float

CLOSEST = 0.01  # of all images: those that a few copies would be among


def nearest_images(
    queries: Descriptors, references: Descriptors, k: int, device: torch.device | str = "cpu"
) -> Neighbours:
    """Return the ``k`` nearest images among ``references`` of each query, each counted once.

    ``indices`` are rows of ``references.vectors``: of an image or of its mirror image, whichever is
    nearer. Raises UserError if there are too few references.
    """
    # An image and its mirror image are one neighbour.
    most = int(np.unique(references.images, return_counts=True)[1].max())
    wide = nearest_neighbours(
        torch.from_numpy(queries.vectors).to(device),
        torch.from_numpy(references.vectors).to(device),
        k * most,
    )
    distances = np.empty((len(wide.indices), k))
    indices = np.empty((len(wide.indices), k), int)
    for row, images in enumerate(references.images[wide.indices]):
        first = np.sort(np.unique(images, return_index=True)[1])[:k]
        distances[row] = wide.distances[row, first]
        indices[row] = wide.indices[row, first]
    return Neighbours(distances, indices)


@dataclass(frozen=True)
class Memorisation:
    """Generated against held-out real images, by their distance to the training set."""

    closer: Estimate  # probability that a generated one is closer than a held-out one; 0.5: alike
    p: float  # that generated ones are so close by chance: of both tests together


def memorisation(
    generated: Float[np.ndarray, " m"], held_out: Float[np.ndarray, " n"]
) -> Memorisation:
    """Test the distances of images to their nearest training image, by one descriptor.

    Held-out real images, of the same source but never trained on, are as close to the training
    set as new images are. A generator that copies is closer. Two one-sided tests:

    - all: the Mann-Whitney test, whose effect size is ``closer``, with an interval by the
      variance of placements (DeLong et al. 1988);
    - few: a generator that copies some images and is poor in others is farther on the whole. So
      generated ones are counted among the closest 1 % of all, against chance (Fisher's exact test).

    ``p`` is the lesser of both, doubled (Bonferroni). A great p does not show that nothing was
    memorised: poor images are far from everything; hence a quality measure belongs beside it.
    References must hold mirrored images, too, if the training saw them.
    Raises ValueError for fewer than two distances a side, or those that are no distances.
    """
    for name, values in (("generated", generated), ("held-out", held_out)):
        if len(values) < 2:
            raise ValueError(f"the test needs at least two {name} images, there are {len(values)}")
        if not (np.isfinite(values).all() and (values >= 0).all()):
            raise ValueError(f"a distance of a {name} image is negative or not finite")
    p_all = float(stats.mannwhitneyu(generated, held_out, alternative="less").pvalue)
    p = 2 * min(p_all, _p_few(generated, held_out))
    return Memorisation(_closer(generated, held_out), min(1.0, p))


def _closer(generated: np.ndarray, held_out: np.ndarray) -> Estimate:
    """Return P(generated < held-out) + P(equal) / 2."""
    placements = (_share_above(generated, held_out), 1 - _share_above(held_out, generated))
    value = float(placements[0].mean())
    error = sqrt(sum(each.var(ddof=1) / len(each) for each in placements))
    reach = NormalDist().inv_cdf((1 + LEVEL) / 2) * error
    return Estimate(value, max(0.0, value - reach), min(1.0, value + reach))


def _share_above(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return, for each value, the share of the others above it, equal ones counting half."""
    ordered = np.sort(others)
    left, right = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
    return 1 - (left + right) / (2 * len(others))


def _p_few(generated: np.ndarray, held_out: np.ndarray) -> float:
    """Return the chance of so many generated ones among the closest. Ties are all in."""
    pooled = np.concatenate((generated, held_out))
    rank = max(1, round(CLOSEST * len(pooled)))
    limit = np.partition(pooled, rank - 1)[rank - 1]
    near = int((generated <= limit).sum())
    both = int((pooled <= limit).sum())
    counts = [[near, both - near], [len(generated) - near, len(held_out) - both + near]]
    return float(stats.fisher_exact(counts, alternative="greater").pvalue)
