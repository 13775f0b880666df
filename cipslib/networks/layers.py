"""The generator's layers: equalised linear, modulated linear (Eq. 2), mapping network."""

import math
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float

# Styles: of images, of their layers, or of their pixels, too (``Generator.synthesis``).
Ws = Float[Tensor, "batch style"] | Float[Tensor, "batch _ style"] | Float[Tensor, "b _ _ s"]

LEAKY_SLOPE = 0.2  # Sec. 4.1
# differs from the paper: it mentions no gain; StyleGAN2, on which it builds, keeps the variance so.
LEAKY_GAIN = math.sqrt(2.0)
SMALL_OUT_FEATURES = 4  # below it, as for colours, a product is faster with outputs as rows
EPSILON = 1e-8  # the "small constant" of Eq. 2


def full_precision(x: Tensor) -> AbstractContextManager:
    """Switch ``torch.autocast`` off for the device of ``x``, for small numbers that matter."""
    device = x.device.type
    if device == "meta" or not torch.is_autocast_enabled(device):
        return nullcontext()
    return torch.autocast(device, enabled=False)


def at_least_float32(x: Tensor) -> Tensor:
    """Return ``x`` in float32, or as it is in float64."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def leaky_relu(x: Tensor) -> Tensor:
    """Apply the leaky ReLU of slope 0.2 (Sec. 4.1), scaled by sqrt(2) as in StyleGAN2."""
    return F.leaky_relu(x, LEAKY_SLOPE) * LEAKY_GAIN


class EqualizedLinear(nn.Module):
    """A linear layer whose weight is kept at unit variance and scaled at run time.

    ``lr_multiplier`` slows the layer's learning without changing what it computes at the start.
    With ``bias_init`` None it has no bias.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias_init: float | None = 0.0,
        lr_multiplier: float = 1.0,
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features) / lr_multiplier)
        self.bias = None
        if bias_init is not None:
            self.bias = nn.Parameter(torch.full((out_features,), bias_init / lr_multiplier))
        self.weight_gain = lr_multiplier / math.sqrt(in_features)
        self.bias_gain = lr_multiplier

    def forward(self, x: Float[Tensor, "*batch inputs"]) -> Float[Tensor, "*batch outputs"]:
        bias = None if self.bias is None else self.bias * self.bias_gain
        return F.linear(x, self.weight * self.weight_gain, bias)


class MappingNetwork(nn.Module):
    """M: z -> w (Sec. 3): z normalised to unit mean square, then an MLP.

    The paper gives no depth or learning rate; 8 layers at 1/100 of the rate are StyleGAN2's.
    """

    def __init__(self, style_dim: int, layers: int):
        super().__init__()
        self.layers = nn.ModuleList(
            EqualizedLinear(style_dim, style_dim, lr_multiplier=0.01) for _ in range(layers)
        )

    def forward(self, z: Float[Tensor, "batch style"]) -> Float[Tensor, "batch style"]:
        with full_precision(z):
            w = z * torch.rsqrt(z.square().mean(dim=-1, keepdim=True) + EPSILON)
            for layer in self.layers:
                w = leaky_relu(layer(w))
        return w


def modulate(
    weight: Float[Tensor, "outputs inputs"],
    scales: Float[Tensor, "batch inputs"],
    demodulate: bool,
    gain: float = 1.0,
) -> Float[Tensor, "batch outputs inputs"]:
    """Return B^ of Eq. 2: B's columns scaled by the style, its rows brought to length ``gain``.

    The lengths are a small product of their own: every pass over an image's weights counts where
    there are few pixels.
    """
    if not demodulate:
        return weight * (scales * gain)[:, None, :]
    return weight * scales[:, None, :] * (gain / row_norms(weight, scales))[:, :, None]  # Eq. 2


def row_norms(
    weight: Float[Tensor, "outputs inputs"], scales: Float[Tensor, "*batch inputs"]
) -> Float[Tensor, "*batch outputs"]:
    """Return the lengths of B's rows after its columns were scaled: the square root in Eq. 2."""
    with full_precision(scales):
        return (F.linear(scales.square(), weight.square()) + EPSILON).sqrt()


# What a modulated layer takes: an image's style, or one for each of its pixels (Fig. 11c).
LayerW = Float[Tensor, "batch style"] | Float[Tensor, "batch pixels style"]


class ModulatedLinear(nn.Module):
    """ModFC of Fig. 2: psi = B^ phi + b, with B^ modulated by the style vector (Eq. 2).

    Pixels are rows, so that one batched matrix product computes all pixels of all images.
    ``gain`` scales the output. A leaky ReLU commutes with positive factors, so its gain is applied
    here, to the small weights, instead of to every pixel afterwards.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        style_dim: int,
        demodulate: bool = True,
        gain: float = 1.0,
    ):
        super().__init__()
        self.affine = EqualizedLinear(style_dim, in_features, bias_init=1.0)  # "A" in Fig. 2
        self.weight = nn.Parameter(torch.randn(out_features, in_features))
        self.bias = nn.Parameter(torch.zeros(out_features))
        self.weight_gain = 1.0 / math.sqrt(in_features)
        self.demodulate = demodulate
        self.gain = gain

    def forward(
        self, phi: Float[Tensor, "batch pixels inputs"], w: LayerW
    ) -> Float[Tensor, "batch pixels outputs"]:
        if w.ndim == 3:
            return self._forward_per_pixel(phi, w)
        weights = modulate(self.weight, self._scales(w), self.demodulate, self.gain)
        bias = self.bias * self.gain
        # Not where a gradient flows: it would be laid out by rows, too.
        if len(bias) < SMALL_OUT_FEATURES and not phi.requires_grad:
            return torch.baddbmm(bias[:, None], weights, phi.transpose(1, 2)).transpose(1, 2)
        return torch.baddbmm(bias, phi, weights.transpose(1, 2))

    def _scales(self, w: Float[Tensor, "*batch style"]) -> Float[Tensor, "*batch inputs"]:
        with full_precision(w):
            return self.affine(w) * self.weight_gain

    def _forward_per_pixel(
        self, phi: Float[Tensor, "batch pixels inputs"], w: Float[Tensor, "batch pixels style"]
    ) -> Float[Tensor, "batch pixels outputs"]:
        """Compute Eq. 2 with the sums regrouped, so that no pixel needs a matrix of its own."""
        scales = self._scales(w)
        psi = F.linear(phi * scales, self.weight)
        if self.demodulate:
            psi = psi / row_norms(self.weight, scales)
        return (psi + self.bias) * self.gain


class StyledLayer(nn.Module):
    """A modulated layer and its activation: leaky ReLU or, in the Sine column of Tab. 3, sine.

    ``noise`` adds the released code's input: one Gaussian number a pixel, times a learned strength.
    differs from the paper: there colour depends on z and (x, y) alone (Sec. 3).
    """

    def __init__(
        self, in_features: int, out_features: int, style_dim: int, sine: bool, noise: bool
    ):
        super().__init__()
        gain = 1.0 if sine else LEAKY_GAIN
        self.modulated = ModulatedLinear(in_features, out_features, style_dim, gain=gain)
        self.noise_strength = nn.Parameter(torch.zeros(())) if noise else None
        self.sine = sine

    def forward(
        self,
        phi: Float[Tensor, "batch pixels inputs"],
        w: LayerW,
        noise: Float[Tensor, "batch pixels 1"] | None = None,
    ) -> Float[Tensor, "batch pixels outputs"]:
        psi = self.modulated(phi, w)
        # In place, here and below: nothing else needs what stood there before.
        if noise is not None and self.noise_strength is not None:
            psi.add_(self.noise_strength * self.modulated.gain * noise)
        # The leaky ReLU's gain is in the weights.
        return torch.sin(psi) if self.sine else F.leaky_relu_(psi, LEAKY_SLOPE)


def broadcast_ws(w: Ws, layers: int) -> list[Tensor]:
    """Return each layer's styles, (batch, style) or (batch, pixels, style).

    Raises UserError if ``w`` has another number of dimensions or layers.
    """
    if w.ndim == 2:
        return [w] * layers
    if w.ndim not in (3, 4):
        raise UserError(f"w is of shape {tuple(w.shape)}: (batch, style), one axis more or two")
    if w.shape[1] not in (1, layers):
        raise UserError(f"w has styles for {w.shape[1]} layers; the generator has {layers}")
    ws = list(w.expand(-1, layers, *w.shape[2:]).unbind(1))
    if w.ndim == 4 and w.shape[2] == 1:
        return [style[:, 0] for style in ws]
    return ws


def maybe_checkpoint(module: nn.Module, *inputs: Any, use_checkpoint: bool) -> Any:
    """Run ``module``; with ``use_checkpoint`` keep its inputs alone and run it again in backward.

    That is activation checkpointing: less memory, the same gradients.
    """
    if not use_checkpoint or not torch.is_grad_enabled():
        return module(*inputs)
    return checkpoint(module, *inputs, use_reentrant=False, preserve_rng_state=False)
