"""The training loop: a D step, a G step, the moving average (Sec. 4.1)."""

import math
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import torch
from torch import Tensor

from cipslib.datasets.batches import Batch
from cipslib.datasets.loader import BatchLoader
from cipslib.networks.coordinates import pixel_grid
from cipslib.networks.discriminator import DiscriminatorConfig
from cipslib.networks.generator import Generator, pixels_to_images
from cipslib.networks.models import AnyGenerator, AnyGeneratorConfig
from cipslib.networks.randomness import BatchDraws, BatchNoise, Noise, Stream, torch_stream
from cipslib.training.config import (
    PLAIN,
    HardwareConfig,
    TrainingConfig,
)
from cipslib.training.distributed import ALONE, Team, own_pieces
from cipslib.training.losses import discriminator_loss, generator_loss, r1_penalty
from cipslib.training.precision import arithmetic, set_precision
from cipslib.training.state import TrainingState, initial_state, update_average
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float, Int

Losses = dict[str, Tensor]
Piece = Int[Tensor, " piece"]  # numbers of images in the batch
Coords = Float[Tensor, "batch pixels 2"] | None  # where G draws; None is its whole grid
FOR_DISCRIMINATOR = Stream.LATENTS_FOR_DISCRIMINATOR, Stream.NOISE_FOR_DISCRIMINATOR
FOR_GENERATOR = Stream.LATENTS_FOR_GENERATOR, Stream.NOISE_FOR_GENERATOR


def fresh_state(
    generator: AnyGeneratorConfig,
    discriminator: DiscriminatorConfig,
    config: TrainingConfig,
    device: torch.device,
    hardware: HardwareConfig = PLAIN,
) -> TrainingState:
    """A run before its first image."""
    adams = (config.generator_adam, config.discriminator_adam)
    fused = hardware.fused_adam
    return initial_state(generator, discriminator, config.seed, adams, device, fused)


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
        hardware: HardwareConfig = PLAIN,
        team: Team = ALONE,
    ):
        """Raises UserError if the batch cannot be shared out, or G cannot draw where D looks."""
        self.state, self.config, self.data, self.team = state, config, data, team
        group = state.discriminator.config.stddev_group
        self.pieces = own_pieces(config.batch_size, group, team, hardware.micro_batch)
        if not (data.options.whole or isinstance(state.generator, Generator)):
            raise UserError("patches and cylinders need a generator of coordinates: the model cips")
        set_precision(config.precision)
        self.arithmetic = partial(arithmetic, config.precision, data.device)
        state.generator.activation_checkpointing = hardware.activation_checkpointing
        self.layout = torch.channels_last if hardware.channels_last else torch.contiguous_format
        state.discriminator.to(memory_format=self.layout)
        self.draw: Callable[..., Tensor] = draw
        self.discriminate: Callable[..., Tensor] = state.discriminator
        if hardware.compile:
            self.draw, self.discriminate = torch.compile(draw), torch.compile(state.discriminator)

    def steps(self) -> Iterator[Losses]:
        """Train until ``config.total_images``; yields this process's losses after every step."""
        while self.state.images_seen < self.config.total_images:
            yield self.step()

    def step(self) -> Losses:
        """One batch of real images, or of it what is this process's."""
        state, config = self.state, self.config
        seen, size = state.images_seen, config.batch_size
        batches = [self.data.batch(seen, size, piece) for piece in self.pieces]
        losses = self.discriminator_step(batches)
        losses |= self.generator_step(batches)
        state.images_seen += size
        update_average(state.average, state.generator, ema_decay(config, state.images_seen))
        return losses

    def rehearse(self) -> None:
        """The passes of a step with the penalty, for their time and memory: nothing is learned."""
        piece = self.pieces[0]
        batch = self.data.batch(self.state.images_seen, self.config.batch_size, piece)
        for objective, _ in (self._for_d(piece, batch, True), self._for_g(piece, batch)):
            objective.backward()
        for network in (self.state.generator, self.state.discriminator):
            network.zero_grad(set_to_none=True)

    def largest_micro_batch(self) -> int | None:
        """Of those below the present one, that fit into the device's memory; None if none does."""
        pieces, now = self.pieces, len(self.pieces[0])
        group, share = self.state.discriminator.config.stddev_group, now * len(pieces)
        try:
            for size in range(now - group, 0, -group):
                if share % size == 0 and self._fits(size):
                    return size
        finally:
            self.pieces = pieces
        return None

    def _fits(self, micro_batch: int) -> bool:
        group = self.state.discriminator.config.stddev_group
        self.pieces = own_pieces(self.config.batch_size, group, self.team, micro_batch)
        for network in (self.state.generator, self.state.discriminator):
            network.zero_grad(set_to_none=True)
        if self.data.device.type == "cuda":
            torch.cuda.empty_cache()
        try:
            self.rehearse()
        except torch.OutOfMemoryError:
            return False
        return True

    def discriminator_step(self, batches: list[Batch]) -> Losses:
        """Update D; every ``r1_interval`` steps with the R1 penalty, added or in a second step."""
        config, optimizer = self.config, self.state.discriminator_optimizer
        due = (self.state.images_seen // config.batch_size) % config.r1_interval == 0
        added = due and not config.r1_apart
        pieces = zip(self.pieces, batches, strict=True)
        losses = self._update(optimizer, (self._for_d(*piece, added) for piece in pieces))
        if due and config.r1_apart:
            losses |= self._update(optimizer, (self._r1_alone(batch) for batch in batches))
        return losses

    def generator_step(self, batches: list[Batch]) -> Losses:
        """Update G on fresh latents, drawn where the real images of the batches lie."""
        self.state.discriminator.requires_grad_(False)
        pieces = zip(self.pieces, batches, strict=True)
        losses = self._update(
            self.state.generator_optimizer, (self._for_g(*piece) for piece in pieces)
        )
        self.state.discriminator.requires_grad_(True)
        return losses

    def _update(
        self, optimizer: torch.optim.Adam, objectives: Iterable[tuple[Tensor, Losses]]
    ) -> Losses:
        """A step down the mean of the objectives, one for each piece, over all processes."""
        optimizer.zero_grad(set_to_none=True)
        share, losses = 1 / len(self.pieces), Losses()
        for objective, values in objectives:
            (share * objective).backward()
            for name, value in values.items():
                losses[name] = losses.get(name, 0.0) + share * value.detach()
        self.team.average_gradients(optimizer.param_groups[0]["params"])
        optimizer.step()
        return losses

    def _for_d(self, piece: Piece, batch: Batch, with_r1: bool) -> tuple[Tensor, Losses]:
        real = self.shown(batch.images, batch.coords)
        with torch.no_grad():
            fake = self.shown(self.fake_images(FOR_DISCRIMINATOR, piece, batch), batch.coords)
        if with_r1:
            penalty, real_scores, weighted = self._r1(real)
            fake_scores = self.scores(fake)
        else:
            real_scores, fake_scores = self.scores(torch.cat((real, fake)), sets=2).chunk(2)
        objective = loss = discriminator_loss(real_scores, fake_scores)
        values = {
            "loss/discriminator": loss,
            "score/real": real_scores.mean(),
            "score/fake": fake_scores.mean(),
        }
        if with_r1:
            objective, values["r1"] = loss + weighted, penalty
        return objective, values

    def _r1_alone(self, batch: Batch) -> tuple[Tensor, Losses]:
        penalty, _, weighted = self._r1(self.shown(batch.images, batch.coords))
        return weighted, {"r1": penalty}

    def _r1(self, real: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The penalty, the scores of the real images, and the penalty as the objective has it.

        In float32, and by the network itself: compiled code cannot be differentiated twice.
        """
        real = real.detach().requires_grad_()  # the batch itself stays as it is
        scores = self.state.discriminator(real)
        penalty = r1_penalty(scores, real)
        return penalty, scores, self.config.r1_gamma / 2 * self.config.r1_interval * penalty

    def _for_g(self, piece: Piece, batch: Batch) -> tuple[Tensor, Losses]:
        fake = self.fake_images(FOR_GENERATOR, piece, batch)
        loss = generator_loss(self.scores(self.shown(fake, batch.coords)))
        return loss, {"loss/generator": loss}

    def fake_images(
        self, streams: tuple[Stream, Stream], piece: Piece, batch: Batch
    ) -> Float[Tensor, "piece 3 size size"]:
        """G(z) for this step's z ~ N(0, I); a generator that takes noise gets this step's too."""
        config, seen = self.config, self.state.images_seen
        draws = BatchDraws(config.seed, seen, config.batch_size, piece)
        z = draws.normal(streams[0], self.state.generator.config.style_dim).to(self.data.device)
        # There is far more noise than latents: it is drawn where it is used.
        source = torch_stream(config.seed, streams[1], seen, self.data.device)
        noise = BatchNoise(source, config.batch_size, piece)
        patches = self.data.options.patches
        interpolation = patches.interpolation if patches else "nearest"
        with self.arithmetic():
            return self.draw(self.state.generator, z, batch.coords, interpolation, noise)

    def shown(
        self, images: Float[Tensor, "batch 3 size size"], coords: Coords
    ) -> Float[Tensor, "batch _ size size"]:
        """What D looks at."""
        if self.state.discriminator.config.coordinates:
            images = with_coordinates(images, coords)
        return images.contiguous(memory_format=self.layout)

    def scores(
        self, images: Float[Tensor, "batch _ size size"], sets: int = 1
    ) -> Float[Tensor, " batch"]:
        with self.arithmetic():
            return self.discriminate(images, sets)


def draw(
    generator: AnyGenerator,
    z: Float[Tensor, "batch style"],
    coords: Coords,
    interpolation: str,
    noise: Noise,
) -> Float[Tensor, "batch 3 size size"]:
    """Whole images, or the square of pixels at ``coords`` of each."""
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
    """Each pixel's x and y beside its colour."""
    size = images.shape[-1]
    if coords is None:
        coords = pixel_grid(size, size).to(images).expand(len(images), -1, -1)
    beside = coords.transpose(1, 2).unflatten(2, (size, size))
    return torch.cat((images, beside), dim=1)


def ema_decay(config: TrainingConfig, images_seen: int) -> float:
    """The share of the average that one step keeps."""
    halflife = min(config.ema_halflife_images, config.ema_rampup * images_seen)
    return 0.5 ** (config.batch_size / halflife)
