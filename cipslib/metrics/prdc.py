"""Tab. 2: precision, recall (Kynkäänniemi et al. 2019), density, coverage (Naeem et al. 2020).

A set's manifold is the union of balls around its points, each as large as the distance to the
point's k-th neighbour in its own set.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from cipslib.metrics.intervals import Estimate, mean, proportion
from cipslib.metrics.knn import CHUNK, centred, nearest_neighbours
from cipslib.metrics.metric import Features, Measure, Metric
from cipslib.utils.shapes import Float

K_PRECISION = 3  # Kynkäänniemi et al., Sec. 3
K_DENSITY = 5  # Naeem et al., Sec. 3.3
ROUNDING = 1e-12  # of the squares that a squared distance is made of: far above their errors


@torch.inference_mode()
def compare_manifolds(
    real: Float[Tensor, "m dim"],
    generated: Float[Tensor, "n dim"],
    k_precision: int = K_PRECISION,
    k_density: int = K_DENSITY,
) -> dict[str, Estimate]:
    """Return the four numbers of ``METRIC`` by name. A ball's edge belongs to it.

    Intervals cover the choice of the images that are averaged over.

    Raises UserError if a set has not more images than neighbours, ValueError for features that are
    not finite.
    """
    real_precision, real_density = _squared_radii(real, k_precision, k_density)
    (generated_precision,) = _squared_radii(generated, k_precision)
    recalled = torch.zeros(len(real), dtype=torch.bool, device=real.device)
    covered = torch.zeros_like(recalled)
    precise = torch.zeros(len(generated), dtype=torch.bool, device=real.device)
    balls = torch.zeros(len(generated), dtype=torch.float64, device=real.device)
    for rows, distances in _squared_distances(real, generated):
        precise |= (distances <= real_precision[rows, None]).any(0)
        recalled[rows] = (distances <= generated_precision).any(1)
        held = distances <= real_density[rows, None]
        covered[rows] = held.any(1)
        balls += held.sum(0)
    return {
        "precision": proportion(precise.cpu().numpy()),
        "recall": proportion(recalled.cpu().numpy()),
        "density": mean((balls / k_density).cpu().numpy()),
        "coverage": proportion(covered.cpu().numpy()),
    }


def _squared_radii(features: Float[Tensor, "n dim"], *ks: int) -> list[Float[Tensor, " n"]]:
    """Return, for each k, each point's squared distance to its k-th neighbour in its own set."""
    found = nearest_neighbours(features, features, max(ks), exclude_self=True)
    squares = torch.from_numpy(found.distances).to(features.device).square()
    return [squares[:, k - 1] for k in ks]


def _squared_distances(
    a: Float[Tensor, "m dim"], b: Float[Tensor, "n dim"]
) -> Iterator[tuple[slice, Float[Tensor, "_ n"]]]:
    """Yield (rows of ``a``, their squared distances to all of ``b``), chunk by chunk.

    They are rounded down by ``ROUNDING``: no point on a ball's edge is outside by rounding alone.
    """
    a, b = centred(a, b)
    for start in range(0, len(a), CHUNK):
        rows = slice(start, start + CHUNK)
        squares = a[rows].square().sum(1, keepdim=True) + b.square().sum(1)
        yield rows, squares.mul_(1 - ROUNDING).addmm_(a[rows], b.T, alpha=-2).clamp_(min=0)


def _compute(real: Features, generated: Features) -> dict[str, Estimate]:
    return compare_manifolds(real.values, generated.values)


FORMULAS = {
    "precision": f"share of generated images within the real manifold, k = {K_PRECISION}",
    "recall": f"share of real images within the generated manifold, k = {K_PRECISION}",
    "density": f"real balls that hold a generated image, over k = {K_DENSITY}",
    "coverage": f"share of real balls that hold a generated image, k = {K_DENSITY}",
}
METRIC = Metric(
    measures=tuple(Measure(name, label=name, formula=text) for name, text in FORMULAS.items()),
    network="manifold_extractor",
    compute=_compute,
)
