"""Which of the prepared pictures are trained on, and which never are."""

from typing import Any

import numpy as np

from cipslib.utils.shapes import Int

PURPOSE = (0, 1)  # beside the seed: other draws of a preparation take one number, or none


def held_out_indices(card: dict[str, Any]) -> Int[np.ndarray, " held_out"]:
    """Of the pictures that are kept from training, ascending; ``card``: of what was prepared.

    At random, as an array may be sorted by who is in the pictures. A larger ``held_out`` holds out
    the same ones and more.
    """
    order = np.random.default_rng((card["seed"], *PURPOSE)).permutation(card["count"])
    return np.sort(order[: card["held_out"]])


def training_indices(card: dict[str, Any]) -> Int[np.ndarray, " training"]:
    """Of all others, ascending."""
    return np.setdiff1d(np.arange(card["count"]), held_out_indices(card), assume_unique=True)
