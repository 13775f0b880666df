"""The objective, against closed forms."""

import math

import pytest
import torch

from cipslib.training.losses import discriminator_loss, generator_loss, r1_penalty


def test_logistic_losses():
    real, fake = torch.tensor([0.0, 2.0]), torch.tensor([-1.0, 3.0])

    def sigmoid(v: float) -> float:
        return 1 / (1 + math.exp(-v))

    expected = -(math.log(sigmoid(-1)) + math.log(sigmoid(3))) / 2
    assert generator_loss(fake).item() == pytest.approx(expected, rel=1e-5)
    expected = -(math.log(sigmoid(0)) + math.log(sigmoid(2))) / 2
    expected -= (math.log(1 - sigmoid(-1)) + math.log(1 - sigmoid(3))) / 2
    assert discriminator_loss(real, fake).item() == pytest.approx(expected, rel=1e-5)


def test_r1_of_a_quadratic():
    """D(x) = a |x|^2 has the gradient 2 a x, so R1 = 4 a^2 |x|^2, and dR1/da = 8 a |x|^2."""
    a = torch.tensor(3.0, requires_grad=True)
    x = torch.randn(2, 3, 4, 4, requires_grad=True)
    penalty = r1_penalty(a * x.square().sum(dim=(1, 2, 3)), x)
    energy = x.detach().square().sum(dim=(1, 2, 3)).mean()
    torch.testing.assert_close(penalty, 36 * energy)
    penalty.backward()
    torch.testing.assert_close(a.grad, 24 * energy)
