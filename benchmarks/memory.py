"""Peak memory and time of one image, in chunks and at once, from 256 x 256 to 4096 x 4096.

    python benchmarks/memory.py [--checkpoint GENERATOR]

Each image is drawn by a process of its own, whose peak is taken from the operating system. What
the process needs before it draws is measured, too, with an image of one pixel.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from arguments import ROOT, generator_parser

from cipslib.networks.coordinates import Window
from cipslib.networks.hub import from_pretrained
from cipslib.sampling.latents import compute_w_avg
from cipslib.sampling.synthesis import RenderOptions, chunk_size_within, render
from cipslib.utils.environment import describe_environment
from cipslib.utils.files import atomic_write, write_json
from replication.figures.style import COLOURS, DPI, use_style

LIMIT = 64  # MB for activations, in chunks
SIDES = (256, 512, 1024, 2048, 4096)
TICKS = (500, 1000, 2000, 4000)
AT_ONCE = (256, 512, 1024, 2048)  # the next would not fit most laptops


def measure_here(checkpoint: str, side: int, chunked: bool) -> dict[str, float]:
    """Of this very process: seconds, and its peak so far in MB."""
    generator = from_pretrained(checkpoint)
    pixels = chunk_size_within(generator, LIMIT * 2**20) if chunked else side**2
    w = compute_w_avg(generator)
    start = time.perf_counter()
    image = render(generator, w, Window(side, side), RenderOptions(chunk_size=pixels))
    seconds = time.perf_counter() - start
    assert image.shape == (1, side, side, 3)
    return {"seconds": seconds, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def measure(checkpoint: str, side: int, chunked: bool) -> dict[str, float]:
    command = [sys.executable, __file__, "--checkpoint", checkpoint, "--one", str(side)]
    command += ["--chunked"] if chunked else []
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result: dict[str, float] = json.loads(output)
    print(f"{side:5d}, {'chunks' if chunked else 'at once':8s}", result, file=sys.stderr)
    return result


def draw_figure(path: Path, rows: list[dict], start: float) -> None:
    use_style()
    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    for chunked, label, colour in (
        (False, "all pixels at once", COLOURS["baseline"]),
        (True, f"in chunks, {LIMIT} MB for activations", COLOURS["here"]),
    ):
        mine = [row for row in rows if row["chunked"] == chunked]
        axes.plot(
            [r["side"] for r in mine], [r["peak"] for r in mine], "o-", color=colour, label=label
        )
    axes.axhline(start, color="0.5", linestyle=":", label="the process itself, with PyTorch")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(SIDES, [f"{side}²" for side in SIDES])
    axes.set_yticks(TICKS, [f"{tick:,}" for tick in TICKS])
    axes.minorticks_off()
    axes.set_xlabel("pixels of the image")
    axes.set_ylabel("peak memory of the process, MB")
    axes.legend()
    with atomic_write(path) as temporary:
        figure.savefig(temporary, format="png", dpi=DPI)


def main() -> None:
    parser = generator_parser(__doc__)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--chunked", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure_here(arguments.checkpoint, arguments.one, arguments.chunked)))
        return
    start = measure(arguments.checkpoint, 1, True)["peak"]
    cases = [(side, True) for side in SIDES] + [(side, False) for side in AT_ONCE]
    rows = [
        {"side": side, "chunked": chunked, **measure(arguments.checkpoint, side, chunked)}
        for side, chunked in cases
    ]
    folder = Path(__file__).parent
    environment = describe_environment(ROOT, torch.device("cpu"))
    content = {
        "activation_limit_MB": LIMIT,
        "process_MB": start,
        "rows": rows,
        "environment": environment,
    }
    write_json(folder / "memory.json", content)
    draw_figure(folder / "memory.png", rows, start)


if __name__ == "__main__":
    main()
