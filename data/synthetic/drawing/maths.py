"""Elementary functions made of exactly rounded operations only."""

from typing import Any

import numpy as np

Values = Any  # a float or an array of float64; operations broadcast
Vector = tuple[Values, Values, Values]


def clamp(values: Values, low: float, high: float) -> Values:
    """Limit values to [low, high]."""
    return np.minimum(np.maximum(values, low), high)


def cover(inside: Values, width: Values) -> Values:
    """Return the share of samples of a width that lies within an edge, `inside` from it."""
    return clamp(inside / width + 0.5, 0.0, 1.0)


def mix(first: Values, second: Values, weight: Values) -> Values:
    """Interpolate linearly: `first` where the weight is 0, `second` where it is 1."""
    return first + (second - first) * weight


def smoothstep(low: Values, high: Values, values: Values) -> Values:
    """Rise smoothly from 0 at `low` to 1 at `high`, or fall if high < low."""
    t = clamp((values - low) * (1.0 / (high - low)), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def bell(distance: Values) -> Values:
    """Return about exp(-distance²), exactly 0 from a distance of 2 on."""
    t = np.maximum(1.0 - 0.25 * (distance * distance), 0.0)
    t = t * t
    return t * t


def sin(angles: Values) -> Values:
    """Return the sine of angles in radians, within 1e-7."""
    turns = angles * (0.5 / np.pi)
    turns = turns - np.rint(turns)
    x = (0.25 - np.abs(np.abs(turns) - 0.25)) * (2.0 * np.pi)
    square = x * x
    series = 1.0
    for divisor in (110.0, 72.0, 42.0, 20.0, 6.0):  # Taylor's series in Horner's form
        series = 1.0 - square * (1.0 / divisor) * series
    return x * series * np.sign(turns)


def cos(angles: Values) -> Values:
    """Return the cosine of angles in radians, within 1e-7."""
    return sin(angles + 0.5 * np.pi)


def length(*components: Values) -> Values:
    """Return the Euclidean length of vectors given by their components."""
    return np.sqrt(sum(component * component for component in components))


def dot(first: Vector, second: Vector) -> Values:
    """Return the inner products of vectors with three components."""
    return first[0] * second[0] + first[1] * second[1] + first[2] * second[2]


def unit(x: Values, y: Values, z: Values) -> Vector:
    """Scale vectors to length 1."""
    scale = 1.0 / (length(x, y, z) + 1e-12)
    return x * scale, y * scale, z * scale
