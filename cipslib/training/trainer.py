"""The steps of training (Sec. 4.1): D, with R1 now and then; G; the moving average."""

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from cipslib.datasets.batches import Batch
from cipslib.datasets.loader import BatchLoader
from cipslib.networks.coordinates import pixel_grid
from cipslib.networks.generator import Generator, pixels_to_images
from cipslib.networks.models import AnyGenerator
from cipslib.networks.randomness import BatchDraws, BatchNoise, Noise, Stream, torch_stream
from cipslib.training.config import DEFAULT_HARDWARE, HardwareConfig, TrainingConfig
from cipslib.training.distributed import SINGLE_PROCESS, DistributedContext, split_into_microbatches
from cipslib.training.losses import discriminator_loss, generator_loss, r1_penalty
from cipslib.training.state import TrainingState, ema_decay, update_ema
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float, Int

Losses = dict[str, Tensor]
Objective = tuple[Tensor, Losses]  # what is minimised, and what is logged of it
Indices = Int[Tensor, " microbatch"]  # of images in the batch
Coords = Float[Tensor, "batch pixels 2"] | None  # where G draws; None is its whole grid
FOR_DISCRIMINATOR = Stream.LATENTS_FOR_DISCRIMINATOR, Stream.NOISE_FOR_DISCRIMINATOR
FOR_GENERATOR = Stream.LATENTS_FOR_GENERATOR, Stream.NOISE_FOR_GENERATOR


class Trainer:
    """The steps of a run, as one process takes them.

    The randomness of a step depends on ``state.images_seen`` alone, so that a state that was saved
    between two steps goes on as if nothing had happened.
    """

    def __init__(
        self,
        state: TrainingState,
        config: TrainingConfig,
        data: BatchLoader,
        hardware: HardwareConfig = DEFAULT_HARDWARE,
        distributed: DistributedContext = SINGLE_PROCESS,
    ):
        """Raises UserError if the batch cannot be shared out, or G cannot draw where D looks."""
        if not (data.options.whole or isinstance(state.generator, Generator)):
            raise UserError("patches and cylinders need a generator of coordinates: the model cips")
        self.state = state
        self.config = config
        self.data = data
        self.distributed = distributed
        self.microbatch_indices = split_into_microbatches(
            config.batch_size,
            state.discriminator.config.stddev_group,
            distributed,
            hardware.microbatch,
        )
        tf32 = config.precision != "fp32"  # torch itself would allow it to convolutions
        torch.backends.cuda.matmul.allow_tf32 = tf32
        torch.backends.cudnn.allow_tf32 = tf32
        state.generator.activation_checkpointing = hardware.activation_checkpointing
        self.memory_format = hardware.memory_format
        self.G: Callable[..., Tensor] = generate
        self.D: Callable[..., Tensor] = state.discriminator
        if hardware.compile:
            self.G = torch.compile(generate)
            self.D = torch.compile(state.discriminator)

    def autocast(self) -> AbstractContextManager[object]:
        """Return the context that the networks run in: bfloat16 products, if asked for."""
        if self.config.precision == "bf16":
            return torch.autocast(self.data.device.type, torch.bfloat16)
        return nullcontext()

    def steps(self) -> Iterator[Losses]:
        """Train until ``config.total_images``; yield this process's losses after every step."""
        while self.state.images_seen < self.config.total_images:
            yield self.step()

    def step(self) -> Losses:
        """Train on one batch of real images: this process on its share of it."""
        state, config = self.state, self.config
        batches = [
            self.data.batch(state.images_seen, config.batch_size, indices)
            for indices in self.microbatch_indices
        ]
        losses = self.discriminator_step(batches)
        losses |= self.generator_step(batches)
        state.images_seen += config.batch_size
        update_ema(state.generator_ema, state.generator, ema_decay(config, state.images_seen))
        return losses

    def discriminator_step(self, batches: list[Batch]) -> Losses:
        """Update D; every ``r1_interval`` steps with the R1 penalty, added or in a second step."""
        config, optimizer = self.config, self.state.discriminator_optimizer
        r1_is_due = (self.state.images_seen // config.batch_size) % config.r1_interval == 0
        with_r1 = r1_is_due and not config.r1_separate_step
        pairs = zip(self.microbatch_indices, batches, strict=True)
        losses = self._update(
            optimizer, (self._discriminator_objective(*pair, with_r1) for pair in pairs)
        )
        if r1_is_due and config.r1_separate_step:
            losses |= self._update(optimizer, (self._r1_objective(batch) for batch in batches))
        return losses

    def generator_step(self, batches: list[Batch]) -> Losses:
        """Update G on fresh latents, drawn where the real images of the batches lie."""
        self.state.discriminator.requires_grad_(False)
        pairs = zip(self.microbatch_indices, batches, strict=True)
        losses = self._update(
            self.state.generator_optimizer, (self._generator_objective(*pair) for pair in pairs)
        )
        self.state.discriminator.requires_grad_(True)
        return losses

    def _update(self, optimizer: torch.optim.Adam, objectives: Iterable[Objective]) -> Losses:
        """Take one optimiser step down the mean of the microbatches' objectives."""
        optimizer.zero_grad(set_to_none=True)
        share = 1 / len(self.microbatch_indices)
        losses = Losses()
        for objective, values in objectives:
            (share * objective).backward()
            for name, value in values.items():
                losses[name] = losses.get(name, 0.0) + share * value.detach()
        self.distributed.average_gradients(optimizer.param_groups[0]["params"])
        optimizer.step()
        return losses

    def _discriminator_objective(self, indices: Indices, batch: Batch, with_r1: bool) -> Objective:
        """Return the logistic loss of D, + gamma / 2 * interval * R1 where that is due."""
        real = self.discriminator_input(batch.images, batch.coords)
        with torch.no_grad():
            images = self.fake_images(FOR_DISCRIMINATOR, indices, batch)
            fake = self.discriminator_input(images, batch.coords)
        if with_r1:
            real_scores, penalty = self._real_scores_and_r1(real)
            with self.autocast():
                fake_scores = self.D(fake)
        else:
            with self.autocast():
                real_scores, fake_scores = self.D(torch.cat((real, fake)), sets=2).chunk(2)
        loss = discriminator_loss(real_scores, fake_scores)
        values = {
            "loss/discriminator": loss,
            "score/real": real_scores.mean(),
            "score/fake": fake_scores.mean(),
        }
        if not with_r1:
            return loss, values
        return loss + self.r1_weight * penalty, {**values, "r1": penalty}

    def _r1_objective(self, batch: Batch) -> Objective:
        """Return gamma / 2 * interval * R1, for an optimiser step of its own."""
        real = self.discriminator_input(batch.images, batch.coords)
        _, penalty = self._real_scores_and_r1(real)
        return self.r1_weight * penalty, {"r1": penalty}

    @property
    def r1_weight(self) -> float:
        """The factor gamma / 2 of R1, times the interval, since it is taken so rarely ("lazy")."""
        return self.config.r1_gamma / 2 * self.config.r1_interval

    def _real_scores_and_r1(self, real: Tensor) -> tuple[Tensor, Tensor]:
        """Return D(x) and E[|grad_x D(x)|^2].

        In float32, and by the network itself: compiled code cannot be differentiated twice.
        """
        real = real.detach().requires_grad_()  # the batch itself stays as it is
        scores = self.state.discriminator(real)
        return scores, r1_penalty(scores, real)

    def _generator_objective(self, indices: Indices, batch: Batch) -> Objective:
        """Return the non-saturating loss of G."""
        images = self.fake_images(FOR_GENERATOR, indices, batch)
        fake = self.discriminator_input(images, batch.coords)
        with self.autocast():
            scores = self.D(fake)
        loss = generator_loss(scores)
        return loss, {"loss/generator": loss}

    def fake_images(
        self, streams: tuple[Stream, Stream], indices: Indices, batch: Batch
    ) -> Float[Tensor, "microbatch 3 size size"]:
        """Return G(z) of this step's z ~ N(0, I); a generator that takes noise gets it, too."""
        config, seen = self.config, self.state.images_seen
        draws = BatchDraws(config.seed, seen, config.batch_size, indices)
        z = draws.randn(streams[0], self.state.generator.config.style_dim).to(self.data.device)
        # There is far more noise than latents: it is drawn where it is used.
        source = torch_stream(config.seed, streams[1], seen, self.data.device)
        noise = BatchNoise(source, config.batch_size, indices)
        patches = self.data.options.patches
        interpolation = patches.interpolation if patches else "nearest"
        with self.autocast():
            return self.G(self.state.generator, z, batch.coords, interpolation, noise)

    def discriminator_input(
        self, images: Float[Tensor, "batch 3 size size"], coords: Coords
    ) -> Float[Tensor, "batch _ size size"]:
        """Return what D looks at: the images, with their coordinates if it is told them."""
        if self.state.discriminator.config.coordinates:
            images = with_coordinates(images, coords)
        return images.contiguous(memory_format=self.memory_format)


def generate(
    generator: AnyGenerator,
    z: Float[Tensor, "batch style"],
    coords: Coords,
    interpolation: str,
    noise: Noise,
) -> Float[Tensor, "batch 3 size size"]:
    """Return G(z): whole images, or of each the square of pixels at ``coords``."""
    if coords is None:
        return generator(z, noise=noise)
    assert isinstance(generator, Generator)
    pixels = generator.synthesis(
        generator.mapping(z), coords, interpolation=interpolation, noise=noise
    )
    return pixels_to_images(pixels, math.isqrt(pixels.shape[1]))


def with_coordinates(
    images: Float[Tensor, "batch 3 size size"], coords: Coords
) -> Float[Tensor, "batch 5 size size"]:
    """Return the images with each pixel's x and y as two more channels."""
    size = images.shape[-1]
    if coords is None:
        coords = pixel_grid(size, size).to(images).expand(len(images), -1, -1)
    beside = coords.transpose(1, 2).unflatten(2, (size, size))
    return torch.cat((images, beside), dim=1)
