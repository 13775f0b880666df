"""`cips evaluate`: a trained generator's pictures against real ones, as numbers."""

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cipslib.checkpoints import load_generator
from cipslib.config import EvaluationConfig, Profile
from cipslib.datasets.cards import centres, open_images, read_prepared
from cipslib.datasets.splits import training_indices
from cipslib.environment import choose_device, describe_environment
from cipslib.errors import UserError
from cipslib.generator import Generator
from cipslib.metrics import measure
from cipslib.metrics.bench import (
    DISTANCES,
    MANIFOLDS,
    Bench,
    Draw,
    as_json,
    describe_generated,
    describe_real,
    draw_real,
    pictures,
    prepare_bench,
    protocol,
)
from cipslib.metrics.bias import Point
from cipslib.metrics.faces import SMALLEST, face_rate
from cipslib.metrics.kid import Spread
from cipslib.metrics.measure import Described
from cipslib.metrics.protocol import Number
from cipslib.models import AnyGenerator
from cipslib.paths import write_json
from cipslib.synthesis import Drawing
from cipslib.training import initial_generator


def evaluate_run(profile: Profile, name: str) -> Path:
    """Write the numbers of run ``name``; returns the path of metrics.json.

    Raises UserError if the generator, the data or an extractor's weights are missing, or there are
    too few images.
    """
    start = time.perf_counter()
    run, config = profile.run(name), profile.evaluation
    card = read_prepared(profile.paths.card(run.dataset))
    stored = open_images(profile.paths.images(run.dataset), profile.dataset(run.dataset).side)
    real = centres(stored, run.generator.resolution)
    chosen = training_indices(card)
    config.check_enough(run.dataset, len(chosen))
    device = choose_device(run.training.device)
    trained = load_generator(profile.paths.generator(name), device)
    if trained.config != run.generator:
        raise UserError(
            f"{profile.paths.generator(name)} has other sizes than run {name} now: train it again"
        )
    untrained = initial_generator(run.generator, run.training, device)
    drawing = _drawing(config, trained)
    bench = prepare_bench(
        profile, run.dataset, real, chosen, card["sha256"], run.generator, drawing, device
    )
    metrics = {"run": name, "dataset": run.dataset, **_numbers(bench, trained, untrained)}
    if card["faces"]:
        metrics["faces"] = _faces(bench, trained)
    metrics["seconds"] = round(time.perf_counter() - start, 1)
    metrics["environment"] = describe_environment(profile.paths.root, device)
    path = profile.paths.metrics(name)
    write_json(path, metrics)
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


def _numbers(bench: Bench, trained: AnyGenerator, untrained: AnyGenerator) -> dict[str, Any]:
    """Generated, other real and untrained pictures against real ones.

    One set after the other, so that no more than two sets' features are in memory.
    """
    drawn, others, others_reference = draw_real(bench.chosen, len(bench.real), bench.config)
    reference = describe_real(bench, drawn)
    generated = describe_generated(bench, trained)
    measured = {"generated": _measure(bench, drawn, reference, generated)}
    generated = describe_generated(bench, untrained)
    measured["untrained"] = _measure(bench, drawn, reference, generated)
    if others_reference is not drawn:
        reference = describe_real(bench, others_reference)
    measured["real"] = _measure(bench, others_reference, reference, describe_real(bench, others))
    main = protocol(bench, "frechet", drawn, bench.config.images)
    return {
        "frechet": {kind: _value(m.numbers["frechet"]) for kind, m in measured.items()},
        "protocol": {**as_json(main), **_caution(bench, drawn)},
        "numbers": {
            name: {kind: _json(m.numbers[name]) for kind, m in measured.items()}
            for name in (*DISTANCES, *MANIFOLDS)
        },
        "frechet_against_images": {
            kind: [asdict(point) for point in m.curve] for kind, m in measured.items()
        },
        "kernel_subsets": {kind: asdict(m.kernel_subsets) for kind, m in measured.items()},
        "protocols": {
            number.protocol.hash: asdict(number.protocol)
            for m in measured.values()
            for number in m.numbers.values()
            if number is not None
        },
    }


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


def _value(number: Number | None) -> float | None:
    return None if number is None else number.estimate.value


def _json(number: Number | None) -> dict[str, Any] | None:
    return None if number is None else number.to_json()


def _caution(bench: Bench, drawn: Draw) -> dict[str, str]:
    """Where there are not more images than features."""
    images = min(bench.config.images, len(drawn.indices))
    dim = bench.distance_network.extractor.dim
    if images > dim:
        return {}
    text = (
        f"{images} pictures for {dim} features: most of each distance is bias; raise "
        "evaluation.images"
    )
    return {"caution": text}


def _faces(bench: Bench, generator: AnyGenerator) -> dict[str, Any]:
    drawn, _, _ = draw_real(bench.chosen, len(bench.real), bench.config)
    count = min(bench.config.faces, bench.config.images, len(drawn.indices))
    generated = np.concatenate(list(pictures(generator, count, bench)))
    # At random, not from the front: an array may be sorted by who is in the pictures.
    chosen = np.random.default_rng(bench.config.seed).permutation(drawn.indices)[:count]
    return {
        "detector": f"MTCNN (facenet-pytorch), enlarged to at least {SMALLEST} px, bicubic",
        "images": count,
        "generated": face_rate(generated),
        "real": face_rate(bench.real[np.sort(chosen)]),
    }
