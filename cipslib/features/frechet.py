"""The Frechet distance between two sets of features (Heusel et al. 2017)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from cipslib.features.moments import Moments
from cipslib.utils.shapes import Float


@dataclass(frozen=True)
class Reference:
    """The set that others are compared with; its covariance's root is taken once."""

    mean: Float[Tensor, " dim"]
    root: Float[Tensor, "dim dim"]  # root @ root.T is the covariance
    trace: float

    @classmethod
    def of(cls, moments: Moments) -> "Reference":
        """Take the covariance's root. Raises ValueError for fewer than two images."""
        covariance = moments.covariance
        values, vectors = torch.linalg.eigh(covariance)
        root = vectors * values.clamp(min=0).sqrt()  # below 0 by rounding only
        return cls(moments.mean, root, float(covariance.trace()))

    def distance(self, moments: Moments) -> float:
        """Return ``|mu1 - mu2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2))``: a squared distance, as FID.

        S1 S2 has the eigenvalues of the symmetric R^T S2 R, where R R^T = S1: no root of a matrix
        that is not symmetric is needed. Raises ValueError for fewer than two images.
        """
        covariance = moments.covariance
        product = self.root.T @ covariance @ self.root
        values = torch.linalg.eigvalsh((product + product.T) / 2)
        roots = float(values.clamp(min=0).sqrt().sum())
        shift = float((self.mean - moments.mean).square().sum())
        # Never negative in exact numbers; two equal sets differ by rounding.
        return max(0.0, shift + self.trace + float(covariance.trace()) - 2 * roots)
