"""The objective, against closed forms."""

import math

import pytest
import torch

from cipslib.training.losses import discriminator_loss, generator_loss


def test_logistic_losses():
    real, fake = torch.tensor([0.0, 2.0]), torch.tensor([-1.0, 3.0])

    def sigmoid(v: float) -> float:
        return 1 / (1 + math.exp(-v))

    expected = -(math.log(sigmoid(-1)) + math.log(sigmoid(3))) / 2
    assert generator_loss(fake).item() == pytest.approx(expected, rel=1e-5)
    expected = -(math.log(sigmoid(0)) + math.log(sigmoid(2))) / 2
    expected -= (math.log(1 - sigmoid(-1)) + math.log(1 - sigmoid(3))) / 2
    assert discriminator_loss(real, fake).item() == pytest.approx(expected, rel=1e-5)
