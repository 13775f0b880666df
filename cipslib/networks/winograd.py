"""3x3 convolutions by Winograd's F(4x4, 3x3): a quarter of the multiplications.

A tile, 4x4 pixels of the output, sees a window of 6x6 pixels. Window and kernel are polynomials of
two variables; at 6x6 points their values are multiplied, summed over the channels, and the tile is
interpolated from the sums (Lavin and Gray, 2016): for each of the 36 points, one product of
(tiles, inputs) with (inputs, outputs). PyTorch has none for a CPU; a GPU's library has its own.

Equal to the plain sum but for rounding. Inside, images are (batch, height, width, channels): every
sum runs over whole vectors.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from cipslib.utils.shapes import Float

# Along one axis, beside infinity. Of the points with small transforms these round least: a third
# less than 0, 1, -1, 2, -2 (tests/test_winograd.py holds the error).
POINTS = (0.0, 1.0, -1.0, 0.5, -2.0)
TAPS = 3
WINDOW = len(POINTS) + 1
TILE = WINDOW - TAPS + 1
# Tiles at once: what stands between the transforms stays in the cache; for the kernel's gradient,
# enough that the products' sums are not written too often.
TILES, TILES_OF_GRADIENT = 64, 256
# With fewer channels the transforms cost more than is saved; on fewer pixels, the kernel's.
LEAST_CHANNELS = 128
LEAST_SIZE = 16

Part = tuple[slice, slice]  # of a batch: images, and rows of them


def pays(x: Float[Tensor, "batch _ h w"], weight: Float[Tensor, "outputs inputs k k"]) -> bool:
    """Whether this is the faster way for a convolution of stride 1 (docs/performance.md)."""
    height, width = x.shape[2:]
    return (
        x.device.type == "cpu"
        and weight.shape[2:] == (TAPS, TAPS)
        and min(weight.shape[:2]) >= LEAST_CHANNELS
        and min(height, width) >= LEAST_SIZE
        and height % TILE == width % TILE == 0
        and x.is_contiguous(memory_format=torch.channels_last)
    )


def sums(
    x: Float[Tensor, "batch inputs h w"],
    weight: Float[Tensor, "outputs inputs 3 3"],
    bias: Float[Tensor, " outputs"] | None,
) -> Float[Tensor, "batch outputs h w"]:
    """``F.conv2d(x, weight, bias, padding=1)``; ``h`` and ``w`` are multiples of 4."""
    outputs = len(weight)
    of_window, of_kernel, to_tile = _transforms(x.dtype)
    kernels = _values(of_kernel, weight.permute(2, 3, 1, 0))
    shape = len(x), outputs, *x.shape[2:]
    y = torch.empty(shape, dtype=x.dtype, memory_format=torch.channels_last)
    images, tiles = _channels_last(x), _tiles(_channels_last(y))
    for part in _parts(images, TILES):
        products = _values(of_window, _windows(images, part)) @ kernels
        if bias is not None:
            products[WINDOW + 1].add_(bias)  # the point (1, 1), which counts once in each pixel
        tile = tiles[:, :, *part]
        tile.copy_(_values(to_tile, products).view(tile.shape))
    return y


def weight_gradient(
    x: Float[Tensor, "batch inputs h w"], gradient: Float[Tensor, "batch outputs h w"]
) -> Float[Tensor, "outputs inputs 3 3"]:
    """Of ``sums``, whose output's gradient is given."""
    of_window, of_kernel, to_tile = _transforms(x.dtype)
    images, tiles = _channels_last(x), _tiles(_channels_last(gradient))
    products: Tensor | None = None
    for part in _parts(images, TILES_OF_GRADIENT):
        windows = _values(of_window, _windows(images, part)).transpose(1, 2)
        spread = _values(to_tile.T, tiles[:, :, *part])
        if products is None:
            products = windows @ spread
        else:
            products.baddbmm_(windows, spread)
    assert products is not None
    taps = _values(of_kernel.T, products).unflatten(0, (TAPS, TAPS))
    return taps.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)


def _channels_last(x: Float[Tensor, "batch channels h w"]) -> Float[Tensor, "batch h w channels"]:
    return x.permute(0, 2, 3, 1).contiguous()


def _parts(images: Float[Tensor, "batch h w channels"], tiles: int) -> Iterator[Part]:
    """Of about ``tiles`` tiles each: some rows of tiles of an image, or some whole images."""
    batch, height, width, _ = images.shape
    across, down = width // TILE, height // TILE
    rows = max(1, min(down, tiles // across))
    together = max(1, tiles // (rows * across))
    for first in range(0, batch, together):
        for top in range(0, down, rows):
            yield slice(first, first + together), slice(top, min(top + rows, down))


def _tiles(
    images: Float[Tensor, "batch h w channels"],
) -> Float[Tensor, "4 4 batch h//4 w//4 channels"]:
    """A view: all tiles' pixels at each of their places."""
    return images.unflatten(2, (-1, TILE)).unflatten(1, (-1, TILE)).permute(2, 4, 0, 1, 3, 5)


def _windows(
    images: Float[Tensor, "batch h w channels"], part: Part
) -> Float[Tensor, "6 6 images rows columns channels"]:
    """What the tiles of a part see, zeros beyond the borders."""
    first, last = part[1].start * TILE - 1, part[1].stop * TILE + 1
    above, below = max(first, 0), min(last, images.shape[1])
    seen = images[part[0], above:below]
    padded = F.pad(seen, (0, 0, 1, 1, above - first, last - below))
    return padded.unfold(1, WINDOW, TILE).unfold(2, WINDOW, TILE).permute(4, 5, 0, 1, 2, 3)


def _values(
    transform: Float[Tensor, "outputs inputs"], numbers: Float[Tensor, "*inputs channels"]
) -> Float[Tensor, "outputs _ channels"]:
    """The transform along both axes at once: of the first dimensions, which make up ``inputs``."""
    result = transform @ numbers.reshape(transform.shape[1], -1)
    return result.unflatten(1, (-1, numbers.shape[-1]))


@cache
def _transforms(dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Of windows (36, 36), of kernels (36, 9), and from sums to tiles (16, 36)."""
    return tuple(  # type: ignore[return-value]
        torch.from_numpy(np.kron(one, one)).to(dtype) for one in _along_one_axis()
    )


def _along_one_axis() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """B^T, G and A^T of Lavin and Gray, from the points: Toom and Cook's construction.

    A tile's product with a kernel is their polynomials' value at each point; Lagrange's
    interpolation, transposed, is what the window goes through.
    """
    points = np.array(POINTS)
    others = [np.delete(points, i) for i in range(len(points))]
    scales = [np.prod(point - rest) for point, rest in zip(points, others, strict=True)]
    infinity = np.eye(WINDOW)[-1]
    window = [np.append(np.poly(rest)[::-1], 0.0) for rest in others] + [np.poly(points)[::-1]]
    kernel = points[:, None] ** np.arange(TAPS) / np.array(scales)[:, None]
    tile = points[:, None] ** np.arange(TILE)
    return (
        np.array(window),
        np.vstack([kernel, infinity[-TAPS:]]),
        np.vstack([tile, infinity[-TILE:]]).T,
    )
