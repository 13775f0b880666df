"""Sampling as `cips sample` does it: latents to bytes, float32 and bfloat16.

python benchmarks/sampling.py [--size 256] [--n 1000]
"""

import torch
from networks import BFLOAT, FLOAT, WIDTH, flop_of, generator, with_shares
from timing import Row, device_of, matrix_rate, measure, report, speed_parser

from cipslib.synthesis import Drawing, default_pixels, sample


def sampling_rows(size: int, count: int, device: torch.device, repeats: int) -> list[Row]:
    g = generator(size, device).requires_grad_(False)

    def run(dtype: torch.dtype, pixels: int | None) -> None:
        with torch.autocast(device.type, BFLOAT, enabled=dtype == BFLOAT):
            sample(g, count, seed=0, drawing=Drawing(pixels_at_once=pixels))

    whole = size * size
    ways = {
        "whole images, float32": lambda: run(FLOAT, whole),
        "chunks, float32": lambda: run(FLOAT, None),
        "chunks, bfloat16": lambda: run(BFLOAT, None),
    }
    rates = {
        dtype: matrix_rate(device, dtype, default_pixels(device, WIDTH))
        for dtype in (FLOAT, BFLOAT)
    }
    what = f"sampling {count} images, {size} px"
    rows = with_shares(measure(what, ways, device, repeats, count * flop_of(g)), rates)
    for row in rows:
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
