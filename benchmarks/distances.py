"""Time and memory of the distances, at the sizes at which papers print them.

    python benchmarks/distances.py

The Frechet distance at 2,048 features beside clean-fid's; precision, recall, density and coverage
for growing numbers of images, each in a process of its own whose peak is taken from the operating
system: at 4,096 features, and at 64 up to 50,000 images, where a distance matrix would take 19 GB.
Writes distances.json beside this file.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import torch

from cipslib.features.frechet import Reference
from cipslib.features.moments import Moments
from cipslib.metrics.kid import kernel_distance
from cipslib.metrics.prdc import compare_manifolds
from cipslib.utils.environment import describe_environment
from cipslib.utils.files import write_json
from replication.paths import find_root

FRECHET_DIM, FRECHET_IMAGES = 2048, 5000
MANIFOLDS = {4096: (2000, 5000, 8000), 64: (12_500, 25_000, 50_000)}  # features: images


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
    whole, whole_seconds = timed(
        lambda: Reference.of(Moments.of(sets[0])).distance(Moments.of(sets[1]))
    )
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


def manifolds_here(dim: int, count: int) -> dict[str, float]:
    """Of this very process. ``before``: torch, and the features themselves."""
    sets = [features(count, dim, seed) for seed in (0, 1)]
    before = peak()
    start = time.perf_counter()
    compare_manifolds(*sets)
    return {
        "features": dim,
        "images": count,
        "seconds": time.perf_counter() - start,
        "before_MB": before,
        "peak_MB": peak(),
        "added_MB": peak() - before,
    }


def peak() -> float:
    """MB so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def manifolds(dim: int, count: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--manifolds", str(dim), str(count)]
    # glibc keeps freed memory, more or less of it by chance: what is used is measured, not that.
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536"}
    result = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    row: dict[str, float] = json.loads(result.stdout)
    print(row, file=sys.stderr)
    return {key: round(value, 1) for key, value in row.items()}


def expected(rows: list[dict[str, float]]) -> dict[str, float]:
    """At the most images and the most features: torch, the features, the most that was added.

    Time as the square of the images.
    """
    largest = max(rows, key=lambda row: row["features"] * row["images"])
    images = max(row["images"] for row in rows)
    own = 2 * images * largest["features"] * 4 / 2**20
    its_own = 2 * largest["images"] * largest["features"] * 4 / 2**20
    return {
        "features": largest["features"],
        "images": images,
        "peak_MB": round(largest["before_MB"] - its_own + own + max(r["added_MB"] for r in rows)),
        "hours": round(largest["seconds"] * (images / largest["images"]) ** 2 / 3600, 2),
    }


def kernel() -> dict[str, float]:
    sets = [features(FRECHET_IMAGES, FRECHET_DIM, seed) for seed in (0, 1)]
    _, seconds = timed(lambda: kernel_distance(*sets).value)
    return {"features": FRECHET_DIM, "images": FRECHET_IMAGES, "seconds": round(seconds, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifolds", type=int, nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.manifolds:
        print(json.dumps(manifolds_here(*arguments.manifolds)))
        return
    rows = [manifolds(dim, count) for dim, counts in MANIFOLDS.items() for count in counts]
    result = {
        "frechet": frechet(),
        "kernel": kernel(),
        "manifolds": {"measured": rows, "expected": expected(rows)},
        "environment": describe_environment(find_root(), torch.device("cpu")),
    }
    write_json(Path(__file__).with_suffix(".json"), result)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
