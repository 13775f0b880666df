"""A trained run and its data, as everything that measures it sees them; its pictures."""

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
from cipslib.networks.generator import Generator, GeneratorConfig
from cipslib.networks.models import AnyGenerator, initial_generator
from cipslib.sampling.latents import sample_w
from cipslib.sampling.panorama import random_windows
from cipslib.sampling.synthesis import RenderOptions, render
from cipslib.utils.environment import choose_device
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import UInt8
from replication.profile.evaluation import EvaluationConfig
from replication.profile.preflight import check_evaluation
from replication.profile.profile import Profile
from replication.profile.run import RunConfig

AT_ONCE = 1024  # pictures in memory, however many there are

Portions = Iterator[UInt8[np.ndarray, "_ h w 3"]]


@dataclass(frozen=True)
class Draw:
    """Which real images, and how a protocol says it."""

    indices: np.ndarray
    split: str


@dataclass(frozen=True)
class Subject:
    """What is measured, and how its pictures are drawn."""

    profile: Profile
    run: RunConfig
    card: dict[str, Any]  # of the prepared data
    real: np.ndarray  # (count, height, width, 3), mapped into memory
    chosen: np.ndarray  # indices of those that are trained on
    generator: AnyGenerator  # trained
    render_options: RenderOptions
    device: torch.device

    @property
    def config(self) -> EvaluationConfig:
        return self.profile.evaluation

    def untrained(self) -> "Subject":
        """The same, of the network as it was before its training."""
        first = initial_generator(self.run.generator, self.run.training.seed, self.device)
        return replace(self, generator=first)


def open_subject(profile: Profile, name: str, other: int | None = None) -> Subject:
    """``other``: of the training from that seed, not from the run's first.

    Raises UserError if anything is missing, or the generator cannot be drawn as asked.
    """
    run = profile.run(name) if other is None else profile.run(name).of_seed(other)
    check_evaluation(profile, run)
    card = read_prepared(profile.paths.card(run.dataset))
    stored = open_images(profile.paths.images(run.dataset), profile.dataset(run.dataset).side)
    chosen = training_indices(card)
    profile.evaluation.check_enough(run.dataset, len(chosen))
    device = choose_device(profile.hardware.device)
    file = profile.paths.generator(name, other)
    generator = load_generator(file, device)
    if generator.config != run.generator:
        raise UserError(f"{file} has other sizes than run {name} now: train it again")
    real = centres(stored, run.generator.resolution)
    render_options = _render_options(profile.evaluation, generator)
    return Subject(profile, run, card, real, chosen, generator, render_options, device)


def _render_options(config: EvaluationConfig, generator: AnyGenerator) -> RenderOptions:
    """StyleGAN2 has no embeddings to look up."""
    interpolation = config.interpolation if isinstance(generator, Generator) else "bilinear"
    return RenderOptions(interpolation=interpolation, noise=config.seed if config.noise else None)


def pictures(subject: Subject, count: int) -> Portions:
    """In portions, as ``synthesis.sample``: picture i depends on (seed, i) alone.

    Of a cylinder they are windows at random places, as D saw them.
    """
    generator, seed = subject.generator, subject.config.seed
    styles = sample_w(generator, count, seed)
    for first in range(0, count, AT_ONCE):
        w = styles[first : first + AT_ONCE]
        if isinstance(generator, Generator) and generator.config.circumference:
            yield random_windows(generator, w, seed, first, subject.render_options)
        else:
            yield render(generator, w, options=subject.render_options, first=first)


def generated_files(subject: Subject, count: int) -> Portions:
    """``pictures``, as they come back from files."""
    file = FORMATS[subject.config.format][1]
    return (through_file(drawn, file) for drawn in pictures(subject, count))


def real_files(subject: Subject, indices: np.ndarray) -> Portions:
    """Real pictures in portions, as they come back from files."""
    file = FORMATS[subject.config.format][0]
    for first in range(0, len(indices), AT_ONCE):
        yield through_file(np.array(subject.real[indices[first : first + AT_ONCE]]), file)


def picture_entries(subject: Subject, real: Draw, generated: int) -> dict[str, ProtocolValue]:
    """What a protocol says of the pictures."""
    config = subject.config
    return {
        "resolution": subject.run.generator.resolution,
        "format": FORMATS[config.format][2],
        "real_split": real.split,
        "real_images": len(real.indices),
        "generated_images": generated,
        "truncation": "none",
        "flips": "no picture, real or generated, is mirrored",
        "interpolation": _interpolation(subject),
        "noise": _noise(subject),
        "seed": config.seed,
        "real_sha256": subject.card["sha256"],
    }


def _interpolation(subject: Subject) -> str:
    config = subject.generator.config
    if not isinstance(config, GeneratorConfig) or not config.variant.embedding:
        return "none: there is no embedding"
    window = ", of a random window of the cylinder" if config.circumference else ""
    return f"{subject.render_options.interpolation}{window}"


def _noise(subject: Subject) -> str:
    if subject.render_options.noise is not None:
        return "fresh for each picture"
    is_cips = isinstance(subject.generator, Generator)
    return "none" if is_cips else "stored with the weights"
