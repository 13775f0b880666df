"""The training loop: a D step, a G step, the moving average (Sec. 4.1)."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from cipslib.coordinates import pixel_grid
from cipslib.datasets.batches import Batch
from cipslib.datasets.loader import ON_DEVICE, BatchLoader
from cipslib.discriminator import Discriminator, DiscriminatorConfig
from cipslib.errors import UserError
from cipslib.generator import Generator, pixels_to_images
from cipslib.losses import discriminator_loss, generator_loss, r1_penalty
from cipslib.models import AnyGenerator, AnyGeneratorConfig, build_generator
from cipslib.patches import PatchConfig
from cipslib.randomness import Stream, derive_seed, torch_stream
from cipslib.shapes import Float

Losses = dict[str, Tensor]
Coords = Float[Tensor, "batch pixels 2"] | None  # where G draws; None is its whole grid


@dataclass(frozen=True)
class TrainingConfig:
    """How a run is trained. Progress and intervals count images seen, not iterations."""

    seed: int
    device: str  # "auto" (a GPU if there is one), "cpu" or "cuda"
    total_images: int
    batch_size: int
    patches: PatchConfig | None  # what D sees: None, whole images
    data_on_device: str  # whether the data set is copied to the device's memory: see ON_DEVICE
    learning_rate: float
    adam_betas: tuple[float, float]
    r1_gamma: float
    r1_interval: int  # steps between R1 penalties; each is weighted by the interval ("lazy")
    ema_halflife_images: float
    ema_rampup: float  # the half-life is at most this share of the images seen so far
    log_every_images: int
    sample_every_images: int
    checkpoint_every_images: int

    def __post_init__(self) -> None:
        for name in (
            "total_images batch_size learning_rate r1_interval ema_halflife_images ema_rampup "
            "log_every_images sample_every_images checkpoint_every_images"
        ).split():
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}, must be more than 0")
        if self.seed < 0 or self.r1_gamma < 0:
            raise ValueError("seed and r1_gamma must not be negative")
        if any(not 0 <= beta < 1 for beta in self.adam_betas):
            raise ValueError(f"adam_betas is {self.adam_betas}, both must be in [0, 1)")
        if self.device not in ("auto", "cpu", "cuda"):
            raise ValueError(f"device is {self.device!r}, must be auto, cpu or cuda")
        if self.data_on_device not in ON_DEVICE:
            raise ValueError(
                f"data_on_device is {self.data_on_device!r}, must be {', '.join(ON_DEVICE)}"
            )


@dataclass
class TrainingState:
    """All that a run is at one moment. ``average`` is the moving average that is evaluated."""

    generator: AnyGenerator
    discriminator: Discriminator
    average: AnyGenerator
    generator_optimizer: torch.optim.Adam
    discriminator_optimizer: torch.optim.Adam
    images_seen: int = 0
    seconds: float = 0.0  # of training, all sittings together
    environment: dict[str, Any] = field(default_factory=dict)  # of the last sitting


def initial_state(
    generator: AnyGeneratorConfig,
    discriminator: DiscriminatorConfig,
    training: TrainingConfig,
    device: torch.device,
) -> TrainingState:
    """Fresh networks and optimisers."""
    g = initial_generator(generator, training, device)
    with _seeded(training.seed, Stream.INITIAL_DISCRIMINATOR):
        d = Discriminator(discriminator).to(device)
    average = deepcopy(g).requires_grad_(False).eval()

    def adam(network: nn.Module) -> torch.optim.Adam:
        # eps: Sec. 4.1
        return torch.optim.Adam(
            network.parameters(), training.learning_rate, betas=training.adam_betas, eps=1e-8
        )

    return TrainingState(g, d, average, adam(g), adam(d))


def initial_generator(
    generator: AnyGeneratorConfig, training: TrainingConfig, device: torch.device
) -> AnyGenerator:
    """A fresh generator, made on the CPU so that every device starts from the same weights."""
    with _seeded(training.seed, Stream.INITIAL_GENERATOR):
        return build_generator(generator).to(device)


@contextmanager
def _seeded(seed: int, stream: Stream) -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, stream, 0))
        yield


def train(state: TrainingState, config: TrainingConfig, data: BatchLoader) -> Iterator[Losses]:
    """Train until ``config.total_images``; yields the losses after every step.

    A step sees one batch of real images. Its randomness depends on ``state.images_seen`` alone, so
    a state that was saved between two steps continues as if nothing had happened.
    """
    while state.images_seen < config.total_images:
        batch = data.batch(state.images_seen, config.batch_size)
        losses = discriminator_step(state, config, batch)
        losses |= generator_step(state, config, batch.coords)
        state.images_seen += config.batch_size
        update_average(state.average, state.generator, ema_decay(config, state.images_seen))
        yield losses


def discriminator_step(state: TrainingState, config: TrainingConfig, batch: Batch) -> Losses:
    """Update D on one batch; every ``r1_interval`` steps with the R1 penalty on top."""
    latents, noise = Stream.LATENTS_FOR_DISCRIMINATOR, Stream.NOISE_FOR_DISCRIMINATOR
    with torch.no_grad():
        fake = fake_images(state, config, latents, noise, batch.coords)
    real = with_coordinates(state, batch.images, batch.coords)
    fake = with_coordinates(state, fake, batch.coords)
    with_r1 = (state.images_seen // config.batch_size) % config.r1_interval == 0
    real = real.detach().requires_grad_(with_r1)  # the batch itself stays as it is
    real_scores, fake_scores = state.discriminator(real), state.discriminator(fake)
    loss = objective = discriminator_loss(real_scores, fake_scores)
    losses = {
        "loss/discriminator": loss.detach(),
        "score/real": real_scores.detach().mean(),
        "score/fake": fake_scores.detach().mean(),
    }
    if with_r1:
        penalty = r1_penalty(real_scores, real)
        objective = objective + config.r1_gamma / 2 * config.r1_interval * penalty
        losses["r1"] = penalty.detach()
    state.discriminator_optimizer.zero_grad(set_to_none=True)
    objective.backward()
    state.discriminator_optimizer.step()
    return losses


def generator_step(state: TrainingState, config: TrainingConfig, coords: Coords) -> Losses:
    """Update G on one batch of fresh latents, drawn at the ``coords`` of the real batch."""
    state.discriminator.requires_grad_(False)
    latents, noise = Stream.LATENTS_FOR_GENERATOR, Stream.NOISE_FOR_GENERATOR
    fake = fake_images(state, config, latents, noise, coords)
    loss = generator_loss(state.discriminator(with_coordinates(state, fake, coords)))
    state.generator_optimizer.zero_grad(set_to_none=True)
    loss.backward()
    state.generator_optimizer.step()
    state.discriminator.requires_grad_(True)
    return {"loss/generator": loss.detach()}


def fake_images(
    state: TrainingState, config: TrainingConfig, latents: Stream, noise: Stream, coords: Coords
) -> Float[Tensor, "batch 3 size size"]:
    """G(z) for this step's z ~ N(0, I); a generator that takes noise gets this step's too.

    Raises UserError if there are ``coords`` and the generator can draw nothing but whole images.
    """
    generator = state.generator
    device = next(generator.parameters()).device
    random = torch_stream(config.seed, latents, state.images_seen)
    z = torch.randn((config.batch_size, generator.config.style_dim), generator=random).to(device)
    # There is far more noise than latents: it is drawn where it is used.
    drawn = torch_stream(config.seed, noise, state.images_seen, device)
    if coords is None:
        return generator(z, noise=drawn)
    if not isinstance(generator, Generator):
        raise UserError("patches and cylinders need a generator of coordinates: the model cips")
    # These are points of the grid, where every look-up is exact, and this one the cheapest.
    pixels = generator.synthesis(generator.mapping(z), coords, lookup="nearest", noise=drawn)
    return pixels_to_images(pixels, math.isqrt(pixels.shape[1]))


def with_coordinates(
    state: TrainingState, images: Float[Tensor, "batch 3 size size"], coords: Coords
) -> Float[Tensor, "batch _ size size"]:
    """What D looks at: the images, with each pixel's x and y beside its colour if it wants them."""
    if not state.discriminator.config.coordinates:
        return images
    size = images.shape[-1]
    if coords is None:
        coords = pixel_grid(size, size).to(images).expand(len(images), -1, -1)
    beside = coords.transpose(1, 2).unflatten(2, (size, size))
    return torch.cat((images, beside), dim=1)


def ema_decay(config: TrainingConfig, images_seen: int) -> float:
    """The share of the average that one step keeps."""
    halflife = min(config.ema_halflife_images, config.ema_rampup * images_seen)
    return 0.5 ** (config.batch_size / halflife)


@torch.no_grad()
def update_average(average: AnyGenerator, generator: AnyGenerator, decay: float) -> None:
    for mean, value in zip(average.parameters(), generator.parameters(), strict=True):
        mean.lerp_(value, 1.0 - decay)
