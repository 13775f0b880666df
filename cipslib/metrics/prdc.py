"""Precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem et al. 2020).

A set's manifold is the union of balls around its points, each as large as the distance to the
point's k-th neighbour in its own set.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cipslib.metrics.knn import all_finite, pairs, radii
from cipslib.metrics.uncertainty import Estimate, mean, share
from cipslib.shapes import Float

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
) -> Manifold:
    """Exact, in blocks, on the features' device. A ball's edge belongs to it.

    Raises ValueError if a set has not more images than neighbours, or features that are not finite.
    """
    if not (all_finite(real) and all_finite(generated)):
        raise ValueError("some features are not finite")
    real_precision, real_density = radii(real, (k_precision, k_density))
    (generated_precision,) = radii(generated, (k_precision,))
    m, n, device = len(real), len(generated), real.device
    precise, recalled, covered = (
        torch.zeros(count, dtype=torch.bool, device=device) for count in (n, m, m)
    )
    density = torch.zeros(n, dtype=torch.float64, device=device)
    for mine, theirs, distances in pairs(real, generated):
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


def _array(values: Tensor) -> np.ndarray:
    return values.cpu().numpy()
