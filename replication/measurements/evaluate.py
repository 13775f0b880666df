"""`cips evaluate`: a trained generator's pictures against real ones, as numbers."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cipslib.metrics import fid_kid_prdc as measure
from cipslib.metrics.face_detection import DETECTION, faces_found
from cipslib.metrics.fid_infinity import Point
from cipslib.metrics.fid_kid_prdc import Described
from cipslib.metrics.intervals import proportion
from cipslib.metrics.kid import Spread
from cipslib.metrics.measurement import Measurement, Measurements, Protocol, measurements_to_json
from cipslib.metrics.over_seeds import aggregate_over_seeds
from cipslib.utils.environment import choose_device, describe_environment
from cipslib.utils.files import read_json, write_json
from replication.measurements.common.evaluator import (
    DISTANCES,
    MANIFOLDS,
    Bench,
    describe_generated,
    describe_real,
    draw_real,
    prepare_bench,
    protocol,
)
from replication.measurements.common.trained_run import (
    Draw,
    Subject,
    generated_files,
    open_subject,
    picture_entries,
    real_files,
)
from replication.profile.profile import Profile
from replication.profile.run import RunConfig


def evaluate_run(profile: Profile, name: str) -> Path:
    """Write the numbers of run ``name``; returns the path of metrics.json.

    Of several trainings: means over them, and beside them the numbers of each.

    Raises UserError if a generator, the data or an extractor's weights are missing, a generator
    cannot be drawn as asked, or there are too few images.
    """
    start = time.perf_counter()
    run = profile.run(name)
    trainings = {seed: evaluate_training(profile, name, _other(run, seed)) for seed in run.seeds}
    alone = trainings[run.seeds[0]] if len(trainings) == 1 else None
    content = {
        "run": name,
        "dataset": run.dataset,
        **(_together(profile, run, trainings) if alone is None else alone.to_json()),
        "seconds": round(time.perf_counter() - start, 1),
        "environment": describe_environment(
            profile.paths.root, choose_device(profile.hardware.device)
        ),
    }
    path = profile.paths.metrics(name)
    write_json(path, content)
    return path


@dataclass(frozen=True)
class Evaluated:
    """One training's numbers."""

    numbers: Measurements
    measured: Mapping[str, "Measured"]

    def to_json(self) -> dict[str, Any]:
        return {
            **measurements_to_json(self.numbers),
            "frechet_against_images": {kind: _curve(m) for kind, m in self.measured.items()},
            "kernel_subsets": {kind: _subsets(m) for kind, m in self.measured.items()},
        }


def _other(run: RunConfig, seed: int) -> int | None:
    """As paths have it: None for the run's first seed."""
    return None if seed == run.seeds[0] else seed


def _together(
    profile: Profile, run: RunConfig, trainings: Mapping[int, Evaluated]
) -> dict[str, Any]:
    """The numbers over all trainings, and what each one alone would have in its file."""
    summaries = {seed: profile.paths.summary(run.name, _other(run, seed)) for seed in trainings}
    stopped = {seed: read_json(file)["stopped"] for seed, file in summaries.items()}
    early = {seed: why for seed, why in stopped.items() if why is not None}
    numbers = aggregate_over_seeds({seed: one.numbers for seed, one in trainings.items()}, early)
    each = {
        str(seed): {"stopped": stopped[seed], **one.to_json()} for seed, one in trainings.items()
    }
    return {**measurements_to_json(numbers), "trainings": each}


def evaluate_training(profile: Profile, name: str, other: int | None) -> Evaluated:
    """Of the run's first seed, with the numbers of real pictures; or of an ``other`` without."""
    subject, of_real = open_subject(profile, name, other), other is None
    measured = _measured(prepare_bench(subject), of_real)
    numbers: Measurements = {
        key: {kind: m.numbers[key] for kind, m in measured.items()}
        for key in (*DISTANCES, *MANIFOLDS)
    }
    if subject.card["faces"]:
        numbers["faces"] = _faces(subject, of_real)
    return Evaluated(numbers, measured)


@dataclass(frozen=True)
class Measured:
    """One set of pictures against the reference."""

    numbers: dict[str, Measurement | None]  # None: there are too few images for it
    curve: tuple[Point, ...]  # the Frechet distance against the number of images
    kernel_subsets: Spread


def _measured(bench: Bench, of_real: bool) -> dict[str, Measured]:
    """Generated and untrained pictures against real ones, and other real ones if asked for.

    One set after the other, so that no more than two sets' features are in memory.
    """
    subject = bench.subject
    drawn, others, others_reference = draw_real(subject)
    reference = describe_real(bench, drawn)
    measured = {}
    for kind, drawer in (("generated", subject), ("untrained", subject.untrained())):
        described = describe_generated(bench, drawer)
        measured[kind] = _measure(bench, drawn, reference, described)
    if not of_real:
        return measured
    if others_reference is not drawn:
        reference = describe_real(bench, others_reference)
    measured["real"] = _measure(bench, others_reference, reference, describe_real(bench, others))
    return measured


def _measure(bench: Bench, drawn: Draw, real: list[Described], others: list[Described]) -> Measured:
    seed, device = bench.subject.config.seed, bench.subject.device
    found = measure.distances(real[0], others[0], seed, device)
    manifold = measure.manifolds(real[-1], others[-1], device)
    estimates = {
        "frechet": found.frechet.distance,
        "frechet_at_infinity": found.frechet.at_infinity,
        "kernel": found.kernel.distance,
        **{name: getattr(manifold, name) for name in MANIFOLDS},
    }
    count = len(others[0].features)
    numbers = {
        name: None
        if estimate is None
        else Measurement(estimate, protocol(bench, name, drawn, count))
        for name, estimate in estimates.items()
    }
    return Measured(numbers, found.frechet.curve, found.kernel.subsets)


def _curve(measured: Measured) -> dict[str, Any]:
    """Each point is a distance like ``frechet``, with another number of generated images."""
    return {
        "protocol": _hash(measured.numbers["frechet"]),
        "points": [asdict(point) for point in measured.curve],
    }


def _subsets(measured: Measured) -> dict[str, Any]:
    return {"protocol": _hash(measured.numbers["kernel"]), **asdict(measured.kernel_subsets)}


def _hash(number: Measurement | None) -> str:
    assert number is not None  # neither of the two is ever left out
    return number.protocol.hash


def _faces(subject: Subject, of_real: bool) -> dict[str, Measurement | None]:
    """The share of pictures in which there is a face, of as many generated and real ones."""
    drawn, _, _ = draw_real(subject)
    count = min(subject.config.faces, subject.config.images, len(drawn.indices))
    # At random, not from the front: an array may be sorted by who is in the pictures.
    chosen = np.random.default_rng(subject.config.seed).permutation(drawn.indices)[:count]
    sets = {
        "generated": np.concatenate(list(generated_files(subject, count))),
    }
    if of_real:
        sets["real"] = np.concatenate(list(real_files(subject, np.sort(chosen))))
    how = Protocol(
        "faces found, MTCNN",
        {
            "measure": "share of pictures with at least one face",
            **DETECTION,
            **picture_entries(subject, Draw(chosen, drawn.split), count),
        },
    )
    return {
        kind: Measurement(proportion(faces_found(images, subject.device)), how)
        for kind, images in sets.items()
    }
