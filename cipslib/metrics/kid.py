"""The kernel distance, KID's formula (Binkowski et al. 2018): unbiased at any number of images."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cipslib.metrics.statistics import BLOCKS
from cipslib.metrics.uncertainty import Estimate, jackknife
from cipslib.shapes import Float

SUBSETS, SUBSET_SIZE = 100, 1000  # as in the paper's code and in torch-fidelity
ROWS = 2048  # kernel values computed at once: ROWS x ROWS


@dataclass(frozen=True)
class Spread:
    """Of the same estimate over random subsets, as it is usually printed."""

    subsets: int
    size: int
    mean: float
    deviation: float


def kernel_distance(
    real: Float[Tensor, "m dim"], generated: Float[Tensor, "n dim"], parts: int = BLOCKS
) -> Estimate:
    """Squared maximum mean discrepancy of all images, kernel (x.y / dim + 1)^3; may be below 0.

    The interval is over the generated images (jackknife over ``parts`` of them). Memory does not
    grow with the number of kernel values. Raises ValueError for fewer than two images a side, or
    fewer than two generated ones in each part.
    """
    m, n = len(real), len(generated)
    if m < 2 or n < 2 * parts:
        raise ValueError(f"{m} real, {n} generated images; at least 2 and {2 * parts} are needed")
    groups = [generated[part::parts] for part in range(parts)]
    sizes = np.array([len(group) for group in groups])
    within_real = _kernel_sum(real, real) - _diagonal_sum(real)
    across = np.array([_kernel_sum(real, group) for group in groups])
    within = np.zeros((parts, parts))
    for i, one in enumerate(groups):
        within[i, i] = _kernel_sum(one, one) - _diagonal_sum(one)
        for j in range(i):
            within[i, j] = within[j, i] = _kernel_sum(one, groups[j])

    def estimate(kept: np.ndarray) -> float:
        count = int(sizes[kept].sum())
        return float(
            within_real / (m * (m - 1))
            + within[np.ix_(kept, kept)].sum() / (count * (count - 1))
            - 2 * across[kept].sum() / (m * count)
        )

    everything = np.arange(parts)
    without = [estimate(np.delete(everything, part)) for part in everything]
    return jackknife(estimate(everything), without)


def subset_spread(
    real: Float[Tensor, "m dim"],
    generated: Float[Tensor, "n dim"],
    seed: int,
    subsets: int = SUBSETS,
    size: int = SUBSET_SIZE,
) -> Spread:
    """Mean and standard deviation over random subsets of ``size`` (or of all, if there are fewer).

    Raises ValueError for fewer than two images a side.
    """
    size = min(size, len(real), len(generated))
    if size < 2:
        raise ValueError("the kernel distance needs at least two images on either side")
    random = np.random.default_rng(seed)
    values = []
    for _ in range(subsets):
        x, y = (
            features[torch.from_numpy(random.choice(len(features), size, replace=False))]
            for features in (real, generated)
        )
        within = sum(_kernel_sum(f, f) - _diagonal_sum(f) for f in (x, y))
        values.append(within / (size * (size - 1)) - 2 * _kernel_sum(x, y) / size**2)
    return Spread(subsets, size, float(np.mean(values)), float(np.std(values)))


def _kernel_sum(x: Float[Tensor, "m dim"], y: Float[Tensor, "n dim"]) -> float:
    total = 0.0
    for rows in x.split(ROWS):
        rows = rows.to(torch.float64)
        for columns in y.split(ROWS):
            products = rows @ columns.to(torch.float64).T
            total += float(products.div_(x.shape[1]).add_(1).pow_(3).sum())
    return total


def _diagonal_sum(x: Float[Tensor, "m dim"]) -> float:
    norms = torch.cat([rows.to(torch.float64).square().sum(1) for rows in x.split(ROWS)])
    return float((norms / x.shape[1] + 1).pow(3).sum())
