"""`cips latents`: between latents and layer by layer (Sec. 4.6, App. D; Fig. 10, 19)."""

from functools import partial

import numpy as np
import torch

from cipslib.analysis.mixing import PROPERTIES, specialisation, transfers
from cipslib.analysis.smoothness import cross_fades, interpolation_paths, jumps, midway_contrast
from cipslib.metrics.measurement import Measurements
from cipslib.networks.generator import Generator
from cipslib.sampling.latents import level_groups, mix, sample_w
from cipslib.sampling.synthesis import render
from replication.measurements.common.run import AnalysisResults, cips_generator, measurement
from replication.measurements.common.trained_run import TrainedRun

NUM_PATHS = 32  # of interpolation
NUM_POINTS = 17  # of a path: 16 steps
NUM_PAIRS = 200  # of mixing
SHOWN = 6  # rows of each figure
FRAMES = slice(None, None, 2)  # points of a path that are shown
GROUPS = ("early", "middle", "late")


def measure(trained: TrainedRun) -> AnalysisResults:
    """Interpolate and mix. Raises UserError for a generator of fewer than three levels."""
    generator = cips_generator(trained, cylinder=False)
    groups = dict(zip(GROUPS, level_groups(generator), strict=True))
    return _interpolation(trained, generator) + _mixing(trained, generator, groups)


def _interpolation(trained: TrainedRun, generator: Generator) -> AnalysisResults:
    """Measure lines between two styles, and cross-fades of the same ends (Fig. 10)."""
    seed = trained.evaluation.seed
    lines = interpolation_paths(generator, seed, NUM_PATHS, NUM_POINTS)
    paths = {"w": lines, "cross-fade": cross_fades(lines)}
    number = partial(measurement, trained, paths=NUM_PATHS, steps=NUM_POINTS - 1)
    measured: Measurements = {
        "jumps": {
            kind: number("jumps of paths", jumps(some, seed)) for kind, some in paths.items()
        },
        "midway_contrast": {
            kind: number("contrast midway", midway_contrast(some, seed))
            for kind, some in paths.items()
        },
    }
    shown = lines[:SHOWN, FRAMES].clip(0, 1)
    return AnalysisResults(measured, {}, {"strips.w": np.rint(255 * shown).astype(np.uint8)})


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
    results = AnalysisResults(details={"groups": groups})
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
