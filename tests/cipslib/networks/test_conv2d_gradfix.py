"""Our conv2d and its derivatives against PyTorch's, in float64."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from cipslib.networks.conv2d_gradfix import conv2d

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
