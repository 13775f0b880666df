"""Mean and standard deviation of a data set, pixel by pixel."""

import numpy as np

from cipslib.utils.shapes import Float, Int, UInt8

CHUNK = 1024
AVERAGED = 4096  # images that a mean is taken of, where all would take long


def mean_and_deviation(
    images: UInt8[np.ndarray, "count h w 3"],
) -> tuple[Float[np.ndarray, "h w 3"], Float[np.ndarray, "h w 3"]]:
    """Return both in levels, 0 to 255. A part is read at a time: a mapped array may be large."""
    total = np.zeros(images.shape[1:])
    squares = np.zeros(images.shape[1:])
    for start in range(0, len(images), CHUNK):
        part = images[start : start + CHUNK].astype(np.float64)
        total += part.sum(axis=0)
        squares += np.square(part).sum(axis=0)
    mean = total / len(images)
    return mean, np.sqrt(np.maximum(squares / len(images) - mean**2, 0.0))


def average_image(
    images: UInt8[np.ndarray, "count h w 3"], among: Int[np.ndarray, " among"]
) -> Float[np.ndarray, "h w 3"]:
    """Return the mean, 0 to 255, of the images ``among``: evenly spaced, 4,096 at most."""
    chosen = among[np.linspace(0, len(among) - 1, min(len(among), AVERAGED)).astype(int)]
    parts = np.array_split(chosen, -(-len(chosen) // CHUNK))
    total = sum((images[part].sum(axis=0, dtype=np.float64) for part in parts), np.zeros(()))
    return total / len(chosen)
