"""What all sets of one evaluation share: networks, draws of real images, protocols, features."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cipslib.features.extractors import Network, load_network
from cipslib.metrics import fid_kid_prdc as measure
from cipslib.metrics.fid_kid_prdc import Described
from cipslib.metrics.image_files import FORMATS
from cipslib.metrics.measurement import Protocol
from cipslib.metrics.prdc import K_DENSITY, K_PRECISION
from replication.measurements.common.trained_run import (
    Draw,
    Subject,
    generated_files,
    picture_entries,
    real_files,
)
from replication.profile.evaluation import ALL

# How a number is named with features of Inception and with others, and its formula.
DISTANCES = {
    "frechet": ("FID", "Fréchet distance", "|m1 − m2|² + tr(S1 + S2 − 2 (S1 S2)^½), float64"),
    "frechet_at_infinity": (
        "FID∞",
        "Fréchet distance at infinity",
        "the end of a line through the distances of the whole and of disjoint parts against 1/n",
    ),
    "kernel": ("KID", "kernel distance", "unbiased squared MMD, kernel (x·y / dim + 1)³"),
}
MANIFOLDS = {
    "precision": f"share of generated images within the real manifold, k = {K_PRECISION}",
    "recall": f"share of real images within the generated manifold, k = {K_PRECISION}",
    "density": f"real balls that hold a generated image, over k = {K_DENSITY}",
    "coverage": f"share of real balls that hold a generated image, k = {K_DENSITY}",
}


@dataclass(frozen=True)
class Bench:
    """Networks that look at pictures of one subject, its real ones, and those of others."""

    subject: Subject
    distance_network: Network
    manifold_network: Network

    @property
    def networks(self) -> list[Network]:
        """The distances' first."""
        return list(dict.fromkeys((self.distance_network, self.manifold_network)))


def prepare_bench(subject: Subject) -> Bench:
    """Raises UserError if a network's weights are missing."""
    config, folder = subject.config, subject.profile.paths.weights
    first = load_network(config.extractor, folder, subject.device)
    second = first
    if config.manifold_extractor != config.extractor:
        name = config.manifold_extractor
        second = load_network(name, folder, subject.device, "evaluation.manifold_extractor")
    return Bench(subject, first, second)


def draw_real(subject: Subject) -> tuple[Draw, Draw, Draw]:
    """The reference; other real images, as many as are generated; what these are compared with.

    The last is the reference, too, if there are enough for that; else two smaller sets are drawn.
    All are pictures that the training saw.
    """
    config, chosen = subject.config, subject.chosen
    order = np.random.default_rng(config.seed).permutation(chosen)
    held_out = len(subject.real) - len(chosen)
    source = "from the training set" + f" (without the {held_out:,} held out)" * (held_out > 0)
    if config.real_images is None:
        text = f"two disjoint random draws {source}"
        one, other = order[: config.images], order[config.images : 2 * config.images]
        reference = Draw(np.sort(one), text)
        return reference, Draw(np.sort(other), text), reference
    if config.real_images == ALL:
        reference = Draw(np.sort(order), source.replace("from the", "the whole"))
    else:
        drawn = order[: int(config.real_images)]
        reference = Draw(np.sort(drawn), f"a random draw {source}")
    half = min(config.images, len(chosen) // 2)
    text = f"two disjoint random draws {source}, to compare it with itself"
    return (
        reference,
        Draw(np.sort(order[half : 2 * half]), text),
        Draw(np.sort(order[:half]), text),
    )


def protocol(bench: Bench, measured: str, real: Draw, others: int) -> Protocol:
    """Of a number: a key of DISTANCES or MANIFOLDS, against ``real``, of ``others`` images."""
    network = bench.distance_network if measured in DISTANCES else bench.manifold_network
    extractor, caution = network.extractor, None
    if measured in DISTANCES:
        inception, other, formula = DISTANCES[measured]
        name = f"{other}, {extractor.label}"
        if extractor.inception:
            name = f"{inception}{_thousands(others)} ({extractor.label})"
        fewest = min(others, len(real.indices))
        if measured == "frechet" and fewest <= extractor.dim:
            caution = (
                f"{fewest} pictures for {extractor.dim} features: most of the distance is bias; "
                "raise evaluation.images"
            )
    else:
        name, formula = f"{measured}, {extractor.label}", MANIFOLDS[measured]
    entries = {
        "measure": formula,
        "extractor": extractor.about,
        "weights_sha256": network.weights_sha256,
        "resize": extractor.resize,
        **picture_entries(bench.subject, real, others),
    }
    return Protocol(name, entries, caution)


def _thousands(count: int) -> str:
    """FID-50k, FID-2.5k, FID-500: a small set's FID is never mistaken for a large one's."""
    return f"-{count / 1000:g}k" if count >= 1000 else f"-{count}"


def describe_generated(bench: Bench, subject: Subject) -> list[Described]:
    """A fresh set of evaluation.images pictures of ``subject``, as each network sees it."""
    count = subject.config.images
    images = generated_files(subject, count)
    return measure.describe(bench.networks, images, count, subject.device)


def describe_real(bench: Bench, drawn: Draw) -> list[Described]:
    """As each network sees them: from features that an earlier evaluation left, or anew."""
    subject, networks, count = bench.subject, bench.networks, len(drawn.indices)
    paths = [_kept(bench, network, drawn) for network in networks]
    known = [
        measure.load(path, count, network.extractor.dim, network is networks[0], subject.device)
        for path, network in zip(paths, networks, strict=True)
    ]
    found = [described for described in known if described is not None]
    if len(found) == len(networks):
        return found
    images = real_files(subject, drawn.indices)
    described = measure.describe(networks, images, count, subject.device)
    for path, one in zip(paths, described, strict=True):
        measure.save(path, one.features)
    return described


def _kept(bench: Bench, network: Network, drawn: Draw) -> Path:
    """Named after all that the features depend on."""
    subject = bench.subject
    about = {
        "extractor": network.extractor.about,
        "weights": network.weights_sha256,
        "resize": network.extractor.resize,
        "format": FORMATS[subject.config.format][2],
        "data": subject.card["sha256"],
        "resolution": subject.run.generator.resolution,
    }
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    digest.update(drawn.indices.astype("<i8").tobytes())
    return subject.profile.paths.statistics(f"{network.name}-{digest.hexdigest()[:16]}")
