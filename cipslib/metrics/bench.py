"""What all sets of one evaluation share: real images, networks, protocol, kept features."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from cipslib.config import EvaluationConfig, Profile
from cipslib.errors import UserError
from cipslib.generator import VARIANTS, Generator, GeneratorConfig
from cipslib.metrics import measure
from cipslib.metrics.features import Network, load_network
from cipslib.metrics.formats import FORMATS, through_file
from cipslib.metrics.measure import Described
from cipslib.metrics.prdc import K_DENSITY, K_PRECISION
from cipslib.metrics.protocol import Protocol
from cipslib.metrics.statistics import BLOCKS
from cipslib.models import AnyGenerator, AnyGeneratorConfig
from cipslib.panorama import random_windows
from cipslib.styles import random_styles
from cipslib.synthesis import Drawing, draw

AT_ONCE = 1024  # pictures in memory, however many there are
FEWEST = 2 * BLOCKS  # images: two in each of the parts that intervals leave out
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
class Draw:
    """Which real images, and how a protocol says it."""

    indices: np.ndarray
    split: str


@dataclass(frozen=True)
class Bench:
    """Real images, and the networks that look at them and at all others."""

    profile: Profile
    real: np.ndarray  # (count, height, width, 3), mapped into memory
    chosen: np.ndarray  # indices of those that are trained on: none else are measured
    real_sha256: str
    generator: AnyGeneratorConfig  # of all generators that are measured
    drawing: Drawing  # of their pictures
    device: torch.device
    distance_network: Network
    manifold_network: Network

    @property
    def config(self) -> EvaluationConfig:
        return self.profile.evaluation

    @property
    def networks(self) -> list[Network]:
        """The distances' first."""
        return list(dict.fromkeys((self.distance_network, self.manifold_network)))


def prepare_bench(
    profile: Profile,
    dataset: str,
    real: np.ndarray,
    chosen: np.ndarray,
    real_sha256: str,
    generator: AnyGeneratorConfig,
    drawing: Drawing,
    device: torch.device,
) -> Bench:
    """Raises UserError if there are too few images, or a network's weights are missing."""
    config = profile.evaluation
    config.check_enough(dataset, len(chosen))
    draws = draw_real(chosen, len(real), config)
    fewest = min(config.images, *(len(drawn.indices) for drawn in draws))
    if fewest < FEWEST:
        raise UserError(
            f"{fewest} images are too few to evaluate, at least {FEWEST} are needed: raise "
            f"evaluation.images and real_images, or take more of data set {dataset}"
        )
    first = load_network(config.extractor, profile.paths.weights, device)
    second = first
    if config.manifold_extractor != config.extractor:
        name = config.manifold_extractor
        second = load_network(name, profile.paths.weights, device, "manifold_extractor")
    return Bench(profile, real, chosen, real_sha256, generator, drawing, device, first, second)


def draw_real(chosen: np.ndarray, count: int, config: EvaluationConfig) -> tuple[Draw, Draw, Draw]:
    """The reference; other real images, as many as are generated; what these are compared with.

    The last is the reference, too, if there are enough for that; else two smaller sets are drawn.
    All are of the ``chosen`` indices of ``count`` pictures.
    """
    order = np.random.default_rng(config.seed).permutation(chosen)
    held_out = count - len(chosen)
    source = "from the training set" + f" (without the {held_out:,} held out)" * (held_out > 0)
    if config.real_images is None:
        text = f"two disjoint random draws {source}"
        one, other = order[: config.images], order[config.images : 2 * config.images]
        reference = Draw(np.sort(one), text)
        return reference, Draw(np.sort(other), text), reference
    half = min(config.images, len(chosen) // 2)
    text = f"two disjoint random draws {source}, to compare it with itself"
    return (
        Draw(np.sort(order[: config.real_images]), f"a random draw {source}"),
        Draw(np.sort(order[half : 2 * half]), text),
        Draw(np.sort(order[:half]), text),
    )


def protocol(bench: Bench, measured: str, real: Draw, others: int) -> Protocol:
    """Of a number: a key of DISTANCES or MANIFOLDS, against ``real``, of ``others`` images."""
    config = bench.config
    network = bench.distance_network if measured in DISTANCES else bench.manifold_network
    extractor = network.extractor
    if measured in DISTANCES:
        inception, other, formula = DISTANCES[measured]
        name = f"{other}, {extractor.label}"
        if extractor.inception:
            name = f"{inception}{_thousands(others)} ({extractor.label})"
    else:
        name, formula = f"{measured}, {extractor.label}", MANIFOLDS[measured]
    return Protocol(
        name=name,
        measure=formula,
        extractor=extractor.about,
        weights_sha256=network.weights_sha256,
        resize=extractor.resize,
        format=FORMATS[config.format][2],
        real_split=real.split,
        real_images=len(real.indices),
        generated_images=others,
        truncation="none",
        flips="no picture, real or generated, is mirrored",
        lookup=_lookup(bench),
        noise=_noise(bench),
        seed=config.seed,
        real_sha256=bench.real_sha256,
    )


def _lookup(bench: Bench) -> str:
    config = bench.generator
    if not isinstance(config, GeneratorConfig) or not VARIANTS[config.variant].embedding:
        return "none: there is no embedding"
    window = ", of a random window of the cylinder" if config.circumference else ""
    return f"{bench.drawing.lookup}{window}"


def _noise(bench: Bench) -> str:
    if bench.drawing.noise is not None:
        return "fresh for each picture"
    return "none" if isinstance(bench.generator, GeneratorConfig) else "stored with the weights"


def _thousands(count: int) -> str:
    """FID-50k, FID-2.5k, FID-500: a small set's FID is never mistaken for a large one's."""
    return f"-{count / 1000:g}k" if count >= 1000 else f"-{count}"


def describe_generated(bench: Bench, generator: AnyGenerator) -> list[Described]:
    """A fresh set of evaluation.images pictures, as each network sees it."""
    count, file = bench.config.images, FORMATS[bench.config.format][1]
    images = (through_file(drawn, file) for drawn in pictures(generator, count, bench))
    return measure.describe(bench.networks, images, count, bench.device)


def pictures(generator: AnyGenerator, count: int, bench: Bench) -> Iterator[np.ndarray]:
    """In portions, as ``synthesis.sample``: picture i depends on (seed, i) alone.

    Of a cylinder they are windows at random places, as D saw them.
    """
    seed = bench.config.seed
    styles = random_styles(generator, count, seed)
    for first in range(0, count, AT_ONCE):
        w = styles[first : first + AT_ONCE]
        if isinstance(generator, Generator) and generator.config.circumference:
            yield random_windows(generator, w, seed, first, bench.drawing)
        else:
            yield draw(generator, w, drawing=bench.drawing, first=first)


def describe_real(bench: Bench, drawn: Draw) -> list[Described]:
    """As each network sees them: from features that an earlier evaluation left, or anew."""
    count, networks = len(drawn.indices), bench.networks
    paths = [_kept(bench, network, drawn) for network in networks]
    known = [
        measure.load(path, count, network.extractor.dim, network is networks[0], bench.device)
        for path, network in zip(paths, networks, strict=True)
    ]
    found = [described for described in known if described is not None]
    if len(found) == len(networks):
        return found
    file = FORMATS[bench.config.format][0]
    images = (
        through_file(np.array(bench.real[drawn.indices[first : first + AT_ONCE]]), file)
        for first in range(0, count, AT_ONCE)
    )
    described = measure.describe(networks, images, count, bench.device)
    for path, one in zip(paths, described, strict=True):
        measure.save(path, one.features)
    return described


def _kept(bench: Bench, network: Network, drawn: Draw) -> Path:
    """Named after all that the features depend on."""
    about = {
        "extractor": network.extractor.about,
        "weights": network.weights_sha256,
        "resize": network.extractor.resize,
        "format": FORMATS[bench.config.format][2],
        "data": bench.real_sha256,
    }
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    digest.update(drawn.indices.astype("<i8").tobytes())
    return bench.profile.paths.statistics(f"{network.name}-{digest.hexdigest()[:16]}")


def as_json(protocol: Protocol) -> dict[str, object]:
    return {**asdict(protocol), "hash": protocol.hash}
