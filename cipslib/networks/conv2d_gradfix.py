"""conv2d with a fast second derivative for R1: the idea of StyleGAN3's conv2d_gradfix.

A convolution is linear in its input: the gradient of that is a linear map, whose own derivative is
the convolution again. PyTorch's second derivative of a depthwise convolution goes through the
channels one by one, for the gradient of a filter that is not learned: a third of what R1 added to a
step (docs/performance.md).
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from cipslib.utils.shapes import Float

INPUT, WEIGHT = 0, 1  # places among the gradients that aten.convolution_backward returns


@dataclass(frozen=True)
class ConvParams:
    """What ``conv2d`` takes beside tensors."""

    stride: int
    padding: int
    groups: int


def conv2d(
    x: Float[Tensor, "batch inputs _ _"],
    weight: Float[Tensor, "outputs _ k k"],
    bias: Float[Tensor, " outputs"] | None = None,
    *,
    stride: int = 1,
    padding: int = 0,
    groups: int = 1,
) -> Float[Tensor, "batch outputs _ _"]:
    """Compute ``F.conv2d``. Under autocast and in compiled code, where nothing is differentiated
    twice, it is that very function.
    """
    device = x.device.type
    if device == "meta" or torch.is_autocast_enabled(device) or torch.compiler.is_compiling():
        return F.conv2d(x, weight, bias, stride, padding, groups=groups)
    return _Output.apply(x, weight, bias, ConvParams(stride, padding, groups))


class _Output(torch.autograd.Function):
    """(x, weight, bias) -> the convolution's output."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, params: ConvParams
    ) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.params = params
        return F.conv2d(x, weight, bias, params.stride, params.padding, groups=params.groups)

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        needs_x, needs_weight, needs_bias, _ = ctx.needs_input_grad
        grad_x = grad_weight = grad_bias = None
        if needs_x:
            grad_x = _InputGradient.apply(grad_output, weight, x.detach(), ctx.params)
        if needs_weight:
            grad_weight = _first_gradient(WEIGHT, x, weight, grad_output, ctx.params)
        if needs_bias:
            grad_bias = grad_output.sum(dim=(0, 2, 3))
        return grad_x, grad_weight, grad_bias, None


class _InputGradient(torch.autograd.Function):
    """(grad_output, weight) -> the gradient of the input; of ``x`` only shape and layout count."""

    @staticmethod
    def forward(
        ctx: Any, grad_output: Tensor, weight: Tensor, x: Tensor, params: ConvParams
    ) -> Tensor:
        ctx.save_for_backward(grad_output, weight)
        ctx.params = params
        return _first_gradient(INPUT, x, weight, grad_output, params)

    @staticmethod
    def backward(ctx: Any, grad_x: Tensor) -> tuple[Tensor | None, ...]:
        grad_output, weight = ctx.saved_tensors
        needs_grad_output, needs_weight, *_ = ctx.needs_input_grad
        second = grad_weight = None
        if needs_grad_output:
            second = _Output.apply(grad_x, weight, None, ctx.params)
        if needs_weight:
            grad_weight = _first_gradient(WEIGHT, grad_x, weight, grad_output, ctx.params)
        return second, grad_weight, None, None


def _first_gradient(
    which: int, x: Tensor, weight: Tensor, grad_output: Tensor, params: ConvParams
) -> Tensor:
    """Return PyTorch's own gradient of the input or of the kernel, whose place is ``which``."""
    stride = (params.stride, params.stride)
    padding = (params.padding, params.padding)
    mask = (which == INPUT, which == WEIGHT, False)
    gradients = torch.ops.aten.convolution_backward(
        grad_output, x, weight, None, stride, padding, (1, 1), False, (0, 0), params.groups, mask
    )
    return gradients[which]
