"""`cips latents`: between latents and layer by layer (Sec. 4.6, App. D; Fig. 10, 19)."""

import numpy as np
import torch

from cipslib.analysis.mixing import PROPERTIES, specialisation, transfers
from cipslib.analysis.smoothness import (
    cross_fades,
    flat,
    interpolation_paths,
    midway_contrast,
    path_smoothness,
)
from cipslib.metrics.measurement import Measurements
from cipslib.networks.generator import Generator
from cipslib.sampling.latents import LATENT_SPACES, level_groups, level_layers, mix, sample_w
from cipslib.sampling.synthesis import render, sample
from cipslib.utils.shapes import Float, UInt8
from replication.measurements.common.run import AnalysisResults, measurement, plane_generator
from replication.measurements.common.trained_run import TrainedRun

NUM_PATHS = 32  # of interpolation
NUM_POINTS = 17  # of a path: 16 steps
NUM_PAIRS = 200  # of mixing
SHOWN = 6  # rows of each figure
FRAMES = slice(None, None, 2)  # points of a path that are shown
GROUPS = ("early", "middle", "late")

Paths = Float[np.ndarray, "paths points h w 3"]


def measure(trained: TrainedRun) -> AnalysisResults:
    """Interpolate and mix. Raises UserError for a generator of fewer than three levels."""
    generator = plane_generator(trained)
    groups = dict(zip(GROUPS, level_groups(generator), strict=True))
    details = {
        "steps": NUM_POINTS - 1,
        "levels": len(level_layers(generator)),
        "groups": groups,
    }
    interpolation = _interpolation(trained, generator)
    return interpolation + _mixing(trained, generator, groups) + AnalysisResults(details=details)


def _interpolation(trained: TrainedRun, generator: Generator) -> AnalysisResults:
    """Measure paths in each space, cross-fades, and chains of unrelated images (Fig. 10)."""
    seed = trained.evaluation.seed
    paths = {
        space: interpolation_paths(generator, seed, NUM_PATHS, NUM_POINTS, space)
        for space in LATENT_SPACES
    }
    paths["cross-fade"] = cross_fades(paths[LATENT_SPACES[-1]])
    draws = np.random.default_rng(seed)
    indices = [
        draws.choice(trained.training_indices, NUM_POINTS, replace=False) for _ in range(NUM_PATHS)
    ]
    chains = {
        "unrelated generated": _chains(sample(generator, NUM_PATHS * NUM_POINTS, seed)),
        "unrelated real": _chains(np.array(trained.real[np.concatenate(indices)])),
    }
    how = {"paths": NUM_PATHS, "steps": NUM_POINTS - 1}
    found = {kind: path_smoothness(flat(some), seed) for kind, some in {**paths, **chains}.items()}
    measured: Measurements = {
        name: {
            kind: measurement(trained, f"{name} of paths", getattr(one, name), **how)
            for kind, one in found.items()
        }
        for name in ("unevenness", "jumps")
    }
    measured["midway_contrast"] = {
        kind: measurement(trained, "contrast midway", midway_contrast(some, seed), **how)
        for kind, some in paths.items()
    }
    strips = {f"strips.{kind}": _bytes(some[:SHOWN, FRAMES]) for kind, some in paths.items()}
    return AnalysisResults(measured, {}, strips)


def _chains(images: UInt8[np.ndarray, "_ h w 3"]) -> Paths:
    """Return images that have nothing to do with each other, in the place of paths."""
    chains = images.astype(np.float32) / 255
    return chains.reshape(NUM_PATHS, NUM_POINTS, *images.shape[1:])


def _bytes(paths: Paths) -> UInt8[np.ndarray, "paths points h w 3"]:
    return np.rint(255 * paths.clip(0, 1)).astype(np.uint8)


def _mixing(
    trained: TrainedRun, generator: Generator, groups: dict[str, tuple[int, ...]]
) -> AnalysisResults:
    """Measure what goes over from B to A with each group of layers (Fig. 19)."""
    seed = trained.evaluation.seed
    w = sample_w(generator, 2 * NUM_PAIRS, seed)
    first, second = w[0::2], w[1::2]
    a, b = render(generator, first), render(generator, second)
    mixed = {
        group: render(generator, mix(generator, first, second, levels))
        for group, levels in groups.items()
    }
    results = AnalysisResults()
    for group, by_property in transfers(a, b, mixed, seed).items():
        for name in PROPERTIES:
            text = f"transfer of {name}"
            number = measurement(trained, text, by_property[name], pairs=NUM_PAIRS)
            results.measurements.setdefault(text.replace(" ", "_"), {})[group] = number
    weak, strong = (render(generator, torch.lerp(first, second, part)) for part in (1 / 3, 2 / 3))
    found = {
        "groups": specialisation(a, b, mixed["early"], mixed["late"], seed),
        "control": specialisation(a, b, weak, strong, seed),
    }
    results.measurements["specialisation"] = {
        kind: measurement(trained, "specialisation of layer groups", value, pairs=NUM_PAIRS)
        for kind, value in found.items()
    }
    images = {"A": a, "B": b, **mixed}
    results.arrays = {f"mixing.{name}": some[:SHOWN] for name, some in images.items()}
    return results
