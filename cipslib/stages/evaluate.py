"""`cips evaluate`: a trained generator's pictures against real ones, as numbers."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cipslib.checkpoints import load_generator
from cipslib.config import EvaluationConfig, Profile
from cipslib.datasets.cards import open_images, read_prepared
from cipslib.environment import choose_device, describe_environment
from cipslib.errors import UserError
from cipslib.generator import Generator
from cipslib.metrics import measure
from cipslib.metrics.bench import (
    DISTANCES,
    MANIFOLDS,
    Bench,
    Draw,
    describe_generated,
    describe_real,
    draw_real,
    generated_files,
    picture_entries,
    prepare_bench,
    protocol,
    real_files,
)
from cipslib.metrics.bias import Point
from cipslib.metrics.checks import check_evaluation
from cipslib.metrics.faces import DETECTION, faces_found
from cipslib.metrics.kid import Spread
from cipslib.metrics.measure import Described
from cipslib.metrics.protocol import Number, Protocol, numbers_to_json
from cipslib.metrics.uncertainty import share
from cipslib.models import AnyGenerator
from cipslib.paths import write_json
from cipslib.synthesis import Drawing
from cipslib.training import initial_generator


def evaluate_run(profile: Profile, name: str) -> Path:
    """Write the numbers of run ``name``; returns the path of metrics.json.

    Raises UserError if the generator, the data or an extractor's weights are missing, the generator
    cannot be drawn as asked, or there are too few images.
    """
    start = time.perf_counter()
    run, config = profile.run(name), profile.evaluation
    check_evaluation(profile, run)
    card = read_prepared(profile.paths.card(run.dataset))
    real = open_images(profile.paths.images(run.dataset), run.generator.resolution)
    config.check_enough(run.dataset, len(real))
    device = choose_device(run.training.device)
    trained = load_generator(profile.paths.generator(name), device)
    if trained.config != run.generator:
        raise UserError(
            f"{profile.paths.generator(name)} has other sizes than run {name} now: train it again"
        )
    untrained = initial_generator(run.generator, run.training, device)
    drawing = _drawing(config, trained)
    bench = prepare_bench(
        profile, run.dataset, real, card["sha256"], run.generator, drawing, device
    )
    measured = _measured(bench, trained, untrained)
    numbers = {
        key: {kind: m.numbers[key] for kind, m in measured.items()}
        for key in (*DISTANCES, *MANIFOLDS)
    }
    if card["faces"]:
        numbers["faces"] = _faces(bench, trained)
    path = profile.paths.metrics(name)
    content = {
        "run": name,
        "dataset": run.dataset,
        **numbers_to_json(numbers),
        "frechet_against_images": {kind: _curve(m) for kind, m in measured.items()},
        "kernel_subsets": {kind: _subsets(m) for kind, m in measured.items()},
        "seconds": round(time.perf_counter() - start, 1),
        "environment": describe_environment(profile.paths.root, device),
    }
    write_json(path, content)
    return path


def _drawing(config: EvaluationConfig, generator: AnyGenerator) -> Drawing:
    """StyleGAN2 has no embeddings to look up."""
    lookup = config.lookup if isinstance(generator, Generator) else "bilinear"
    return Drawing(lookup=lookup, noise=config.seed if config.noise else None)


@dataclass(frozen=True)
class Measured:
    """One set of pictures against the reference."""

    numbers: dict[str, Number | None]  # None: there are too few images for it
    curve: tuple[Point, ...]  # the Frechet distance against the number of images
    kernel_subsets: Spread


def _curve(measured: Measured) -> dict[str, Any]:
    """Each point is a distance like ``frechet``, with another number of generated images."""
    return {
        "protocol": _hash(measured.numbers["frechet"]),
        "points": [asdict(point) for point in measured.curve],
    }


def _subsets(measured: Measured) -> dict[str, Any]:
    return {"protocol": _hash(measured.numbers["kernel"]), **asdict(measured.kernel_subsets)}


def _hash(number: Number | None) -> str:
    assert number is not None  # neither of the two is ever left out
    return number.protocol.hash


def _measured(bench: Bench, trained: AnyGenerator, untrained: AnyGenerator) -> dict[str, Measured]:
    """Generated, other real and untrained pictures against real ones.

    One set after the other, so that no more than two sets' features are in memory.
    """
    drawn, others, others_reference = draw_real(len(bench.real), bench.config)
    reference = describe_real(bench, drawn)
    measured = {}
    for kind, generator in (("generated", trained), ("untrained", untrained)):
        described = describe_generated(bench, generator)
        measured[kind] = _measure(bench, drawn, reference, described)
    if others_reference is not drawn:
        reference = describe_real(bench, others_reference)
    measured["real"] = _measure(bench, others_reference, reference, describe_real(bench, others))
    return measured


def _measure(bench: Bench, drawn: Draw, real: list[Described], others: list[Described]) -> Measured:
    found = measure.distances(real[0], others[0], bench.config.seed, bench.device)
    manifold = measure.manifolds(real[-1], others[-1], bench.device)
    estimates = {
        "frechet": found.frechet.distance,
        "frechet_at_infinity": found.frechet.at_infinity,
        "kernel": found.kernel.distance,
        **{name: getattr(manifold, name) for name in MANIFOLDS},
    }
    count = len(others[0].features)
    numbers = {
        name: None if estimate is None else Number(estimate, protocol(bench, name, drawn, count))
        for name, estimate in estimates.items()
    }
    return Measured(numbers, found.frechet.curve, found.kernel.subsets)


def _faces(bench: Bench, generator: AnyGenerator) -> dict[str, Number | None]:
    """The share of pictures in which there is a face, of as many generated and real ones."""
    drawn, _, _ = draw_real(len(bench.real), bench.config)
    count = min(bench.config.faces, bench.config.images, len(drawn.indices))
    # At random, not from the front: an array may be sorted by who is in the pictures.
    chosen = np.random.default_rng(bench.config.seed).permutation(drawn.indices)[:count]
    sets = {
        "generated": np.concatenate(list(generated_files(bench, generator, count))),
        "real": np.concatenate(list(real_files(bench, np.sort(chosen)))),
    }
    how = Protocol(
        "faces found, MTCNN",
        {
            "measure": "share of pictures with at least one face",
            **DETECTION,
            **picture_entries(bench, Draw(chosen, drawn.split), count),
        },
    )
    return {
        kind: Number(share(faces_found(images, bench.device)), how) for kind, images in sets.items()
    }
