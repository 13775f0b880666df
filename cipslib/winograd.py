"""3x3 convolutions by Winograd's F(2x2, 3x3): 4/9 of the multiplications.

A tile, 2x2 pixels of the output, sees a window of 4x4 pixels. Sums and differences of a window's
pixels, and of the kernel's, are multiplied entry by entry, summed over the channels, and added up
to the tile (Lavin and Gray, 2016): for each of the 16 entries, one product of (tiles, inputs) with
(inputs, outputs). PyTorch has none for a CPU; a GPU's library has its own.

Equal to the plain sum but for rounding. Inside, images are (batch, height, width, channels): every
sum runs over whole vectors.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from cipslib.shapes import Float

TILES = 256  # at once, so that what stands between the transforms stays in the cache
# With fewer channels the transforms cost more than is saved; on fewer pixels, the kernel's.
LEAST_CHANNELS = 256
LEAST_SIZE = 16

Part = tuple[slice, slice]  # of a batch: images, and rows of them
ADD, SUBTRACT = torch.add, torch.sub
# Each transform along one axis, as Lavin and Gray's matrices have it. Of a window: a sum of two.
WINDOW = ((SUBTRACT, 0, 2), (ADD, 1, 2), (SUBTRACT, 2, 1), (SUBTRACT, 1, 3))
KERNEL = ((1.0, 0.0, 0.0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0.0, 0.0, 1.0))


def pays(x: Float[Tensor, "batch inputs h w"], weight: Float[Tensor, "outputs inputs k k"]) -> bool:
    """Whether this is the faster way for a convolution of stride 1 (docs/performance.md)."""
    height, width = x.shape[2:]
    return (
        x.device.type == "cpu"
        and not torch.is_autocast_enabled("cpu")
        and weight.shape[2:] == (3, 3)
        and min(weight.shape[:2]) >= LEAST_CHANNELS
        and min(height, width) >= LEAST_SIZE
        and height % 2 == width % 2 == 0
        and x.is_contiguous(memory_format=torch.channels_last)
    )


def convolve(
    x: Float[Tensor, "batch inputs h w"],
    weight: Float[Tensor, "outputs inputs 3 3"],
    bias: Float[Tensor, " outputs"] | None = None,
) -> Float[Tensor, "batch outputs h w"]:
    """``F.conv2d(x, weight, bias, padding=1)`` of even height and width, differentiable twice."""
    return _Convolution.apply(x, weight, bias)


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        return _sums(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        of_x, of_weight, of_bias = ctx.needs_input_grad
        return (
            convolve(gradient, _turned(weight)) if of_x else None,
            _WeightGradient.apply(x, gradient) if of_weight else None,
            gradient.sum(dim=(0, 2, 3)) if of_bias else None,
        )


class _WeightGradient(torch.autograd.Function):
    """As a function of the input and of the gradient of the output: linear in either."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, gradient: Tensor) -> Tensor:
        ctx.save_for_backward(x, gradient)
        return _weight_gradient(x, gradient)

    @staticmethod
    def backward(ctx: Any, weight: Tensor) -> tuple[Tensor | None, Tensor | None]:
        x, gradient = ctx.saved_tensors
        of_x, of_gradient = ctx.needs_input_grad
        return (
            convolve(gradient, _turned(weight)) if of_x else None,
            convolve(x, weight) if of_gradient else None,
        )


def _turned(weight: Float[Tensor, "outputs inputs 3 3"]) -> Float[Tensor, "inputs outputs 3 3"]:
    """The kernel of the transposed convolution."""
    return weight.flip(2, 3).transpose(0, 1)


def _channels_last(x: Float[Tensor, "batch channels h w"]) -> Float[Tensor, "batch h w channels"]:
    return x.permute(0, 2, 3, 1).contiguous()


def _sums(x: Tensor, weight: Tensor, bias: Tensor | None) -> Float[Tensor, "batch outputs h w"]:
    outputs, inputs = weight.shape[:2]
    taps = weight.permute(2, 3, 1, 0).reshape(9, -1)
    kernels = (_kernel_transform(weight) @ taps).view(16, inputs, outputs)
    shape = len(x), outputs, *x.shape[2:]
    y = torch.empty(shape, dtype=x.dtype, memory_format=torch.channels_last)
    rows = y.permute(0, 2, 3, 1)
    sums = x.new_empty(0)
    for part, windows in _windows(_channels_last(x)):
        tiles = windows.flatten(1, 3)
        if sums.shape[1:2] != tiles.shape[1:2]:  # the last part may be smaller
            sums = torch.empty(16, tiles.shape[1], outputs, dtype=x.dtype)
        torch.bmm(tiles, kernels, out=sums)
        if bias is not None:
            sums[5].add_(bias)  # the entry that stands once in each pixel
        _add_up(sums.unflatten(1, windows.shape[1:4]), rows[part])
    return y  # no view of it, which nothing might change in place


def _weight_gradient(x: Tensor, gradient: Tensor) -> Float[Tensor, "outputs inputs 3 3"]:
    gradients = _channels_last(gradient)
    result = x.new_zeros(16, x.shape[1], gradient.shape[1])
    for part, windows in _windows(_channels_last(x)):
        result.baddbmm_(windows.flatten(1, 3).transpose(1, 2), _spread(gradients[part]))
    taps = _kernel_transform(x).T @ result.flatten(1)
    return taps.view(3, 3, x.shape[1], gradient.shape[1]).permute(3, 2, 0, 1).contiguous()


def _kernel_transform(like: Tensor) -> Float[Tensor, "16 9"]:
    """Of the kernel's taps, along both axes at once."""
    along_one = like.new_tensor(KERNEL)
    return torch.kron(along_one, along_one)


def _windows(
    x: Float[Tensor, "batch h w channels"],
) -> Iterator[tuple[Part, Float[Tensor, "16 images h//2 w//2 channels"]]]:
    """Parts of about ``TILES`` tiles, and the transform of their windows, in memory used again."""
    batch, height, width, channels = x.shape
    rows = min(height, max(2, 4 * TILES // width // 2 * 2))
    images = max(1, 4 * TILES // (rows * width))
    padded = x.new_zeros(images, rows + 2, width + 2, channels)
    entries = x.new_empty(16, images * (rows // 2) * (width // 2) * channels)
    for first in range(0, batch, images):
        some = x[first : first + images]
        for top in range(0, height, rows):
            bottom = min(top + rows, height)
            above, below = max(top - 1, 0), min(bottom + 1, height)
            seen = padded[: len(some), : bottom - top + 2]
            seen[:, 0], seen[:, -1] = 0, 0  # where no row of the image is, at its edges
            seen[:, above - top + 1 : below - top + 1, 1:-1] = some[:, above:below]
            shape = (len(some), (bottom - top) // 2, width // 2, channels)
            result = entries[:, : len(some) * (bottom - top) * width * channels // 4]
            result = result.unflatten(1, shape)
            _transform(result, seen)
            yield (slice(first, first + images), slice(top, bottom)), result


def _transform(
    out: Float[Tensor, "16 images rows columns channels"],
    seen: Float[Tensor, "images 2*rows+2 2*columns+2 channels"],
) -> None:
    """Write the entries of all windows of padded images, a step of two pixels apart."""
    height, width = seen.shape[1] - 3, seen.shape[2] - 3
    entry = iter(out)
    for operation, one, other in WINDOW:
        row = operation(seen[:, one : one + height : 2], seen[:, other : other + height : 2])
        for along_row, left, right in WINDOW:
            columns = row[:, :, left : left + width : 2], row[:, :, right : right + width : 2]
            along_row(*columns, out=next(entry))


def _add_up(
    sums: Float[Tensor, "16 images rows columns outputs"],
    out: Float[Tensor, "images 2*rows 2*columns outputs"],
) -> None:
    """Write the tiles that the entries' sums make."""

    def to_two(a: Tensor, b: Tensor, c: Tensor, d: Tensor) -> tuple[Tensor, Tensor]:
        return a + b + c, b - c - d

    for i, row in enumerate(to_two(*sums.unflatten(0, (4, 4)))):
        out[:, i::2, 0::2], out[:, i::2, 1::2] = to_two(*row)


def _spread(
    gradient: Float[Tensor, "images h w outputs"],
) -> Float[Tensor, "16 _ outputs"]:
    """From the tiles to the entries' sums: the transpose of ``_add_up``."""

    def to_four(a: Tensor, b: Tensor) -> tuple[Tensor, ...]:
        return a, a + b, a - b, -b

    rows = to_four(gradient[:, 0::2], gradient[:, 1::2])
    entries = [entry for row in rows for entry in to_four(row[:, :, 0::2], row[:, :, 1::2])]
    return torch.stack(entries).flatten(1, 3)
