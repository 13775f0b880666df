"""The residual discriminator."""

import pytest
import torch
from conftest import refused, small_discriminator
from torch import Tensor, nn

from cipslib.networks.convolutions import FIRFilter
from cipslib.networks.discriminator import Discriminator, minibatch_stddev
from cipslib.training.losses import r1_penalty


def test_blur_keeps_constants_and_removes_the_highest_frequency():
    x = torch.ones(1, 2, 8, 8)
    x[:, 1] = torch.tensor([1.0, -1.0]).repeat(4)  # alternating columns
    inside = FIRFilter(padding=0)(x)
    torch.testing.assert_close(inside[:, 0], torch.ones_like(inside[:, 0]))
    torch.testing.assert_close(inside[:, 1], torch.zeros_like(inside[:, 1]))


def test_minibatch_stddev_by_hand():
    x = torch.zeros(4, 2, 3, 3)
    x[::2] = 2.0  # with groups of two, images 0, 2 and 1, 3 stand together: both alike
    assert minibatch_stddev(x, 2)[:, 2].abs().max() < 2e-4
    x[0] = 4.0  # now 0 and 2 differ: values 4 and 2, standard deviation 1
    feature = minibatch_stddev(x, 2)[:, 2, 0, 0]
    torch.testing.assert_close(feature, torch.tensor([1.0, 1e-4, 1.0, 1e-4]))
    message = "batch of 8 does not divide into groups of 4 in 3 sets"
    refused(message, minibatch_stddev, torch.zeros(8, 1, 2, 2), 4, sets=3, error=ValueError)


def gradients(discriminator: Discriminator, loss: Tensor) -> list[Tensor]:
    discriminator.zero_grad()
    loss.backward()
    # R1 leaves the last bias without a gradient.
    return [torch.zeros_like(p) if p.grad is None else p.grad for p in discriminator.parameters()]


@pytest.mark.parametrize("sets", [2, 3])
def test_batches_in_one_pass_equal_batches_one_by_one(sets: int):
    discriminator = small_discriminator()
    images = torch.randn(sets * 8, 3, 16, 16, dtype=torch.float64)
    apart = torch.cat([discriminator(part) for part in images.chunk(sets)])
    together = discriminator(images, sets=sets)
    torch.testing.assert_close(together, apart, rtol=0, atol=1e-12)
    assert not torch.allclose(together, discriminator(images)), "groups would mix"
    weights = torch.randn_like(apart)
    expected, found = (gradients(discriminator, (x * weights).sum()) for x in (apart, together))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


def test_nothing_forces_channels_last_back():
    last = small_discriminator().to(memory_format=torch.channels_last)
    formats = []

    def note(module: nn.Module, inputs: tuple, output: Tensor) -> None:
        if output.ndim == 4:
            for x in (*inputs, output):
                formats.append((module, x.is_contiguous(memory_format=torch.channels_last)))

    for module in last.modules():
        module.register_forward_hook(note)
    images = torch.randn(8, 3, 16, 16, dtype=torch.float64)
    last(images.to(memory_format=torch.channels_last))
    assert len(formats) > 10
    assert [str(module) for module, kept in formats if not kept] == []


@pytest.mark.parametrize("channels_last", [False, True])
def test_r1_differentiates_twice(channels_last: bool):
    """The penalty's gradient against a difference quotient, real images first of two sets."""
    discriminator = small_discriminator()
    real, fake = torch.randn(2, 8, 3, 16, 16, dtype=torch.float64)
    if channels_last:
        discriminator.to(memory_format=torch.channels_last)
        real, fake = (x.to(memory_format=torch.channels_last) for x in (real, fake))
    parameter = discriminator.blocks[0].conv.weight
    start = parameter.detach().clone()
    direction = torch.randn_like(parameter)

    def penalty(step: float) -> Tensor:
        parameter.data = start + step * direction
        inputs = real.clone().requires_grad_()
        return r1_penalty(discriminator(torch.cat((inputs, fake)), sets=2)[:8], inputs)

    (slope,) = torch.autograd.grad(penalty(0), parameter)
    quotient = (penalty(1e-5) - penalty(-1e-5)).item() / 2e-5
    assert (slope * direction).sum().item() == pytest.approx(quotient, rel=1e-5) != 0
