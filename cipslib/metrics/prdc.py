"""Precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020).

A set's manifold is the union of balls around its points, each as large as the distance to the
point's k-th neighbour in its own set.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cipslib.metrics.intervals import Estimate, mean, share
from cipslib.metrics.knn import MEMORY, nearest_neighbours, squared_distances
from cipslib.utils.shapes import Float

K_PRECISION = 3  # Kynkaanniemi et al., Sec. 3
K_DENSITY = 5  # Naeem et al., Sec. 3.3


@dataclass(frozen=True)
class Manifold:
    """The four numbers; intervals cover the choice of the images that are averaged over.

    precision: share of generated images within the real manifold; recall: of real ones within the
    generated manifold; density: in how many real balls a generated image is, over k; coverage:
    share of real balls that hold a generated image.
    """

    precision: Estimate
    recall: Estimate
    density: Estimate
    coverage: Estimate


def compare_manifolds(
    real: Float[Tensor, "m dim"],
    generated: Float[Tensor, "n dim"],
    k_precision: int = K_PRECISION,
    k_density: int = K_DENSITY,
    memory: int = MEMORY,
) -> Manifold:
    """Exact, in at most ``memory`` bytes beside the features. A ball's edge belongs to it.

    Raises UserError if a set has not more images than neighbours, ValueError for features that are
    not finite.
    """
    real_precision, real_density = _squared_radii(real, memory, k_precision, k_density)
    (generated_precision,) = _squared_radii(generated, memory, k_precision)
    m, n, device = len(real), len(generated), real.device
    precise, recalled, covered = (
        torch.zeros(count, dtype=torch.bool, device=device) for count in (n, m, m)
    )
    density = torch.zeros(n, dtype=torch.float64, device=device)
    for mine, theirs, distances in squared_distances(real, generated, memory=memory):
        precise[theirs] |= (distances <= real_precision[mine, None]).any(0)
        recalled[mine] |= (distances <= generated_precision[theirs]).any(1)
        held = distances <= real_density[mine, None]
        covered[mine] |= held.any(1)
        density[theirs] += held.sum(0)
    return Manifold(
        precision=share(_array(precise)),
        recall=share(_array(recalled)),
        density=mean(_array(density / k_density)),
        coverage=share(_array(covered)),
    )


def _squared_radii(
    features: Float[Tensor, "n dim"], memory: int, *ks: int
) -> list[Float[Tensor, " n"]]:
    """For each k: the squared distance of each point to its k-th neighbour in its own set."""
    found = nearest_neighbours(features, features, max(ks), memory=memory, own=True)
    squares = torch.from_numpy(found.distances).to(features.device).square()
    return [squares[:, k - 1] for k in ks]


def _array(values: Tensor) -> np.ndarray:
    return values.cpu().numpy()
