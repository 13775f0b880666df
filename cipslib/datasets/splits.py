"""Which of the prepared images are trained on, and which never are."""

from typing import Any

import numpy as np

from cipslib.utils.shapes import Int

PURPOSE = (0, 1)  # beside the seed: other draws of a preparation take one number, or none


def held_out_indices(card: dict[str, Any]) -> Int[np.ndarray, " held_out"]:
    """Return the indices of the held-out images, ascending; ``card`` says what was prepared.

    At random, as an array may be sorted by who is in the images. A larger ``held_out`` holds out
    the same ones and more.
    """
    order = np.random.default_rng((card["seed"], *PURPOSE)).permutation(card["count"])
    return np.sort(order[: card["held_out"]])


def training_indices(card: dict[str, Any]) -> Int[np.ndarray, " training"]:
    """Return the indices of the images that are not held out, ascending."""
    return np.setdiff1d(np.arange(card["count"]), held_out_indices(card), assume_unique=True)
