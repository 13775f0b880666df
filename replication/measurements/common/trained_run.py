"""A trained run and its data, as everything that measures it sees them; its images."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from cipslib.datasets.prepared import centres, open_images, read_prepared
from cipslib.datasets.splits import training_indices
from cipslib.metrics.image_files import FORMATS, through_file
from cipslib.metrics.measurement import ProtocolValue
from cipslib.networks.files import load_generator
from cipslib.networks.generator import Generator
from cipslib.networks.models import AnyGenerator, initial_generator
from cipslib.sampling.latents import sample_w
from cipslib.sampling.panorama import random_windows
from cipslib.sampling.synthesis import RenderOptions, render
from cipslib.utils.environment import choose_device
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Int, UInt8
from replication.paths import Paths
from replication.profile.evaluation import EvaluationConfig
from replication.profile.preflight import check_evaluation
from replication.profile.profile import Profile
from replication.profile.run import RunConfig

BATCH = 1024  # images in memory, however many there are

Batches = Iterator[UInt8[np.ndarray, "_ h w 3"]]


@dataclass(frozen=True)
class RealSet:
    """Which real images, and how a protocol says it."""

    indices: Int[np.ndarray, " count"]
    split: str


@dataclass(frozen=True)
class TrainedRun:
    """A run's generator, what it was trained on, and how its images are rendered."""

    run: RunConfig
    evaluation: EvaluationConfig
    card: dict[str, Any]  # of the prepared data
    real: np.ndarray  # (count, height, width, 3), mapped into memory
    training_indices: Int[np.ndarray, " trained_on"]
    generator: AnyGenerator  # trained
    render_options: RenderOptions
    device: torch.device
    paths: Paths  # of pretrained weights, and of what is kept between commands

    def untrained(self) -> "TrainedRun":
        """Return the same with the network as it was before its training."""
        first = initial_generator(self.run.generator, self.run.training.seed, self.device)
        return replace(self, generator=first)

    def generated_images(self, count: int) -> Batches:
        """Yield batches of generated images as they come back from files of evaluation.format.

        Image i depends on (evaluation.seed, i) alone. Of a cylinder they are windows at random
        places, as the discriminator saw them.
        """
        generator = self.generator
        options = self.render_options
        seed = self.evaluation.seed
        kind = FORMATS[self.evaluation.format][1]
        ws = sample_w(generator, count, seed)
        for first in range(0, count, BATCH):
            w = ws[first : first + BATCH]
            if isinstance(generator, Generator) and generator.config.circumference:
                images = random_windows(generator, w, seed, first, options)
            else:
                images = render(generator, w, options=options, first=first)
            yield through_file(images, kind)

    def real_images(self, indices: Int[np.ndarray, " count"]) -> Batches:
        """Yield batches of real images as they come back from files of evaluation.format."""
        kind = FORMATS[self.evaluation.format][0]
        for first in range(0, len(indices), BATCH):
            yield through_file(np.array(self.real[indices[first : first + BATCH]]), kind)

    def image_entries(self, real: RealSet, generated: int) -> dict[str, ProtocolValue]:
        """Return what a protocol says of the images."""
        return {
            "resolution": self.run.generator.resolution,
            "format": FORMATS[self.evaluation.format][2],
            "real_split": real.split,
            "real_images": len(real.indices),
            "generated_images": generated,
            "truncation": "none",
            "flips": "no image, real or generated, is mirrored",
            "interpolation": self._interpolation_entry(),
            "noise": self._noise_entry(),
            "seed": self.evaluation.seed,
            "real_sha256": self.card["sha256"],
        }

    def _interpolation_entry(self) -> str:
        generator = self.generator
        if not isinstance(generator, Generator) or generator.embedding is None:
            return "none: there is no embedding"
        window = ", of a random window of the cylinder" if generator.config.circumference else ""
        return f"{self.render_options.interpolation}{window}"

    def _noise_entry(self) -> str:
        if self.render_options.noise is not None:
            return "fresh for each image"
        return "none" if isinstance(self.generator, Generator) else "stored with the weights"


def load_run(profile: Profile, name: str, seed: int | None = None) -> TrainedRun:
    """Open run ``name``; ``seed``: that training's generator, not that of the run's first seed.

    Raises UserError if anything is missing, or the generator cannot be rendered as asked.
    """
    run = profile.run(name) if seed is None else profile.run(name).of_seed(seed)
    check_evaluation(profile, run)
    evaluation = profile.evaluation
    card = read_prepared(profile.paths.card(run.dataset))
    stored = open_images(profile.paths.images(run.dataset), profile.dataset(run.dataset).side)
    indices = training_indices(card)
    evaluation.check_enough(run.dataset, len(indices))
    device = choose_device(profile.hardware.device)
    file = profile.paths.generator(name, seed)
    generator = load_generator(file, device)
    if generator.config != run.generator:
        raise UserError(f"{file} has other sizes than run {name} now: train it again")
    options = RenderOptions(
        # StyleGAN2 has no embeddings to interpolate.
        interpolation=evaluation.interpolation if isinstance(generator, Generator) else "bilinear",
        noise=evaluation.seed if evaluation.noise else None,
    )
    real = centres(stored, run.generator.resolution)
    return TrainedRun(
        run, evaluation, card, real, indices, generator, options, device, profile.paths
    )
