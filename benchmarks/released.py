"""The baseline: our networks' parameters, computed as the released code formulates them.

Each image has its own weights, and all are one grouped convolution over the images' channels, side
by side; noise, bias, activation and gain are passes of their own; the encoding is computed for
each image; real and fake images pass the discriminator in turn, and R1 is a step of its own.
Written from what it computes, not from its text; ``tests/test_released_formulation.py`` shows that
it is the same function.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from cipslib.networks.conv2d_gradfix import conv2d
from cipslib.networks.convolutions import EqualizedConv2d, FIRFilter
from cipslib.networks.discriminator import Discriminator, minibatch_stddev
from cipslib.networks.generator import Generator
from cipslib.networks.layers import EPSILON, LEAKY_GAIN, LEAKY_SLOPE, ModulatedLinear, StyledLayer
from cipslib.training.losses import discriminator_loss, generator_loss, r1_penalty
from cipslib.training.state import TrainingState, update_ema
from cipslib.utils.shapes import Float

R1_WEIGHT = 80.0  # gamma / 2, 16 times; as the decay, any number takes the same time
AVERAGE_DECAY = 0.999


def activated(x: Tensor) -> Tensor:
    return F.leaky_relu(x, LEAKY_SLOPE) * LEAKY_GAIN


def grouped_convolution(
    layer: ModulatedLinear, x: Float[Tensor, "batch inputs h w"], w: Float[Tensor, "batch style"]
) -> Float[Tensor, "batch outputs h w"]:
    batch, inputs, height, width = x.shape
    weight = layer.weight_gain * layer.weight * layer.affine(w)[:, None, :]
    if layer.demodulate:
        weight = weight * torch.rsqrt(weight.square().sum(2, keepdim=True) + EPSILON)
    kernels = weight.reshape(-1, inputs, 1, 1)
    psi = F.conv2d(x.reshape(1, -1, height, width), kernels, groups=batch)
    return psi.reshape(batch, -1, height, width)


def styled(layer: StyledLayer, x: Tensor, w: Tensor) -> Tensor:
    x = grouped_convolution(layer.modulated, x, w)
    if layer.noise_strength is not None:
        x = x + layer.noise_strength * torch.randn(len(x), 1, *x.shape[2:], device=x.device)
    return activated(x + layer.modulated.bias[:, None, None])


def images(g: Generator, z: Float[Tensor, "batch style"]) -> Float[Tensor, "batch 3 size size"]:
    """G(z) of variant "main" on the training grid."""
    assert g.config.variant.skips and g.fourier is not None and g.embedding is not None
    w, size = g.mapping(z), g.config.resolution
    coords = g.grid.T.reshape(1, 2, size, size).repeat(len(z), 1, 1, 1)
    fourier = torch.sin(F.conv2d(coords, g.fourier.weight[:, :, None, None], g.fourier.bias))
    table = g.embedding.table.T.reshape(1, -1, size, size).repeat(len(z), 1, 1, 1)
    x = styled(g.first, torch.cat((fourier, table), dim=1), w)
    rgb: Tensor | None = None
    for block in g.blocks:
        for layer in block.layers:
            x = styled(layer, x, w)
        assert block.to_rgb is not None
        colours = grouped_convolution(block.to_rgb, x, w) + block.to_rgb.bias[:, None, None]
        rgb = colours if rgb is None else rgb + colours
    assert rgb is not None
    return rgb


def convolved(layer: EqualizedConv2d, x: Tensor) -> Tensor:
    """Without the bias, which stands with the activation."""
    weight = layer.weight * layer.weight_gain
    return F.conv2d(x, weight, stride=layer.stride, padding=layer.padding)


def activated_convolution(layer: EqualizedConv2d, x: Tensor) -> Tensor:
    assert layer.bias is not None
    return activated(convolved(layer, x) + layer.bias[:, None, None])


def blurred(blur: FIRFilter, x: Tensor) -> Tensor:
    """At the full resolution: where it halves, the convolution after it drops the pixels.

    By our own depthwise convolution, with its second derivative: theirs is a CUDA extension, and
    what the release does without it, every channel an image of its own, takes a step half as long
    again.
    """
    kernel = blur.kernel.expand(x.shape[1], -1, -1, -1)
    return conv2d(x, kernel, padding=blur.padding, groups=x.shape[1])


def scores(d: Discriminator, images: Tensor) -> Float[Tensor, " batch"]:
    x = activated_convolution(d.from_rgb, images)
    for block in d.blocks:
        y = activated_convolution(block.conv, x)
        y = activated_convolution(block.conv_down, blurred(block.blur, y))
        skip = block.skip.weight * block.skip.weight_gain
        x = (y + F.conv2d(blurred(block.skip_down, x), skip, stride=2)) / 2**0.5
    x = activated_convolution(d.final_conv, minibatch_stddev(x, d.config.stddev_group))
    x = activated(d.final_linear(x.flatten(1)))
    return d.score(x).squeeze(1)


def training_step(state: TrainingState, real: Tensor, with_r1: bool) -> None:
    """D on fake and real images, R1 with an Adam step of its own, G, the moving average."""
    g, d = state.generator, state.discriminator
    assert isinstance(g, Generator)

    def update(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def latents() -> Tensor:
        return torch.randn(len(real), g.config.style_dim, device=real.device)

    with torch.no_grad():
        fake = images(g, latents())
    update(state.discriminator_optimizer, discriminator_loss(scores(d, real), scores(d, fake)))
    if with_r1:
        inputs = real.detach().requires_grad_()
        found = scores(d, inputs)
        penalty = R1_WEIGHT * r1_penalty(found, inputs) + 0 * found[0]
        update(state.discriminator_optimizer, penalty)
    d.requires_grad_(False)
    update(state.generator_optimizer, generator_loss(scores(d, images(g, latents()))))
    d.requires_grad_(True)
    update_ema(state.generator_ema, g, AVERAGE_DECAY)
