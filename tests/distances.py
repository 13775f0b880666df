"""The Frechet distance of two arrays of features, as the tests ask for it."""

import numpy as np
import torch

from cipslib.features.frechet import Reference
from cipslib.features.moments import Moments


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    one, other = (Moments.of(torch.from_numpy(features)) for features in (first, second))
    return Reference.of(one).distance(other)
