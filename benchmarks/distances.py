"""Time and memory of the distances, at the sizes at which papers print them.

    python benchmarks/distances.py

The Frechet distance at 2,048 features beside clean-fid's; precision, recall, density and coverage
at 4,096 features for growing numbers of images, each in a process of its own whose peak is taken
from the operating system. Writes distances.json beside this file.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import torch

from cipslib.environment import describe_environment
from cipslib.metrics.frechet import Reference, frechet_distance
from cipslib.metrics.kid import kernel_distance
from cipslib.metrics.knn import COLUMNS
from cipslib.metrics.prdc import compare_manifolds
from cipslib.metrics.statistics import Moments
from cipslib.paths import find_root, write_json

FRECHET_DIM, FRECHET_IMAGES = 2048, 5000
MANIFOLD_DIM, COUNTS, ASKED = 4096, (2000, 5000, 8000, 12000), 50_000


def features(count: int, dim: int, seed: int) -> torch.Tensor:
    """float32, as networks give them, with a spectrum that falls off."""
    random = np.random.default_rng(seed)
    values = random.standard_normal((count, dim), dtype=np.float32)
    values *= np.arange(1, dim + 1, dtype=np.float32) ** -0.5
    return torch.from_numpy(values)


def timed(action) -> tuple[float, float]:
    start = time.perf_counter()
    result = action()
    return float(result), time.perf_counter() - start


def frechet() -> dict[str, float]:
    from cleanfid import fid

    sets = [features(FRECHET_IMAGES, FRECHET_DIM, seed).double() for seed in (0, 1)]
    moments = [Moments.of(values) for values in sets]
    start = time.perf_counter()
    reference = Reference.of(moments[0])
    root_seconds = time.perf_counter() - start
    ours, seconds = timed(lambda: reference.distance(moments[1]))
    whole, whole_seconds = timed(lambda: frechet_distance(*(s.numpy() for s in sets)))
    assert ours == whole
    statistics = [(m.mean.numpy(), m.covariance.numpy()) for m in moments]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, their_seconds = timed(lambda: fid.frechet_distance(*statistics[0], *statistics[1]))
    return {
        "features": FRECHET_DIM,
        "images": FRECHET_IMAGES,
        "reference_seconds": round(root_seconds, 2),
        "distance_seconds": round(seconds, 2),
        "with_moments_seconds": round(whole_seconds, 2),
        "clean_fid_seconds": round(their_seconds, 2),
        "times_faster": round(their_seconds / (root_seconds + seconds), 1),
        "relative_difference": abs(ours - theirs) / theirs,
    }


def manifolds_here(count: int) -> dict[str, float]:
    """Of this very process. The peak before: torch, and the features themselves."""
    sets = [features(count, MANIFOLD_DIM, seed) for seed in (0, 1)]
    before = peak()
    start = time.perf_counter()
    compare_manifolds(*sets)
    return {"images": count, "seconds": time.perf_counter() - start, "before": before,
            "peak": peak(), "features": 2 * sets[0].numel() * 4 / 2**20}  # fmt: skip


def peak() -> float:
    """MB so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def manifolds(count: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--manifolds", str(count)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    row: dict[str, float] = json.loads(output)
    print(row, file=sys.stderr)
    return {key: round(value, 1) for key, value in row.items()}


def expected(rows: list[dict[str, float]]) -> dict[str, float]:
    """At ASKED images: memory along a line in n, time along n^2 from the largest count.

    From counts at which a block is full. A quadratic through them says what the line leaves out.
    """
    full = [row for row in rows if row["images"] > 2 * COLUMNS]
    counts = [row["images"] for row in full]
    slope, start = np.polyfit(counts, [row["peak"] for row in full], 1)
    quadratic = np.polyfit(counts, [row["peak"] for row in full], 2)[0]
    last = rows[-1]
    return {
        "images": ASKED,
        "peak": round(float(start + slope * ASKED)),
        "of_it_features": round(2 * ASKED * MANIFOLD_DIM * 4 / 2**20),
        "quadratic_part": round(float(quadratic * ASKED**2)),
        "hours": round(last["seconds"] * (ASKED / last["images"]) ** 2 / 3600, 2),
    }


def kernel() -> dict[str, float]:
    sets = [features(FRECHET_IMAGES, FRECHET_DIM, seed) for seed in (0, 1)]
    _, seconds = timed(lambda: kernel_distance(*sets, seed=0).distance.value)
    return {"features": FRECHET_DIM, "images": FRECHET_IMAGES, "seconds": round(seconds, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifolds", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.manifolds:
        print(json.dumps(manifolds_here(arguments.manifolds)))
        return
    rows = [manifolds(count) for count in COUNTS]
    result = {
        "frechet": frechet(),
        "kernel": kernel(),
        "manifolds_MB": {"features": MANIFOLD_DIM, "measured": rows, "expected": expected(rows)},
        "environment": describe_environment(find_root(), torch.device("cpu")),
    }
    write_json(Path(__file__).with_suffix(".json"), result)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
