"""Uncertainty by resampling (Efron 1979): how far a number moves with other images.

Not by scipy.stats.bootstrap, which gives no means of many columns at once: here one product of
matrices does, and one set of draws serves all that is computed of the same images.
"""

import numpy as np

from cipslib.metrics.intervals import LEVEL, Estimate
from cipslib.utils.shapes import Float

DRAWS = 1000


def bootstrap_means(
    values: Float[np.ndarray, "count dim"], seed: int, draws: int = DRAWS
) -> Float[np.ndarray, "{draws} dim"]:
    """Return the means over ``count`` rows drawn with replacement, ``draws`` times.

    Raises ValueError for fewer than two rows, which say nothing about their spread.
    """
    count = len(values)
    if count < 2:
        raise ValueError(f"an interval needs at least two items, there are {count}")
    times_drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), draws)
    return times_drawn @ values / count


def percentile_interval(value: float, resampled: Float[np.ndarray, " draws"]) -> Estimate:
    """Return ``value`` with the middle ``LEVEL`` of the resampled values."""
    low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(float(value), float(low), float(high))


def ratio_interval(
    numerator: Float[np.ndarray, " count"], denominator: Float[np.ndarray, " count"], seed: int
) -> Estimate:
    """Return the mean of one over the mean of the other, over the same items.

    Raises ValueError if the mean denominator is zero.
    """
    top, bottom = bootstrap_means(np.stack((numerator, denominator), axis=1), seed).T
    if denominator.mean() == 0 or not bottom.all():
        raise ValueError("the ratio has no value: its denominator is zero")
    return percentile_interval(numerator.mean() / denominator.mean(), top / bottom)
