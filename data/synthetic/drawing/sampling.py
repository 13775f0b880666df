"""Random parameters of a scene, drawn as plain numbers."""

from collections.abc import Mapping, Sequence

import numpy as np


def uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Return a number spread evenly over [low, high)."""
    return low + (high - low) * rng.random()


def skewed(rng: np.random.Generator, low: float, high: float) -> float:
    """Return a number in [low, high), a small one more often than a large one."""
    share = rng.random()
    return low + (high - low) * share * share


def normal(rng: np.random.Generator, mean: float, std: float) -> float:
    """Return a nearly normal number, within 3.5 standard deviations of its mean.

    It is a sum of four uniform numbers: NumPy's normal numbers depend on the processor's log.
    """
    total = rng.random() + rng.random() + rng.random() + rng.random()
    return mean + std * 1.7320508075688772 * (total - 2.0)


def chance(rng: np.random.Generator, probability: float) -> bool:
    """Return True with the given probability."""
    return bool(rng.random() < probability)


def choose(rng: np.random.Generator, weights: Mapping[str, float]) -> str:
    """Return one of the names, in proportion to its weight (weights of 0 or less never win)."""
    left = rng.random() * sum(max(weight, 0.0) for weight in weights.values())
    positive = [name for name, weight in weights.items() if weight > 0.0]
    for name in positive:
        left -= weights[name]
        if left < 0.0:
            return name
    return positive[-1]


def pick(
    rng: np.random.Generator, palette: Sequence[np.ndarray], spread: float = 0.15
) -> np.ndarray:
    """Return one of the colours (3, 1, 1), a little lighter or darker, a little off in hue."""
    base = palette[int(rng.random() * len(palette))]
    hue = np.array([normal(rng, 1.0, 0.3 * spread) for _ in range(3)]).reshape(3, 1, 1)
    return base * hue * uniform(rng, 1.0 - spread, 1.0 + spread)
