"""Our conv2d and its derivatives against PyTorch's, in float64."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from cipslib.networks.conv2d_gradfix import conv2d
from cipslib.networks.discriminator import Discriminator, DiscriminatorConfig
from cipslib.training.losses import r1_penalty

CONVOLUTIONS = {  # inputs, outputs, kernel, size of the images, and how it goes over them
    "stride 1": (3, 4, 3, 8, {"padding": 1}),
    "stride 2": (3, 4, 3, 9, {"stride": 2}),
    "stride 2, a row beyond the last window": (3, 4, 3, 8, {"stride": 2}),
    "1x1": (3, 4, 1, 5, {}),
    "depthwise": (3, 3, 4, 8, {"padding": 2, "groups": 3}),
    "depthwise, stride 2": (3, 3, 4, 8, {"padding": 1, "stride": 2, "groups": 3}),
}
LAYOUTS = {"contiguous": torch.contiguous_format, "channels last": torch.channels_last}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_output_gradients_and_second_derivatives(name, layout):
    inputs, outputs, kernel, size, options = CONVOLUTIONS[name]
    shape = (outputs, inputs // options.get("groups", 1), kernel, kernel)
    memory = LAYOUTS[layout]
    x = torch.randn(2, inputs, size, size).double().to(memory_format=memory).requires_grad_()
    weight = torch.randn(shape).double().to(memory_format=memory).requires_grad_()
    arguments = (x, weight, torch.randn(outputs).double().requires_grad_())

    ours = conv2d(*arguments, **options)
    expected = F.conv2d(*arguments, **options)
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-11)
    direction = torch.randn_like(expected)
    torch.testing.assert_close(
        torch.autograd.grad(ours, arguments, direction),
        torch.autograd.grad(expected, arguments, direction),
        rtol=0,
        atol=1e-10,
    )

    def convolved(*given: Tensor) -> Tensor:
        return conv2d(*given, **options)

    assert torch.autograd.gradcheck(convolved, arguments)
    assert torch.autograd.gradgradcheck(convolved, arguments, fast_mode=True)


def test_under_autocast_it_is_pytorchs_own():
    x = torch.randn(2, 3, 8, 8, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        y = conv2d(x, torch.randn(4, 3, 3, 3))
    assert y.dtype == torch.bfloat16 and "Convolution" in type(y.grad_fn).__name__


@pytest.mark.parametrize("layout", LAYOUTS.values())
def test_the_result_is_laid_out_as_the_images_are(layout):
    x = torch.randn(2, 8, 8, 8).to(memory_format=layout).requires_grad_()
    kernel = torch.randn(1, 1, 4, 4).expand(8, -1, -1, -1)  # no layout of its own
    y = conv2d(x, kernel, padding=2, groups=8)
    y.square().sum().backward()
    assert y.is_contiguous(memory_format=layout)
    assert x.grad is not None and x.grad.is_contiguous(memory_format=layout)


def test_a_discriminator_learns_the_same(monkeypatch):
    """With activations in place, and differentiated twice as for R1."""
    images = torch.randn(4, 3, 32, 32, dtype=torch.float64)
    found = [gradients(images, layout) for layout in LAYOUTS.values()]
    monkeypatch.setattr("cipslib.networks.convolutions.conv2d", F.conv2d)
    expected = gradients(images, torch.contiguous_format)
    for ours in found:
        torch.testing.assert_close(ours, expected, rtol=1e-9, atol=1e-9)


def gradients(images: Tensor, layout: torch.memory_format) -> list[Tensor]:
    torch.manual_seed(1)
    d = Discriminator(DiscriminatorConfig(32, 256, 8, 2, coordinates=False)).double()
    d = d.to(memory_format=layout)
    real = images.to(memory_format=layout).requires_grad_()
    scores = d(real)
    loss = scores.sum() + r1_penalty(scores, real)
    return [scores.detach(), *torch.autograd.grad(loss, list(d.parameters()))]
