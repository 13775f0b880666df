"""Which features see what a viewer sees: a test of the metric itself.

    python benchmarks/metric_ranking.py [--params FILE]
    python benchmarks/metric_ranking.py [--params FILE] --runs RUN ...

Real images are degraded in seven ways, each at four strengths. A metric that sees puts the four
in order, behind other real images as they are. With ``--runs``, on faces, it is their checkpoints
that must be put in the order of the share in which MTCNN finds a face.
Updates metric_ranking.json beside this file, and prints its tables.
"""

import argparse
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from scipy.stats import spearmanr
from sklearn.cluster import KMeans

from cipslib.datasets.prepared import read_prepared
from cipslib.datasets.splits import training_indices
from cipslib.features.extractors import Network, load_network
from cipslib.features.frechet import Reference
from cipslib.features.moments import Moments
from cipslib.metrics.face_detection import faces_found
from cipslib.networks.models import AnyGenerator
from cipslib.sampling.latents import sample_w
from cipslib.sampling.synthesis import render
from cipslib.training.checkpoints import load_state
from cipslib.training.state import initial_state
from cipslib.utils.environment import describe_environment
from cipslib.utils.files import read_json, write_json
from replication.paths import find_root
from replication.profile.profile import Profile, load_profile
from replication.training.job import training_jobs

ROOT = find_root(Path(__file__).parent)
EXTRACTORS = ("onet", "random")
COUNT = 2000  # images of a set
FACES = 400  # generated images that MTCNN looks at
BLOCK = 8  # pixels a side of what is shuffled


def blur(images: np.ndarray, strength: float, _: np.ndarray) -> np.ndarray:
    """A Gaussian of ``strength`` pixels."""
    return gaussian_filter(images.astype(np.float32), (0, strength, strength, 0))


def noise(images: np.ndarray, strength: float, _: np.ndarray) -> np.ndarray:
    """Gaussian noise of ``strength`` grey levels."""
    return images + strength * np.random.default_rng(0).standard_normal(images.shape)


def shuffled_blocks(images: np.ndarray, strength: float, _: np.ndarray) -> np.ndarray:
    """Blocks of 8 x 8 pixels, of which a share of ``strength`` changes places within its image."""
    random = np.random.default_rng(0)
    side = images.shape[1] // BLOCK
    blocks = images.reshape(-1, side, BLOCK, side, BLOCK, 3).swapaxes(2, 3)
    blocks = blocks.reshape(-1, side * side, BLOCK, BLOCK, 3).copy()
    for image in blocks:
        chosen = random.permutation(side * side)[: round(strength * side * side)]
        image[chosen] = image[np.roll(chosen, 1)]
    blocks = blocks.reshape(-1, side, side, BLOCK, BLOCK, 3).swapaxes(2, 3)
    return blocks.reshape(images.shape)


def wrong_colours(images: np.ndarray, strength: float, _: np.ndarray) -> np.ndarray:
    """Red, green and blue go round, by ``strength`` of the way."""
    return (1 - strength) * images + strength * np.roll(images, 1, axis=3)


def dropped_modes(images: np.ndarray, strength: float, _: np.ndarray) -> np.ndarray:
    """Of sixteen clusters of images, a share of ``strength`` is replaced by images of the rest."""
    small = images[:, ::4, ::4].reshape(len(images), -1)
    cluster = KMeans(16, n_init=1, random_state=0).fit_predict(small)
    kept = np.flatnonzero(cluster >= round(16 * strength))
    return images[np.resize(kept, len(images))]


def few_images(images: np.ndarray, strength: float, _: np.ndarray) -> np.ndarray:
    """Only ``strength`` of the images, again and again."""
    return np.resize(images[: round(strength * len(images))], images.shape)


def another_set(images: np.ndarray, strength: float, other: np.ndarray) -> np.ndarray:
    """Of a share of ``strength``, images of another data set."""
    foreign = round(strength * len(images))
    return np.concatenate((other[:foreign], images[foreign:]))


Degradation = Callable[[np.ndarray, float, np.ndarray], np.ndarray]
DEGRADATIONS: dict[Degradation, tuple[float, ...]] = {
    blur: (0.5, 1, 2, 4),
    noise: (8, 16, 32, 64),
    shuffled_blocks: (0.25, 0.5, 0.75, 1),
    wrong_colours: (0.25, 0.5, 0.75, 1),
    dropped_modes: (0.25, 0.5, 0.75, 0.875),
    few_images: (0.25, 0.05, 0.01, 0.002),
    another_set: (0.1, 0.25, 0.5, 1),
}


def moments(network: Network, images: np.ndarray) -> Moments:
    return Moments.of(torch.from_numpy(network.features(images)))


def to_bytes(images: np.ndarray) -> np.ndarray:
    return np.clip(np.round(images), 0, 255).astype(np.uint8)


def degraded(
    profile: Profile, networks: list[Network]
) -> dict[str, dict[str, dict[str, list[float]]]]:
    """Return data set -> degradation -> extractor -> distances, by strength."""
    sets = {}
    for name in dict.fromkeys(run.dataset for run in profile.runs.values()):
        indices = training_indices(read_prepared(profile.paths.card(name)))
        chosen = np.random.default_rng(0).permutation(indices)[: 2 * COUNT]
        sets[name] = np.load(profile.paths.images(name))[chosen]
    found: dict[str, dict[str, dict[str, list[float]]]] = {}
    for name, images in sets.items():
        others = [each for each in sets if each.split("-")[0] != name.split("-")[0]]
        other = sets[others[0]][:COUNT]
        references = [Reference.of(moments(network, images[:COUNT])) for network in networks]
        rest = images[COUNT:]
        found[name] = {}
        for degradation, strengths in DEGRADATIONS.items():
            series = [rest, *(to_bytes(degradation(rest, each, other)) for each in strengths)]
            found[name][degradation.__name__] = {
                network.name: [reference.distance(moments(network, each)) for each in series]
                for network, reference in zip(networks, references, strict=True)
            }
    return found


def checkpoints(profile: Profile, run: str) -> Iterator[tuple[int, AnyGenerator]]:
    """Yield how many images each checkpoint of a run has seen, and its moving average."""
    job = training_jobs(profile, run)[0]
    config = job.run
    state = initial_state(config.generator, config.discriminator, config.training, job.device)
    for file in job.checkpoints.files()[::-1]:
        load_state(file, state, job.identity)
        yield state.images_seen, state.generator_ema


def trained(profile: Profile, runs: list[str], networks: list[Network]) -> list[dict[str, Any]]:
    """Return what each extractor and MTCNN say of every checkpoint of runs on faces."""
    rows = []
    for run in runs:
        job = training_jobs(profile, run)[0]
        real = np.array(
            job.images[np.sort(np.random.default_rng(0).permutation(job.indices)[:COUNT])]
        )
        references = [Reference.of(moments(network, real)) for network in networks]
        for seen, generator in checkpoints(profile, run):
            ws = sample_w(generator, COUNT, seed=1)
            images = np.concatenate([render(generator, w) for w in ws.split(100)])
            row = {"run": run, "images": seen, "faces": float(faces_found(images[:FACES]).mean())}
            for network, reference in zip(networks, references, strict=True):
                row[network.name] = reference.distance(moments(network, images))
            rows.append(row)
            print(row, flush=True)
    return rows


def print_tables(content: dict[str, Any]) -> None:
    """Print which degradations are ordered, and how distances agree with MTCNN."""
    for dataset, degradations in content.get("degraded", {}).items():
        print(f"\n{dataset}")
        for degradation, by_extractor in degradations.items():
            for extractor, series in by_extractor.items():
                said = "ordered" if ordered(series) else "NOT ordered"
                print(f"  {degradation:16} {extractor:7} {said:12}", *(f"{x:8.3g}" for x in series))
    for profile, rows in content.get("trained", {}).items():
        for extractor in EXTRACTORS:
            near = [-row[extractor] for row in rows]
            rho = spearmanr(near, [row["faces"] for row in rows]).statistic
            print(f"{profile}: {len(rows)} checkpoints, {extractor}: rho with MTCNN {rho:.3f}")


def ordered(series: list[float]) -> bool:
    """Tell whether each is above the one before: other real images, then growing strengths."""
    return all(low < high for low, high in pairwise(series))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--params", type=Path, default=ROOT / "params.yaml")
    parser.add_argument("--runs", nargs="*", default=[], help="runs on faces, of their checkpoints")
    arguments = parser.parse_args()
    profile = load_profile(arguments.params)
    networks = [load_network(name, profile.paths.weights) for name in EXTRACTORS]
    file = Path(__file__).with_suffix(".json")
    content = read_json(file) if file.exists() else {}
    if arguments.runs:
        rows = trained(profile, arguments.runs, networks)
        content.setdefault("trained", {})[profile.name] = rows
    else:
        content["degraded"] = degraded(profile, networks)
    content["environment"] = describe_environment(ROOT, torch.device("cpu"))
    print_tables(content)
    write_json(file, content)


if __name__ == "__main__":
    main()
