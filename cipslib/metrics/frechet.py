"""The Frechet distance between two sets of features (Heusel et al. 2017), by clean-fid."""

import warnings

import numpy as np
from cleanfid import fid
from scipy.linalg import LinAlgWarning

from cipslib.shapes import Float


def frechet_distance(
    first: Float[np.ndarray, "m dim"], second: Float[np.ndarray, "n dim"]
) -> float:
    """|mu1 - mu2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)), in float64: a squared distance, as FID is.

    Raises ValueError for fewer than two images a side, or features that are not finite.
    """
    if min(len(first), len(second)) < 2:
        raise ValueError("the distance needs at least two images on either side")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError("some features are not finite")
    with warnings.catch_warnings():
        # Fewer images than features: the covariance is singular, its root still right. The
        # protocol says so (stages/evaluate.py).
        warnings.simplefilter("ignore", LinAlgWarning)
        return float(fid.fid_from_feats(first.astype(np.float64), second.astype(np.float64)))
