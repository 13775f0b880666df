"""Uncertainty by resampling (Efron 1979): how far a number moves with other pictures."""

from collections.abc import Iterator

import numpy as np

from cipslib.metrics.intervals import LEVEL, Estimate
from cipslib.utils.shapes import Bool, Float

DRAWS = 1000
AT_ONCE = 2**22  # weights in memory: 32 MB


def bootstrap_means(
    values: Float[np.ndarray, "count dim"], seed: int, draws: int = DRAWS
) -> Float[np.ndarray, "{draws} dim"]:
    """The mean over ``count`` rows drawn with replacement, ``draws`` times.

    Raises ValueError for fewer than two rows, which say nothing about their spread.
    """
    count = len(values)
    if count < 2:
        raise ValueError(f"an interval needs at least two items, there are {count}")
    random = np.random.default_rng(seed)
    shares = np.full(count, 1 / count)
    means = [
        random.multinomial(count, shares, size=size) @ values / count
        for size in _blocks(draws, count)
    ]
    return np.concatenate(means)


def split_means(
    pooled: Float[np.ndarray, "count dim"], first: int, seed: int, draws: int = DRAWS
) -> tuple[Float[np.ndarray, "{draws} dim"], Float[np.ndarray, "{draws} dim"]]:
    """Means of ``first`` rows chosen at random and of the others, ``draws`` times."""
    count = len(pooled)
    random = np.random.default_rng(seed)
    of_first = np.concatenate(
        [_subsets(random, size, count, first) @ pooled / first for size in _blocks(draws, count)]
    )
    return of_first, (pooled.sum(axis=0) - first * of_first) / (count - first)


def _subsets(
    random: np.random.Generator, draws: int, count: int, size: int
) -> Bool[np.ndarray, "{draws} {count}"]:
    chosen = np.zeros((draws, count), dtype=bool)
    chosen[:, :size] = True
    return random.permuted(chosen, axis=1, out=chosen)


def _blocks(draws: int, count: int) -> Iterator[int]:
    """The draws in blocks whose weights fit in memory."""
    step = max(1, AT_ONCE // count)
    for start in range(0, draws, step):
        yield min(step, draws - start)


def percentile_interval(value: float, resampled: Float[np.ndarray, " draws"]) -> Estimate:
    """The middle ``LEVEL`` of the resampled values."""
    low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(float(value), float(low), float(high))


def ratio_interval(
    numerator: Float[np.ndarray, " count"], denominator: Float[np.ndarray, " count"], seed: int
) -> Estimate:
    """The mean of one over the mean of the other, over the same items.

    Raises ValueError if the mean denominator is zero.
    """
    both = np.stack((numerator, denominator), axis=1)
    top, bottom = bootstrap_means(both, seed).T
    if denominator.mean() == 0 or not bottom.all():
        raise ValueError("the ratio has no value: its denominator is zero")
    return percentile_interval(numerator.mean() / denominator.mean(), top / bottom)
