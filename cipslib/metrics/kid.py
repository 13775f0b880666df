"""Kernel distance, KID's formula (Binkowski et al. 2018): unbiased at any number of images."""

import numpy as np
import torch
from torch import Tensor

from cipslib.features.moments import BLOCKS
from cipslib.metrics.intervals import Estimate, jackknife
from cipslib.metrics.metric import Features, Measure, Metric
from cipslib.utils.shapes import Bool, Float

ROWS = 2048  # kernel values computed at once: ROWS x ROWS


def kernel_distance(real: Float[Tensor, "m dim"], generated: Float[Tensor, "n dim"]) -> Estimate:
    """Return the squared maximum mean discrepancy, kernel (x.y / dim + 1)^3; it may be below 0.

    The interval is over the generated images. Raises ValueError for fewer than two real images, or
    fewer than two generated ones in each of the jackknife's ``BLOCKS`` parts.
    """
    m, n = len(real), len(generated)
    if m < 2 or n < 2 * BLOCKS:
        raise ValueError(f"{m} real, {n} generated images; at least 2 and {2 * BLOCKS} are needed")
    # One row for each pair of sets: all, then all without a part of the generated ones.
    of_real = torch.ones(1 + BLOCKS, m, dtype=torch.bool)
    of_generated = torch.ones(1 + BLOCKS, n, dtype=torch.bool)
    for part in range(BLOCKS):
        of_generated[1 + part, part::BLOCKS] = False
    whole, *without = distances_of_sets(real, generated, of_real, of_generated).tolist()
    return jackknife(whole, without)


def distances_of_sets(
    real: Float[Tensor, "m dim"],
    generated: Float[Tensor, "n dim"],
    of_real: Bool[Tensor, "sets m"],
    of_generated: Bool[Tensor, "sets n"],
) -> Float[np.ndarray, " sets"]:
    """Return the unbiased estimate for many pairs of sets; each row says who belongs to one.

    Each kernel value is computed once, and memory does not grow with their number.
    """
    a, b = of_real.to(real.device, torch.float64), of_generated.to(real.device, torch.float64)
    m, n = a.sum(1), b.sum(1)
    within_real = _sums(real, real, a, a) - a @ _diagonal(real)
    within_generated = _sums(generated, generated, b, b) - b @ _diagonal(generated)
    across = _sums(real, generated, a, b)
    values = within_real / (m * (m - 1)) + within_generated / (n * (n - 1)) - 2 * across / (m * n)
    return values.cpu().numpy()


def _sums(
    x: Float[Tensor, "m dim"],
    y: Float[Tensor, "n dim"],
    of_x: Float[Tensor, "sets m"],
    of_y: Float[Tensor, "sets n"],
) -> Float[Tensor, " sets"]:
    """Return, for each set, the sum of the kernel over its pairs."""
    total = torch.zeros(len(of_x), dtype=torch.float64, device=x.device)
    for i in range(0, len(x), ROWS):
        rows = x[i : i + ROWS].to(torch.float64)
        # The kernel is symmetric: within one set half of the blocks count twice.
        for j in range(i if x is y else 0, len(y), ROWS):
            kernel = rows @ y[j : j + ROWS].to(torch.float64).T
            kernel.div_(x.shape[1]).add_(1).pow_(3)
            sums = ((of_x[:, i : i + ROWS] @ kernel) * of_y[:, j : j + ROWS]).sum(1)
            total += sums * (2 if x is y and j > i else 1)
    return total


def _diagonal(x: Float[Tensor, "m dim"]) -> Float[Tensor, " m"]:
    norms = torch.cat([rows.to(torch.float64).square().sum(1) for rows in x.split(ROWS)])
    return (norms / x.shape[1] + 1).pow(3)


def _compute(real: Features, generated: Features) -> dict[str, Estimate]:
    return {"kernel": kernel_distance(real.values, generated.values)}


METRIC = Metric(
    measures=(
        Measure(
            "kernel",
            label="kernel distance",
            formula="unbiased squared MMD, kernel (x·y / dim + 1)³",
            inception_label="KID",
        ),
    ),
    network="extractor",
    compute=_compute,
)
