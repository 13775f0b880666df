"""How far a number would move if other images had been drawn: 95 % intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

from cipslib.utils.shapes import Bool, Float

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A number and its interval."""

    value: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.value, self.low, self.high))):
            raise ValueError(f"{self} is not a finite number")


def jackknife(value: float, without: Sequence[float]) -> Estimate:
    """From the same number taken without each of several equal parts of the set (Tukey 1958).

    Unlike a bootstrap it repeats no image: repeated images would raise a Frechet distance's bias.
    Raises ValueError for fewer than two parts.
    """
    parts = len(without)
    if parts < 2:
        raise ValueError(f"a jackknife needs at least two parts, there are {parts}")
    spread = np.asarray(without) - np.mean(without)
    error = math.sqrt((parts - 1) / parts * float(spread @ spread))
    half = float(stdtrit(parts - 1, (1 + LEVEL) / 2)) * error
    return Estimate(value, value - half, value + half)


def share(hits: Bool[np.ndarray, " count"]) -> Estimate:
    """The share of hits and Wilson's interval, which has a width at 0 and at 1, too."""
    count, rate = len(hits), float(hits.mean())
    z = float(ndtri((1 + LEVEL) / 2))
    centre = (rate + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * math.sqrt(rate * (1 - rate) / count + (z / (2 * count)) ** 2)
    return Estimate(rate, max(0.0, min(rate, centre - half)), min(1.0, max(rate, centre + half)))


def mean(values: Float[np.ndarray, " count"]) -> Estimate:
    """The mean and its interval, from the values' own spread. Raises ValueError below two."""
    if len(values) < 2:
        raise ValueError(f"an interval needs at least two values, there are {len(values)}")
    error = float(values.std(ddof=1)) / math.sqrt(len(values))
    half = float(stdtrit(len(values) - 1, (1 + LEVEL) / 2)) * error
    centre = float(values.mean())
    return Estimate(centre, centre - half, centre + half)
