"""Every number of docs/performance.md that needs a GPU, in one run of at most ten minutes.

    python benchmarks/gpu.py            on a GPU
    python benchmarks/gpu.py --small    anywhere: to see that it runs to its end (gpu-small.json)

Needs torch and NumPy alone. The released code is here as its formulation (released.py), in float32
as it is shipped. Writes gpu.json and says of each goal whether it is met.
"""

import sys

import torch
from layer import layer_rows
from networks import backward_rows, discriminator_rows, forward_rows
from sampling import sampling_rows
from step import step_rows
from timing import SHARE, Row, device_of, measure, print_table, report, speed_parser

from cipslib.features.frechet import Reference
from cipslib.features.moments import Moments
from cipslib.metrics.prdc import compare_manifolds

ABLATION_IMAGES = 4.8e6  # Tab. 3
FRECHET_DIM, MANIFOLD_DIM = 2048, 4096


def statistics_rows(images: int, device: torch.device) -> list[Row]:
    """From features that are there to the Frechet distance, and precision and recall."""

    def features(dim: int) -> torch.Tensor:
        spectrum = torch.arange(1, dim + 1, device=device) ** -0.5
        return torch.randn(images, dim, device=device) * spectrum

    def both() -> None:
        real, generated = (Moments.of(features(FRECHET_DIM)) for _ in range(2))
        Reference.of(real).distance(generated)
        compare_manifolds(features(MANIFOLD_DIM), features(MANIFOLD_DIM))

    return measure(f"Frechet and PR, {images} and {images} images", {"ours": both}, device, 1)


def best(rows: list[Row], key: str, what: str, way: str = "") -> float:
    """The largest value among the rows that are so called; NaN if there is none."""
    found = [r[key] for r in rows if r["what"].startswith(what) and way in r["way"] and key in r]
    return max(found, default=float("nan"))


def goals(rows: list[Row]) -> list[Row]:
    """The rows of the issue, their goals, and what was measured."""
    memory = {row["way"]: row.get("GB", float("nan")) for row in rows if "backward" in row["what"]
              and row["what"].startswith("G")}  # fmt: skip
    least = min(memory["ours, bfloat16"], memory["ours, bfloat16, checkpointing"])
    rate = best(rows, "images/s", "mean of 16 steps", "ours")
    seconds = best(rows, "seconds", "Frechet")
    table = [
        ("step, against released", ">=", 5.0,
         best(rows, "of the first's speed", "mean of 16 steps", "ours")),
        ("G forward and backward, share of bf16 peak", ">=", 0.5,
         best(rows, SHARE, "G forward and backward", "ours, bfloat16")),
        ("peak memory of G's, share of released", "<=", 0.5,
         least / memory.get("released formulation, float32", float("nan"))),
        ("sampling, share of bf16 peak", ">=", 0.6,
         best(rows, SHARE, "sampling", "chunks, bfloat16")),
        ("ablation of Tab. 3, hours", "<=", 12.0, ABLATION_IMAGES / rate / 3600),
        ("Frechet and PR of 50k/50k, seconds", "<=", 60.0, seconds),
    ]  # fmt: skip
    return [
        {
            "goal": name,
            "wanted": f"{sign} {limit:g}",
            "measured": value,
            "met": value >= limit if sign == ">=" else value <= limit,
        }
        for name, sign, limit, value in table
    ]


def main() -> None:
    parser = speed_parser(__doc__)
    arguments = parser.parse_args()
    device = device_of(arguments)
    if device.type != "cuda" and not arguments.small:
        sys.exit("there is no GPU here: --small shows that the script runs")
    small, repeats = arguments.small, 1 if arguments.small else 3
    size, batch, count = (8, 4, 4) if small else (256, 16, 1000)
    rows = layer_rows(device, batch, size, repeats)
    rows += forward_rows(size, batch, device, repeats)
    rows += backward_rows(size, 2 if small else 8, device, repeats)
    rows += discriminator_rows(size, batch, device, repeats)
    rows += step_rows(size, batch, device, repeats)
    rows += sampling_rows(size, count, device, 1)
    rows += statistics_rows(200 if small else 50_000, device)
    reached = goals(rows)
    name = "gpu-small" if small else "gpu"
    report(name, rows, device, arguments, goals=reached)
    print_table(reached)


if __name__ == "__main__":
    main()
