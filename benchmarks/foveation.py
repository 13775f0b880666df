"""Foveated synthesis: error and time against the share of pixels computed (Fig. 8).

python benchmarks/foveation.py [--checkpoint GENERATOR] [--n 16]
"""

import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from arguments import ROOT, generator_parser

from cipslib.networks.generator import Generator
from cipslib.networks.hub import from_pretrained
from cipslib.sampling.foveation import Gaze, foveate
from cipslib.sampling.latents import sample_w
from cipslib.sampling.synthesis import synthesize
from cipslib.utils.environment import describe_environment
from cipslib.utils.files import atomic_write, write_json
from replication.figures.style import COLOURS, DPI, use_style

SHARES = (0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0)


def measure(generator: Generator, count: int, share: float, on_grid: bool) -> dict[str, float]:
    """Root mean squared error over all pixels, of colours in [-1, 1], and seconds an image."""
    errors, seconds = [], []
    for seed, w in enumerate(sample_w(generator, count, seed=0)):
        whole = synthesize(generator, w[None])[0].numpy()
        start = time.perf_counter()
        image = foveate(generator, w[None], Gaze(share), seed, on_grid)
        seconds.append(time.perf_counter() - start)
        errors.append(np.square(image.reshape(whole.shape) - whole).mean())
    return {
        "share": share,
        "on_grid": on_grid,
        "rmse": float(np.sqrt(np.mean(errors))),
        "seconds": float(np.median(seconds)),
    }


def draw_figure(path: Path, rows: list[dict]) -> None:
    use_style()
    figure, (errors, times) = plt.subplots(1, 2, figsize=(7, 3), layout="constrained")
    for on_grid, label, colour in (
        (True, "pixels of the grid", COLOURS["here"]),
        (False, "points off the grid", COLOURS["baseline"]),
    ):
        mine = [row for row in rows if row["on_grid"] == on_grid]
        shares = [100 * row["share"] for row in mine]
        errors.plot(shares, [row["rmse"] for row in mine], "o-", color=colour, label=label)
        times.plot(shares, [1000 * row["seconds"] for row in mine], "o-", color=colour)
    errors.set_ylabel("RMS error, colours in [-1, 1]")
    times.set_ylabel("time with filling, ms")
    errors.legend()
    for axes in (errors, times):
        axes.set_xlabel("share of the pixels that is computed, %")
        axes.set_ylim(bottom=0)
    with atomic_write(path) as temporary:
        figure.savefig(temporary, format="png", dpi=DPI)


def main() -> None:
    parser = generator_parser(__doc__)
    parser.add_argument("--n", type=int, default=16, help="images")
    arguments = parser.parse_args()
    generator = from_pretrained(arguments.checkpoint)
    assert isinstance(generator, Generator)
    rows = [
        measure(generator, arguments.n, share, on_grid)
        for on_grid in (True, False)
        for share in SHARES
    ]
    for row in rows:
        print(row)
    folder = Path(__file__).parent
    environment = describe_environment(ROOT, torch.device("cpu"))
    size = generator.config.resolution
    content = {"images": arguments.n, "resolution": size, "rows": rows}
    write_json(folder / "foveation.json", {**content, "environment": environment})
    draw_figure(folder / "foveation.png", rows)


if __name__ == "__main__":
    main()
