"""Convolutions whose derivatives, of any order, are computed as directly as they are.

A convolution is linear in its input and linear in its kernel. So are its two gradients, and each
one's derivatives are two of the same three maps. R1 takes second derivatives. PyTorch's own of a
depthwise convolution goes through the channels one by one, for the gradient of a kernel that is not
learned: a third of what R1 added to a step (docs/performance.md).
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from cipslib.networks import winograd
from cipslib.utils.shapes import Float

# Channels from which a product for each tap is the faster way to a kernel's gradient on a CPU.
LEAST_CHANNELS = 256
OF_X, OF_WEIGHT = 0, 1  # their places among the gradients of a convolution


@dataclass(frozen=True)
class Geometry:
    stride: int
    padding: int
    groups: int


def convolve(
    x: Float[Tensor, "batch inputs _ _"],
    weight: Float[Tensor, "outputs _ k k"],
    bias: Float[Tensor, " outputs"] | None = None,
    *,
    stride: int = 1,
    padding: int = 0,
    groups: int = 1,
) -> Float[Tensor, "batch outputs _ _"]:
    """``F.conv2d``. Under autocast and in compiled code, where nothing is differentiated twice, it
    is that very function.
    """
    device = x.device.type
    if device == "meta" or torch.is_autocast_enabled(device) or torch.compiler.is_compiling():
        return F.conv2d(x, weight, bias, stride, padding, groups=groups)
    return _Output.apply(x, weight, bias, Geometry(stride, padding, groups))


class _Output(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, geometry: Geometry
    ) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.geometry = geometry
        if _by_winograd(x, weight, geometry):
            return winograd.sums(x, weight, bias)
        stride, padding, groups = geometry.stride, geometry.padding, geometry.groups
        return F.conv2d(x, weight, bias, stride, padding, groups=groups)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (x, weight), geometry = ctx.saved_tensors, ctx.geometry
        of_x, of_weight, of_bias, _ = ctx.needs_input_grad
        return (
            _InputGradient.apply(gradient, weight, x.detach(), geometry) if of_x else None,
            _WeightGradient.apply(x, gradient, weight.detach(), geometry) if of_weight else None,
            gradient.sum(dim=(0, 2, 3)) if of_bias else None,
            None,
        )


class _InputGradient(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, gradient: Tensor, weight: Tensor, x: Tensor, geometry: Geometry
    ) -> Tensor:
        """The gradient does not depend on ``x``, only its shape and layout do."""
        ctx.save_for_backward(gradient, weight)
        ctx.geometry = geometry
        if _by_winograd(gradient, weight, geometry):
            turned = weight.flip(2, 3).transpose(0, 1)
            return winograd.sums(gradient, turned, None)
        return _plain_gradient(OF_X, x, weight, gradient, geometry)

    @staticmethod
    def backward(ctx: Any, x: Tensor) -> tuple[Tensor | None, ...]:
        (gradient, weight), geometry = ctx.saved_tensors, ctx.geometry
        of_gradient, of_weight, *_ = ctx.needs_input_grad
        return (
            _Output.apply(x, weight, None, geometry) if of_gradient else None,
            _WeightGradient.apply(x, gradient, weight.detach(), geometry) if of_weight else None,
            None,
            None,
        )


class _WeightGradient(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, gradient: Tensor, weight: Tensor, geometry: Geometry
    ) -> Tensor:
        """The gradient does not depend on ``weight``, only its shape and layout do."""
        ctx.save_for_backward(x, gradient)
        ctx.geometry = geometry
        if _by_winograd(x, weight, geometry):
            return winograd.weight_gradient(x, gradient)
        if _products_pay(x, weight, geometry):
            return _by_products(x, gradient, weight.shape, geometry)
        return _plain_gradient(OF_WEIGHT, x, weight, gradient, geometry)

    @staticmethod
    def backward(ctx: Any, weight: Tensor) -> tuple[Tensor | None, ...]:
        (x, gradient), geometry = ctx.saved_tensors, ctx.geometry
        of_x, of_gradient, *_ = ctx.needs_input_grad
        return (
            _InputGradient.apply(gradient, weight, x.detach(), geometry) if of_x else None,
            _Output.apply(x, weight, None, geometry) if of_gradient else None,
            None,
            None,
        )


def _by_winograd(x: Tensor, weight: Tensor, geometry: Geometry) -> bool:
    return geometry == Geometry(stride=1, padding=1, groups=1) and winograd.pays(x, weight)


def _products_pay(x: Tensor, weight: Tensor, geometry: Geometry) -> bool:
    outputs, inputs, size, _ = weight.shape
    many = size > 1 and min(outputs, inputs) >= LEAST_CHANNELS
    return many and x.device.type == "cpu" and geometry.groups == 1


def _plain_gradient(
    wanted: int, x: Tensor, weight: Tensor, gradient: Tensor, geometry: Geometry
) -> Tensor:
    """By PyTorch's own way."""
    stride, padding = (geometry.stride, geometry.stride), (geometry.padding, geometry.padding)
    mask = (wanted == OF_X, wanted == OF_WEIGHT, False)
    gradients = torch.ops.aten.convolution_backward(
        gradient, x, weight, None, stride, padding, (1, 1), False, (0, 0), geometry.groups, mask
    )
    return gradients[wanted]


def _by_products(
    x: Float[Tensor, "batch inputs _ _"],
    gradient: Float[Tensor, "batch outputs h w"],
    shape: torch.Size,
    geometry: Geometry,
) -> Float[Tensor, "outputs inputs k k"]:
    """The gradient of the kernel, each tap's by one product (docs/performance.md)."""
    outputs, inputs, height, width = shape
    edge, step = geometry.padding, geometry.stride
    seen = F.pad(x.permute(0, 2, 3, 1), (0, 0, edge, edge, edge, edge))
    towards = gradient.permute(0, 2, 3, 1).reshape(-1, outputs).T
    down, across = (step * (size - 1) + 1 for size in gradient.shape[2:])
    result = x.new_empty(outputs, height, width, inputs)
    for i in range(height):
        for j in range(width):
            pixels = seen[:, i : i + down : step, j : j + across : step].reshape(-1, inputs)
            torch.mm(towards, pixels, out=result[:, i, j])
    return result.permute(0, 3, 1, 2)
