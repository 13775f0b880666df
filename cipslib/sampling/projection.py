"""Projection of an image into a generator's style space, by optimisation. Not in the paper."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from cipslib.networks.generator import Generator, pixels_to_images
from cipslib.networks.models import AnyGenerator
from cipslib.sampling.latents import W_AVG_DRAWS, device_and_type, sample_latents
from cipslib.sampling.synthesis import image_size, render
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float, UInt8

RAMP_UP = 0.05  # shares of the steps in which the learning rate rises, and falls as a cosine
RAMP_DOWN = 0.5
LEARNING_RATE = 0.1  # in standard deviations of the generator's styles
CANDIDATES = 500  # random styles, of which, and of their mean, the best are the starts
STARTS = 4  # optimised side by side; the best one is the result
FLATTEST = 1e-3  # the least spread of the styles along an axis, in shares of the largest


@dataclass(frozen=True)
class Projection:
    """The best style found, its image, how near that is, and the best start's loss by step."""

    w: Float[Tensor, "1 style"]
    image: UInt8[np.ndarray, "h w 3"]
    psnr: float  # dB, of the image's 8 bits
    losses: list[float]


def project(
    generator: AnyGenerator,
    target: UInt8[np.ndarray, "..."],
    steps: int = 500,
    seed: int = 0,
    progress: bool = False,
) -> Projection:
    """Find the style whose image is nearest to ``target``, (height, width, 3).

    The loss is the mean squared error of colours in [-1, 1]. Raises UserError if the target is no
    RGB image of the generator's size, or there are no steps.
    """
    if steps < 1:
        raise UserError(f"steps is {steps}, must be at least 1")
    height, width = image_size(generator)
    if target.shape != (height, width, 3):
        raise UserError(
            f"the target is of shape {' x '.join(map(str, target.shape))}; this generator needs an "
            f"RGB image of {height} x {width} x 3 (height x width x channels)"
        )
    space = StyleSpace(generator, seed)
    start = space.whiten(_best_styles(generator, target, space.draws))
    colours = torch.from_numpy(target.copy()).to(*device_and_type(generator)) / 127.5 - 1
    colours = colours.permute(2, 0, 1)

    def loss_of(u: Tensor) -> Tensor:
        return _squared_error(synthesize_images(generator, space.unwhiten(u)), colours)

    best, losses = _optimise(loss_of, start, steps, progress)
    w = space.unwhiten(best)
    image = render(generator, w)[0]
    return Projection(w, image, psnr(image, target), losses)


def synthesize_images(
    generator: AnyGenerator, w: Float[Tensor, "batch style"]
) -> Float[Tensor, "batch 3 height width"]:
    """Compute the images of styles on the training grid, differentiable."""
    if isinstance(generator, Generator):
        return pixels_to_images(generator.synthesis(w), generator.config.resolution)
    return generator.synthesis(w)


def psnr(image: UInt8[np.ndarray, "h w 3"], target: UInt8[np.ndarray, "h w 3"]) -> float:
    """Return the peak signal-to-noise ratio in dB; infinite for equal images."""
    error = np.square(image.astype(np.float64) - target).mean()
    return math.inf if error == 0 else float(10 * np.log10(255**2 / error))


class StyleSpace:
    """Styles in coordinates in which the generator's own have mean 0 and unit covariance.

    One learning rate then suits all directions and all generators. Axes along which the styles
    hardly spread are kept wide enough to be reached.
    """

    def __init__(self, generator: AnyGenerator, seed: int):
        latents = sample_latents(W_AVG_DRAWS, generator.config.style_dim, seed)
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
    generator: AnyGenerator, target: np.ndarray, draws: Float[Tensor, "draws style"]
) -> Float[Tensor, "starts style"]:
    """Return those among some draws and the mean of all whose images are nearest to the target."""
    candidates = torch.cat((draws.mean(dim=0, keepdim=True), draws[:CANDIDATES]))
    images = render(generator, candidates)
    errors = [np.square(image.astype(np.float32) - target).mean() for image in images]
    best = np.argsort(errors, kind="stable")[:STARTS]
    return candidates[torch.from_numpy(best).to(candidates.device)]


def _squared_error(
    images: Float[Tensor, "batch 3 h w"], target: Float[Tensor, "3 h w"]
) -> Float[Tensor, " batch"]:
    """Return each image's mean squared error.

    An image file shows no more than black and white: where the target is one, beyond it nothing is
    wrong.
    """
    shown = torch.where(target.abs() == 1, images.clamp(-1, 1), images)
    return (shown - target).square().mean(dim=(1, 2, 3))


def _optimise(
    loss_of: Callable[[Tensor], Tensor], start: Tensor, steps: int, progress: bool
) -> tuple[Tensor, list[float]]:
    """Run Adam from each start; return the best point that any passed, (1, ...), and its losses."""
    u = start.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([u], betas=(0.9, 0.99))
    least = torch.full((len(u),), math.inf, device=u.device, dtype=u.dtype)
    best = start.clone()
    history = []
    with tqdm(range(steps + 1), unit="step", disable=not progress) as bar:
        for step in bar:
            losses = loss_of(u)
            history.append(losses.detach())
            better = history[-1] < least
            least = torch.where(better, history[-1], least)
            best[better] = u.detach()[better]
            if step == steps:
                break  # the last step's outcome was still to be looked at
            (u.grad,) = torch.autograd.grad(losses.sum(), u)
            optimizer.param_groups[0]["lr"] = _learning_rate_at(step / steps, steps)
            optimizer.step()
            if progress:
                bar.set_postfix(loss=f"{least.min().item():.2e}", refresh=False)
    winner = int(least.argmin())
    return best[winner : winner + 1], torch.stack(history)[:, winner].tolist()


def _learning_rate_at(share: float, steps: int) -> float:
    """Return the rate at a share of the steps: a linear rise, a plateau, half a cosine to zero."""
    fall = min(1.0, (1 - share) / RAMP_DOWN)
    rise = min(1.0, share / RAMP_UP + 1 / steps)
    return LEARNING_RATE * rise * (1 - math.cos(math.pi * fall)) / 2
