"""How far a number would move if other images had been drawn: 95 % intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.special import stdtrit

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
    """Return ``value`` with an interval from the same number without each of several equal parts.

    Unlike a bootstrap the jackknife (Tukey 1958) repeats no image: repeated images would raise a
    Fréchet distance's bias. Raises ValueError for fewer than two parts.
    """
    parts = len(without)
    if parts < 2:
        raise ValueError(f"a jackknife needs at least two parts, there are {parts}")
    spread = np.asarray(without) - np.mean(without)
    error = math.sqrt((parts - 1) / parts * float(spread @ spread))
    return _student(value, error, parts - 1)


def proportion(hits: Bool[np.ndarray, " count"]) -> Estimate:
    """Return the share of hits with Wilson's interval, which has a width at 0 and at 1, too."""
    found = stats.binomtest(int(hits.sum()), len(hits)).proportion_ci(LEVEL, method="wilson")
    return Estimate(float(hits.mean()), float(found.low), float(found.high))


def mean(values: Float[np.ndarray, " count"]) -> Estimate:
    """Return the mean with Student's interval. Raises ValueError for fewer than two values."""
    if len(values) < 2:
        raise ValueError(f"an interval needs at least two values, there are {len(values)}")
    return _student(float(values.mean()), float(stats.sem(values)), len(values) - 1)


def _student(value: float, error: float, degrees: int) -> Estimate:
    """Not by scipy's ttest_1samp or t.interval, which have no interval where the error is 0."""
    half = float(stdtrit(degrees, (1 + LEVEL) / 2)) * error
    return Estimate(value, value - half, value + half)
