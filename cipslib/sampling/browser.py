"""A CIPS generator for the browser: its sizes, and its numbers in base64, in the order of use."""

import base64
from collections.abc import Iterator
from typing import Any

import torch
from sklearn.decomposition import PCA  # type: ignore[import-untyped]
from torch import Tensor, nn

from cipslib.networks.generator import Generator
from cipslib.networks.layers import ModulatedLinear
from cipslib.networks.models import AnyGenerator
from cipslib.networks.positional_encoding import FourierFeatures
from cipslib.sampling.latents import sample_w
from cipslib.utils.errors import UserError

DIRECTIONS = 3  # principal ones of w, for sliders
MOST = 500_000  # parameters: a megabyte, and what a laptop draws while one looks
STYLES = 2048  # of which mean and directions are taken


@torch.inference_mode()
def pack_for_browser(generator: AnyGenerator, bits: int = 16) -> dict[str, Any]:
    """Return what live/network.js unpacks; ``bits`` of each number: 16 or 32.

    Gains are multiplied into the numbers; Eq. 2's division by the rows' lengths is left to the
    browser. Raises UserError for a generator that the page cannot draw.
    """
    if not isinstance(generator, Generator) or generator.config.variant.residual:
        raise UserError("the live page draws CIPS without residual blocks, and no StyleGAN2")
    config = generator.config
    widths = (*config.block_widths, config.fourier_dim, config.embedding_dim)
    if any(width % 4 for width in widths) or sum(p.numel() for p in generator.parameters()) > MOST:
        raise UserError(f"the live page draws widths of multiples of 4, up to {MOST:,} parameters")
    table = None if generator.embedding is None else generator.embedding.table
    fourier = None if generator.fourier is None else _fourier(generator.fourier)
    layers = [*_layers(generator)]
    pca = PCA(DIRECTIONS).fit(sample_w(generator, STYLES, seed=0).double().numpy())
    numbers = [
        *(each for layer in generator.mapping.layers for each in _linear(layer)),
        *(each for each in (fourier, table) if each is not None),
        *(each for layer, _ in layers for each in _modulated(layer)),
        torch.from_numpy(pca.mean_),
        torch.from_numpy(pca.components_ * pca.explained_variance_[:, None] ** 0.5),
    ]
    flat = torch.cat([each.double().flatten() for each in numbers]).numpy()
    sizes = ("inputs", "outputs", "gain", "rgb")
    return {
        "bits": bits,
        "style": config.style_dim,
        "mapping": config.mapping_layers,
        "rows": config.resolution,
        "columns": config.circumference or config.resolution,
        "cylinder": config.circumference > 0,
        "fourierFeatures": 0 if fourier is None else len(fourier),
        "embeddingFeatures": 0 if table is None else table.shape[1],
        "sine": config.variant.sine,
        "layers": [
            dict(zip(sizes, (*layer.weight.shape[::-1], layer.gain, rgb), strict=True))
            for layer, rgb in layers
        ],
        "directions": DIRECTIONS,
        "numbers": base64.b64encode(flat.astype(f"<f{bits // 8}").tobytes()).decode(),
    }


def _layers(generator: Generator) -> Iterator[tuple[ModulatedLinear, bool]]:
    """Yield each layer in the order of use, and whether it makes colours."""
    yield generator.first.modulated, False
    for block in generator.blocks:
        yield from ((layer.modulated, False) for layer in block.layers)
        if block.to_rgb is not None:
            yield block.to_rgb, True


def _linear(layer: Any) -> tuple[Tensor, Tensor]:  # an EqualizedLinear
    return layer.weight * layer.weight_gain, layer.bias * layer.bias_gain


def _modulated(layer: ModulatedLinear) -> tuple[Tensor, ...]:
    affine = (each * layer.weight_gain for each in _linear(layer.affine))
    return (*affine, layer.weight, layer.bias * layer.gain)


def _fourier(features: FourierFeatures) -> Tensor:
    """Return rows of four: the factors of x and y (round a cylinder of three numbers), the bias."""
    weight, bias = features.weight, features.bias
    last = weight.new_zeros(len(weight), 1) if bias is None else bias[:, None]
    return torch.cat((nn.functional.pad(weight, (0, 3 - weight.shape[1])), last), dim=1)
