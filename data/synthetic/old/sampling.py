"""Draws of plain Python numbers from a NumPy generator.

NumPy scalars would promote float32 pictures to float64, so everything here returns `float`/`str`.
"""

from collections.abc import Mapping

import numpy as np


def uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A number spread evenly over [low, high)."""
    return float(rng.uniform(low, high))


def normal(rng: np.random.Generator, mean: float, std: float, reach: float = 2.0) -> float:
    """A normal number, clipped to `reach` standard deviations from its mean."""
    return mean + std * min(max(float(rng.standard_normal()), -reach), reach)


def chance(rng: np.random.Generator, probability: float) -> bool:
    """True with the given probability."""
    return bool(rng.random() < probability)


def choose(rng: np.random.Generator, weights: Mapping[str, float]) -> str:
    """One of the names, in proportion to its weight (weights of zero or less never win)."""
    names = list(weights)
    mass = np.maximum(np.array([weights[name] for name in names], dtype=np.float64), 0.0)
    return names[int(rng.choice(len(names), p=mass / mass.sum()))]
