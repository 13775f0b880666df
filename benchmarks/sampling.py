"""Sampling as `cips sample` does it: latents to bytes, float32 and bfloat16.

python benchmarks/sampling.py [--size 256] [--n 1000]
"""

import torch
from networks import BFLOAT, WIDTH, flop_of, generator
from timing import Row, device_of, measure, products, report, speed_parser, with_shares

from cipslib.sampling.synthesis import RenderOptions, default_chunk_size, sample


def sampling_rows(size: int, count: int, device: torch.device, repeats: int) -> list[Row]:
    g = generator(size, device).requires_grad_(False)

    def run(bfloat16: bool, pixels: int | None) -> None:
        with torch.autocast(device.type, BFLOAT, enabled=bfloat16):
            sample(g, count, seed=0, options=RenderOptions(chunk_size=pixels))

    whole = size * size
    ways = {
        "whole images, float32": lambda: run(False, whole),
        "chunks, float32": lambda: run(False, None),
        "chunks, bfloat16": lambda: run(True, None),
    }
    flop = count * flop_of(g)
    ways |= products(device, default_chunk_size(device, WIDTH), flop)
    what = f"sampling {count} images, {size} px"
    rows = with_shares(measure(what, ways, device, repeats, flop))
    for row in rows:  # of the products, of as many operations
        row["images/s"] = count / row["seconds"]
    return rows


def main() -> None:
    parser = speed_parser(__doc__)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--n", type=int, default=1000)
    arguments = parser.parse_args()
    device = device_of(arguments)
    size, count = (16, 4) if arguments.small else (arguments.size, arguments.n)
    rows = sampling_rows(size, count, device, arguments.repeats)
    report("sampling", rows, device, arguments)


if __name__ == "__main__":
    main()
