"""The residual discriminator."""

import pytest
import torch

from cipslib.convolutions import Blur
from cipslib.discriminator import Discriminator, DiscriminatorConfig, minibatch_stddev

SMALL = DiscriminatorConfig(
    resolution=16, channel_base=64, channel_max=8, stddev_group=4, coordinates=False
)


def test_parameter_count_of_the_released_code():
    """28.864 million at 256 px, as counted in the released code."""
    with torch.device("meta"):
        config = DiscriminatorConfig(
            resolution=256,
            channel_base=32768,
            channel_max=512,
            stddev_group=4,
            coordinates=False,
        )
        discriminator = Discriminator(config)
    assert sum(p.numel() for p in discriminator.parameters()) == 28_864_129


def test_one_score_an_image():
    torch.manual_seed(0)
    scores = Discriminator(SMALL)(torch.randn(8, 3, 16, 16))
    assert scores.shape == (8,)
    assert scores.std() > 1e-3


def test_blur_keeps_constants_and_removes_the_highest_frequency():
    x = torch.ones(1, 2, 8, 8)
    x[:, 1] = torch.tensor([1.0, -1.0]).repeat(4)  # alternating columns
    inside = Blur(padding=0)(x)
    torch.testing.assert_close(inside[:, 0], torch.ones_like(inside[:, 0]))
    torch.testing.assert_close(inside[:, 1], torch.zeros_like(inside[:, 1]))


def test_minibatch_stddev_by_hand():
    x = torch.zeros(4, 2, 3, 3)
    x[::2] = 2.0  # with groups of two, images 0, 2 and 1, 3 stand together: both alike
    assert minibatch_stddev(x, 2)[:, 2].abs().max() < 2e-4
    x[0] = 4.0  # now 0 and 2 differ: values 4 and 2, standard deviation 1
    feature = minibatch_stddev(x, 2)[:, 2, 0, 0]
    torch.testing.assert_close(feature, torch.tensor([1.0, 1e-4, 1.0, 1e-4]))


def test_minibatch_stddev_refuses_a_batch_that_does_not_divide():
    with pytest.raises(ValueError, match="batch of 6 does not divide into groups of 4"):
        minibatch_stddev(torch.zeros(6, 1, 2, 2), 4)


@pytest.mark.parametrize("resolution", [4, 24, 100])
def test_resolutions_that_cannot_be_halved_are_refused(resolution: int):
    with pytest.raises(ValueError, match=f"resolution is {resolution}"):
        DiscriminatorConfig(
            resolution=resolution,
            channel_base=512,
            channel_max=8,
            stddev_group=4,
            coordinates=False,
        )
