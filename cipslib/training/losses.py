"""The objective of Sec. 4.1, apart from the loop: non-saturating logistic loss and R1."""

import torch
from torch import Tensor
from torch.nn import functional as F

from cipslib.utils.shapes import Float


def generator_loss(fake_scores: Float[Tensor, " batch"]) -> Float[Tensor, ""]:
    """Non-saturating logistic loss of the generator: E[-log sigmoid(D(G(z)))]."""
    return F.softplus(-fake_scores).mean()


def discriminator_loss(
    real_scores: Float[Tensor, " batch"], fake_scores: Float[Tensor, " batch"]
) -> Float[Tensor, ""]:
    """Logistic loss of the discriminator: E[-log sigmoid(D(x))] + E[-log(1 - sigmoid(D(G(z))))]."""
    return F.softplus(-real_scores).mean() + F.softplus(fake_scores).mean()


def r1_penalty(
    real_scores: Float[Tensor, " batch"], real_images: Float[Tensor, "batch _ h w"]
) -> Float[Tensor, ""]:
    """R1 (Mescheder et al. 2018): ``E[|grad_x D(x)|^2]`` on real images; it weighs gamma / 2."""
    (gradient,) = torch.autograd.grad(real_scores.sum(), real_images, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3)).mean()
