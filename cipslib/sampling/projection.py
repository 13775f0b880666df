"""Projection of a picture into a generator's style space, by optimisation. Not in the paper."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from cipslib.networks.files import load_strictly, load_tensors
from cipslib.networks.generator import Generator, pixels_to_images
from cipslib.networks.models import AnyGenerator
from cipslib.sampling.latents import MEAN_DRAWS, device_and_type, sample_latents
from cipslib.sampling.synthesis import image_size, render
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float, UInt8

# Images in [-1, 1] -> features of several levels, each (batch, channels, height, width).
Perceptual = Callable[[Tensor], list[Tensor]]

RAMP_UP = 0.05  # shares of the steps in which the learning rate rises, and falls as a cosine
RAMP_DOWN = 0.5
FLATTEST = 1e-3  # the least spread of the styles along an axis, in shares of the largest

VGG16_FILE = "vgg16-397923af.pth"  # torchvision's name of its weights, trained on ImageNet
VGG16_WIDTHS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
VGG16_SMALLEST = 64  # pixels: the size of the patches that LPIPS was made for
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class ProjectionConfig:
    """How a picture is projected. Raises UserError for a value out of range."""

    steps: int = 500
    learning_rate: float = 0.1  # in standard deviations of the generator's styles
    per_layer: bool = False  # a style for each layer instead of one for all
    candidates: int = 500  # random styles, of which, and of their mean, the best are the starts
    starts: int = 4  # optimised side by side; the best one is the result
    perceptual_weight: float = 0.1  # of the distance of features, beside the mean squared error
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("steps", "candidates", "starts"):
            if getattr(self, name) < 1:
                raise UserError(f"{name} is {getattr(self, name)}, must be at least 1")
        if self.candidates > MEAN_DRAWS:
            raise UserError(f"candidates is {self.candidates}, must be at most {MEAN_DRAWS}")
        if self.starts > self.candidates:
            raise UserError(f"starts is {self.starts}, must be at most candidates")
        for name in ("learning_rate", "perceptual_weight"):
            if not 0 < getattr(self, name) < math.inf:
                raise UserError(f"{name} is {getattr(self, name)}, must be positive and finite")
        if self.seed < 0:
            raise UserError(f"seed is {self.seed}, must be at least 0")


@dataclass(frozen=True)
class Projection:
    """The best style found, its picture, how near that is, and the best start's loss by step."""

    w: Float[Tensor, "1 style"] | Float[Tensor, "1 layers style"]
    picture: UInt8[np.ndarray, "h w 3"]
    psnr: float  # dB, of the picture's 8 bits
    losses: list[float]


def project(
    generator: AnyGenerator,
    target: UInt8[np.ndarray, "..."],
    config: ProjectionConfig,
    perceptual: Perceptual | None = None,
    progress: bool = False,
) -> Projection:
    """The style whose picture is nearest to ``target``, (height, width, 3).

    The loss is the mean squared error of colours in [-1, 1] and, with ``perceptual``, the distance
    of its features. Raises UserError if the target is no RGB picture of the generator's size.
    """
    height, width = image_size(generator)
    if target.shape != (height, width, 3):
        raise UserError(
            f"the target is of shape {' x '.join(map(str, target.shape))}; this generator needs an "
            f"RGB picture of {height} x {width} x 3 (height x width x channels)"
        )
    space = StyleSpace(generator, config.seed)
    start = space.whiten(_best_styles(generator, target, space.draws, config))
    if config.per_layer:
        start = start[:, None].repeat(1, style_count(generator), 1)
    loss = _Loss(target, perceptual, config.perceptual_weight, *device_and_type(generator))
    best, losses = _optimise(
        lambda u: loss(synthesize_images(generator, space.unwhiten(u))), start, config, progress
    )
    w = space.unwhiten(best)
    picture = render(generator, w)[0]
    return Projection(w, picture, psnr(picture, target), losses)


def style_count(generator: AnyGenerator) -> int:
    """For how many layers ``generator.synthesis`` takes a style of their own."""
    return generator.config.layers + (not isinstance(generator, Generator))


def synthesize_images(
    generator: AnyGenerator, w: Float[Tensor, "batch style"] | Float[Tensor, "batch layers style"]
) -> Float[Tensor, "batch 3 height width"]:
    """The images of styles on the training grid, differentiable."""
    if isinstance(generator, Generator):
        return pixels_to_images(generator.synthesis(w), generator.config.resolution)
    return generator.synthesis(w)


def psnr(picture: UInt8[np.ndarray, "h w 3"], target: UInt8[np.ndarray, "h w 3"]) -> float:
    """Peak signal-to-noise ratio in dB; infinite for equal pictures."""
    error = np.square(picture.astype(np.float64) - target).mean()
    return math.inf if error == 0 else float(10 * np.log10(255**2 / error))


class StyleSpace:
    """Styles in coordinates in which the generator's own have mean 0 and unit covariance.

    One learning rate then suits all directions and all generators. Axes along which the styles
    hardly spread are kept wide enough to be reached.
    """

    def __init__(self, generator: AnyGenerator, seed: int):
        latents = sample_latents(MEAN_DRAWS, generator.config.style_dim, seed)
        with torch.no_grad():
            self.draws = generator.mapping(latents.to(*device_and_type(generator)))
        self.mean = self.draws.mean(dim=0)
        covariance = torch.cov(self.draws.cpu().double().T).reshape(2 * self.mean.shape)
        variances, axes = torch.linalg.eigh(covariance)
        spread = variances.clamp(min=0).sqrt()
        self.spread = spread.clamp(min=FLATTEST * spread.max().item()).to(self.mean)
        self.axes = axes.to(self.mean)

    def whiten(self, w: Float[Tensor, "*batch style"]) -> Float[Tensor, "*batch style"]:
        return (w - self.mean) @ self.axes / self.spread

    def unwhiten(self, u: Float[Tensor, "*batch style"]) -> Float[Tensor, "*batch style"]:
        return self.mean + (u * self.spread) @ self.axes.T


def _best_styles(
    generator: AnyGenerator,
    target: np.ndarray,
    draws: Float[Tensor, "draws style"],
    config: ProjectionConfig,
) -> Float[Tensor, "starts style"]:
    """Those among some draws and the mean of all whose pictures are nearest to the target."""
    candidates = torch.cat((draws.mean(dim=0, keepdim=True), draws[: config.candidates]))
    pictures = render(generator, candidates)
    errors = [np.square(picture.astype(np.float32) - target).mean() for picture in pictures]
    best = np.argsort(errors, kind="stable")[: config.starts]
    return candidates[torch.from_numpy(best).to(candidates.device)]


class _Loss:
    """Images -> one loss each."""

    def __init__(
        self,
        target: np.ndarray,
        perceptual: Perceptual | None,
        weight: float,
        device: torch.device,
        dtype: torch.dtype,
    ):
        image = torch.from_numpy(target.copy()).to(device, dtype) / 127.5 - 1
        self.target = image.permute(2, 0, 1)[None]
        self.perceptual, self.weight = perceptual, weight
        self.features: list[Tensor] = []
        if perceptual is not None:
            with torch.no_grad():
                self.features = perceptual(self.target)

    def __call__(self, images: Float[Tensor, "batch 3 h w"]) -> Float[Tensor, " batch"]:
        # A picture shows no more than black and white: beyond them nothing is wrong.
        shown = torch.where(self.target.abs() == 1, images.clamp(-1, 1), images)
        loss = (shown - self.target).square().mean(dim=(1, 2, 3))
        if self.perceptual is not None:
            distance = feature_distance(self.perceptual(images.clamp(-1, 1)), self.features)
            loss = loss + self.weight * distance.to(loss)
        return loss


def feature_distance(first: list[Tensor], second: list[Tensor]) -> Float[Tensor, " batch"]:
    """Squared differences, summed over channels, averaged over positions, summed over levels."""
    levels = [
        (a - b).square().sum(dim=1).flatten(1).mean(dim=1)
        for a, b in zip(first, second, strict=True)
    ]
    return torch.stack(levels).sum(dim=0)


def _optimise(
    loss_of: Callable[[Tensor], Tensor], start: Tensor, config: ProjectionConfig, progress: bool
) -> tuple[Tensor, list[float]]:
    """Adam from each start on its own; the best point that any passed, (1, ...), and its losses."""
    u = start.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([u], betas=(0.9, 0.99))
    least = torch.full((len(u),), math.inf, device=u.device, dtype=u.dtype)
    best, history = start.clone(), []
    with tqdm(range(config.steps + 1), unit="step", disable=not progress) as bar:
        for step in bar:
            losses = loss_of(u)
            history.append(losses.detach())
            better = history[-1] < least
            least = torch.where(better, history[-1], least)
            best[better] = u.detach()[better]
            if step == config.steps:
                break  # the last step's outcome was still to be looked at
            (u.grad,) = torch.autograd.grad(losses.sum(), u)
            optimizer.param_groups[0]["lr"] = learning_rate_at(step / config.steps, config)
            optimizer.step()
            if progress:
                bar.set_postfix(loss=f"{least.min().item():.2e}", refresh=False)
    winner = int(least.argmin())
    return best[winner : winner + 1], torch.stack(history)[:, winner].tolist()


def learning_rate_at(share: float, config: ProjectionConfig) -> float:
    """At a share of the steps: a linear rise, a plateau, half a cosine down to zero."""
    fall = min(1.0, (1 - share) / RAMP_DOWN)
    rise = min(1.0, share / RAMP_UP + 1 / config.steps)
    return config.learning_rate * rise * (1 - math.cos(math.pi * fall)) / 2


def perceptual_weights_path() -> Path:
    """Where torchvision keeps its VGG16 weights: below $TORCH_HOME, if that is set."""
    return Path(torch.hub.get_dir()) / "checkpoints" / VGG16_FILE


def perceptual_weights() -> Path | None:
    """``perceptual_weights_path`` if the file is there."""
    path = perceptual_weights_path()
    return path if path.is_file() else None


class VGG16Features(nn.Module):
    """The activations of VGG16 before each pooling, each position's brought to unit length.

    The levels and the normalisation of LPIPS (Zhang et al. 2018), without its learned weights.
    """

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for level in VGG16_WIDTHS:
            for width in level:
                layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU()]
                inputs = width
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)  # torchvision's names of the parameters
        for name, values in (("mean", IMAGENET_MEAN), ("std", IMAGENET_STD)):
            self.register_buffer(name, torch.tensor(values)[:, None, None], persistent=False)

    def forward(self, images: Float[Tensor, "batch 3 h w"]) -> list[Tensor]:
        x = images.to(self.mean)
        if min(x.shape[2:]) < VGG16_SMALLEST:
            scale = VGG16_SMALLEST / min(x.shape[2:])
            x = F.interpolate(x, scale_factor=scale, mode="bilinear", align_corners=False)
        x = ((x + 1) / 2 - self.mean) / self.std
        levels = []
        for layer in self.features:
            if isinstance(layer, nn.MaxPool2d):
                levels.append(F.normalize(x, dim=1))
                if len(levels) == len(VGG16_WIDTHS):
                    break
            x = layer(x)
        return levels


def vgg16_features(path: Path, device: torch.device | str = "cpu") -> VGG16Features:
    """VGG16 with torchvision's weights, from a file of its state dict, classifier not needed.

    Raises UserError naming the file if it is missing, torn or holds something else.
    """
    advice = f"put torchvision's {VGG16_FILE} there, or do without the perceptual loss"
    try:
        state = load_tensors(path)
    except UserError as error:
        raise UserError(f"{error}: {advice}") from error
    if not isinstance(state, dict):
        raise UserError(f"{path} holds no state dict of VGG16: {advice}")
    features = {
        key: value
        for key, value in state.items()
        if isinstance(value, Tensor) and str(key).startswith("features.")
    }
    network = VGG16Features()
    try:
        load_strictly(network, features, path)
    except UserError as error:
        raise UserError(f"{error}, so it is not VGG16's: {advice}") from error
    return network.to(device).requires_grad_(False).eval()
