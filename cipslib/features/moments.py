"""Mean and covariance of features that come in batches: 50,000 images need no 50,000 features."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from cipslib.utils.shapes import Float

BLOCKS = 10  # of a set, for intervals and for smaller sets than the whole
FEWEST = 2 * BLOCKS  # images of a set: two in each of the parts that intervals leave out


@dataclass(frozen=True)
class Moments:
    """Count, mean and scatter (sum of outer products of deviations) of a set, in float64."""

    count: int
    mean: Float[Tensor, " dim"]
    scatter: Float[Tensor, "dim dim"]

    @classmethod
    def empty(cls, dim: int, device: torch.device | str = "cpu") -> "Moments":
        scatter = torch.zeros(dim, dim, dtype=torch.float64, device=device)
        return cls(0, torch.zeros_like(scatter[0]), scatter)

    @classmethod
    def of(cls, features: Float[Tensor, "count dim"]) -> "Moments":
        """Take the moments of features. Raises ValueError if a feature is not finite."""
        if len(features) == 0:
            return cls.empty(features.shape[1], features.device)
        if not features.isfinite().all():
            raise ValueError("some features are not finite")
        features = features.to(torch.float64)
        mean = features.mean(0)
        deviations = features - mean
        return cls(len(features), mean, deviations.T @ deviations)

    def __add__(self, other: "Moments") -> "Moments":
        """Return those of both sets, the means' difference apart, so that nothing cancels."""
        count = self.count + other.count
        if self.count == 0 or other.count == 0:
            return self if other.count == 0 else other
        shift = other.mean - self.mean
        weight = self.count * other.count / count
        scatter = (self.scatter + other.scatter).addr_(shift, shift, alpha=weight)
        return Moments(count, self.mean + shift * (other.count / count), scatter)

    @property
    def covariance(self) -> Float[Tensor, "dim dim"]:
        """Return the unbiased covariance. Raises ValueError for fewer than two images."""
        if self.count < 2:
            raise ValueError(f"a covariance needs at least two images, there are {self.count}")
        return self.scatter / (self.count - 1)


class MomentStream:
    """Takes batches; keeps the moments of ``BLOCKS`` interleaved parts of the set.

    Image i belongs to part i mod ``BLOCKS``: each part is a fair sample of the set even if its
    images are in an order. Memory: ``BLOCKS`` matrices of dim x dim.
    """

    def __init__(self, dim: int, device: torch.device | str = "cpu") -> None:
        self.parts = [Moments.empty(dim, device) for _ in range(BLOCKS)]
        self.count = 0

    def update(self, features: Float[Tensor, "batch dim"]) -> None:
        """Add a batch. Raises ValueError if a feature is not finite."""
        for part in range(BLOCKS):
            mine = features[(part - self.count) % BLOCKS :: BLOCKS]
            if len(mine):
                self.parts[part] = self.parts[part] + Moments.of(mine)
        self.count += len(features)


def merge(parts: Iterable[Moments]) -> Moments:
    """Return those of all parts together. Raises ValueError if there is none."""
    parts = list(parts)
    if not parts:
        raise ValueError("there is nothing to take moments of")
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total
