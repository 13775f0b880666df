"""`cips evaluate`: a trained generator's pictures against real ones, as numbers."""

import time
from pathlib import Path
from typing import Any

import numpy as np

from cipslib.checkpoints import load_generator
from cipslib.config import EvaluationConfig, Profile
from cipslib.datasets.cards import open_images, read_prepared
from cipslib.environment import choose_device, describe_environment
from cipslib.errors import UserError
from cipslib.generator import Generator
from cipslib.metrics.faces import SMALLEST, face_rate
from cipslib.metrics.features import RandomFeatures, extract
from cipslib.metrics.frechet import frechet_distance
from cipslib.models import AnyGenerator
from cipslib.paths import write_json
from cipslib.synthesis import Drawing, sample
from cipslib.training import initial_generator


def evaluate_run(profile: Profile, name: str) -> Path:
    """Write the numbers of run ``name``; returns the path of metrics.json.

    Raises UserError if the generator or the data are missing, or there are too few real images.
    """
    start = time.perf_counter()
    run, config = profile.run(name), profile.evaluation
    card = read_prepared(profile.paths.card(run.dataset))
    real = open_images(profile.paths.images(run.dataset), run.generator.resolution)
    config.check_enough(run.dataset, len(real))
    first, second = _disjoint_halves(real, config.images, config.seed)
    device = choose_device(run.training.device)
    trained = load_generator(profile.paths.generator(name), device)
    if trained.config != run.generator:
        raise UserError(
            f"{profile.paths.generator(name)} has other sizes than run {name} now: train it again"
        )
    untrained = initial_generator(run.generator, run.training, device)
    drawing = _drawing(config, trained)
    generated, from_untrained = (
        sample(generator, config.images, config.seed, drawing=drawing)
        for generator in (trained, untrained)
    )
    metrics: dict[str, Any] = {
        "run": name,
        "dataset": run.dataset,
        "frechet": _frechet(first, second, generated, from_untrained),
        "protocol": {
            "name": "Fréchet distance, random features",
            "extractor": RandomFeatures.NAME,
            "resize": "none",
            "format": "uint8 arrays, no image file in between",
            "real_images": config.images,
            "generated_images": config.images,
            "real_split": "two disjoint random draws from the training set",
            "truncation": "none",
            "lookup": drawing.lookup,
            "noise": "none" if drawing.noise is None else "fresh for each picture",
            "mirrored": "no picture, real or generated",
            "seed": config.seed,
            "real_sha256": card["sha256"],
        },
    }
    if config.images <= RandomFeatures.DIM:
        metrics["protocol"]["caution"] = (
            f"{config.images} pictures for {RandomFeatures.DIM} features: most of each distance is "
            "bias; raise evaluation.images"
        )
    if card["faces"]:
        metrics["faces"] = {
            "detector": f"MTCNN (facenet-pytorch), enlarged to at least {SMALLEST} px, bicubic",
            "images": min(config.faces, config.images),
            "generated": face_rate(generated[: config.faces]),
            "real": face_rate(first[: config.faces]),
        }
    metrics["seconds"] = round(time.perf_counter() - start, 1)
    metrics["environment"] = describe_environment(profile.paths.root, device)
    path = profile.paths.metrics(name)
    write_json(path, metrics)
    return path


def _disjoint_halves(images: np.ndarray, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    order = np.random.default_rng(seed).permutation(len(images))
    return images[np.sort(order[:count])], images[np.sort(order[count : 2 * count])]


def _drawing(config: EvaluationConfig, generator: AnyGenerator) -> Drawing:
    """StyleGAN2 has no embeddings to look up."""
    lookup = config.lookup if isinstance(generator, Generator) else "bilinear"
    return Drawing(lookup=lookup, noise=config.seed if config.noise else None)


def _frechet(
    first: np.ndarray, second: np.ndarray, generated: np.ndarray, untrained: np.ndarray
) -> dict[str, float]:
    """Distances to ``first``: of the generator, of other real pictures, of an untrained network.

    All four sets have the same size, so all three distances carry the same bias.
    """
    network = RandomFeatures().eval()
    reference = extract(network, first)
    others = {"generated": generated, "real": second, "untrained": untrained}
    return {
        name: frechet_distance(reference, extract(network, images))
        for name, images in others.items()
    }
