"""Projection: how near the images that a generator drew are found again, and how soon.

python benchmarks/projection.py [--checkpoint GENERATOR] [--n 10]
"""

import time
from pathlib import Path

import numpy as np
import torch
from arguments import ROOT, generator_parser

from cipslib.networks.hub import from_pretrained
from cipslib.sampling.projection import project
from cipslib.sampling.synthesis import sample
from cipslib.utils.environment import describe_environment
from cipslib.utils.files import write_json

GOAL, WITHIN = 30.0, 60.0  # dB, seconds


def main() -> None:
    parser = generator_parser(__doc__)
    parser.add_argument("--n", type=int, default=10, help="images")
    arguments = parser.parse_args()
    generator = from_pretrained(arguments.checkpoint)
    targets = sample(generator, arguments.n, seed=1000)
    found, seconds = [], []
    for target in targets:
        start = time.perf_counter()
        found.append(project(generator, target).psnr)
        seconds.append(time.perf_counter() - start)
    summary = {
        "psnr_lowest": min(found),
        "psnr_median": float(np.median(found)),
        "seconds_median": float(np.median(seconds)),
        "seconds_longest": max(seconds),
    }
    print(summary)
    content = {
        "images": arguments.n,
        "resolution": generator.config.resolution,
        "goal": f"at least {GOAL} dB within {WITHIN} s",
        "met": summary["psnr_lowest"] >= GOAL and summary["seconds_longest"] <= WITHIN,
        "results": summary,
        "environment": describe_environment(ROOT, torch.device("cpu")),
    }
    write_json(Path(__file__).parent / "projection.json", content)


if __name__ == "__main__":
    main()
