"""How many images a second the loader makes, and how many come from decoding the same as JPEG.

    python benchmarks/loader.py [--count N] [--resolution R] [--batch N] [--seconds S]

The images are stand-in faces, once as the mapped array of `cips prepare`, once as JPEG files (of
the released code's quality); both lie in the system's file cache. PyTorch has one thread. The cases
take turns, so that whatever else the machine does falls on all of them alike.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from joblib import Parallel, delayed
from PIL import Image
from tabulate import tabulate

from cipslib.datasets.batches import BatchOptions
from cipslib.datasets.loader import BatchLoader
from cipslib.datasets.patches import PatchConfig
from cipslib.utils.environment import describe_environment
from cipslib.utils.files import atomic_write, write_json
from replication.paths import find_root
from synthetic import render

CPU = torch.device("cpu")
SEED, CHUNK, ROUNDS = 0, 256, 10
JPEG_QUALITY = 85  # released prepare_data.py
MAPPED, DECODED = "whole, flips", "JPEG, one thread"  # the two that are compared
EXPLANATION = """# The loader's speed

Images a second, {batch} in a batch, {count:,} stand-in faces of {resolution} px, on the CPU with
one thread of PyTorch: medians of {rounds} rounds in which the cases took turns, beside the slowest
and the fastest round. Those called JPEG decode the same images with Pillow into the same batches;
the others read the mapped array. Written by `loader.py`; machine, versions, load: `loader.json`.

The mapped array gives **{ratio:.1f} times** as many as JPEG does in one thread.

"""


def draw_faces(count: int, resolution: int) -> np.ndarray:
    chunks = [range(start, min(start + CHUNK, count)) for start in range(0, count, CHUNK)]
    draw = partial(render, "faces", resolution=resolution, seed=SEED)
    return np.concatenate(Parallel(-1)(delayed(draw)(chunk) for chunk in chunks))


class JpegLoader(BatchLoader):
    """The same batches, but every image is decoded from its file."""

    def __init__(self, images: np.ndarray, options: BatchOptions, folder: Path, threads: int):
        super().__init__(images, SEED, options, CPU)
        self.folder = folder
        self.map = ThreadPoolExecutor(threads).map if threads > 1 else map

    def _read(self, places: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.stack([*self.map(self.decode, places)]))

    def decode(self, index: int) -> np.ndarray:
        with Image.open(self.folder / f"{index}.jpg") as image:
            return np.asarray(image)


def loaders(images: np.ndarray, folder: Path) -> dict[str, BatchLoader]:
    side = images.shape[1]
    patches = PatchConfig(side // 4, (1, 2, 4), "uniform", "nearest")
    options = {
        MAPPED: BatchOptions(side, True),
        "crops of 7/8, flips": BatchOptions(side * 7 // 8, True),
        "quarter turns, flips": BatchOptions(side, True, rotation="quarter"),
        "free rotations of 7/10, flips": BatchOptions(side * 7 // 10, True, rotation="free"),
        "patches of 1/4, flips": BatchOptions(side, True, patches=patches),
        "windows of a cylinder, flips": BatchOptions(side, True, circumference=4 * side),
    }
    whole, cores = options[MAPPED], len(os.sched_getaffinity(0))
    return {
        **{name: BatchLoader(images, SEED, how, CPU) for name, how in options.items()},
        f"{MAPPED}; all in memory": BatchLoader(images, SEED, whole, CPU, on_device="always"),
        DECODED: JpegLoader(images, whole, folder, 1),
        f"JPEG, {cores} threads": JpegLoader(images, whole, folder, cores),
    }


def images_per_second(loader: BatchLoader, seen: int, size: int, seconds: float) -> float:
    loader.batch(seen, size)  # the epoch's order is drawn once
    first, start = seen, time.perf_counter()
    while (passed := time.perf_counter() - start) < seconds:
        loader.batch(seen, size)
        seen += size
    return (seen - first) / passed


def measure(images: np.ndarray, folder: Path, size: int, seconds: float) -> list[dict[str, Any]]:
    cases = loaders(images, folder)
    rates: dict[str, list[float]] = {name: [] for name in cases}
    for turn, (name, loader) in product(range(ROUNDS), cases.items()):
        rates[name].append(images_per_second(loader, turn * len(images), size, seconds))
        print(f"round {turn + 1}, {name}: {rates[name][-1]:,.0f}/s", file=sys.stderr)
    return [
        {"case": name, "median": statistics.median(r), "slowest": min(r), "fastest": max(r)}
        for name, r in rates.items()
    ]


def write_images(images: np.ndarray, folder: Path) -> np.ndarray:
    """As an array, which is given back mapped, and as JPEG files."""
    np.save(folder / "images.npy", images)
    for index, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{index}.jpg", quality=JPEG_QUALITY)
    mapped: np.ndarray = np.load(folder / "images.npy", mmap_mode="r")
    return mapped


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=4096)
    parser.add_argument("--resolution", type=int, default=64)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=0.5, help="of each case in each round")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images = write_images(draw_faces(arguments.count, arguments.resolution), folder)
        rows = measure(images, folder, arguments.batch, arguments.seconds)
    medians = {row["case"]: row["median"] for row in rows}
    ratio = medians[MAPPED] / medians[DECODED]
    here = Path(__file__).parent
    environment = describe_environment(find_root(here), CPU)
    content = {
        **vars(arguments),
        "rounds": ROUNDS,
        "jpeg_quality": JPEG_QUALITY,
        "mapped_over_jpeg": ratio,
        "images_per_second": rows,
        "load_average": os.getloadavg()[1],
        "environment": environment,
    }
    write_json(here / "loader.json", content)
    text = EXPLANATION.format(**vars(arguments), rounds=ROUNDS, ratio=ratio)
    table = tabulate(rows, headers="keys", floatfmt=",.0f", tablefmt="github")
    with atomic_write(here / "loader.md") as temporary:
        temporary.write_text(text + table + "\n")
    print(f"mapped / JPEG: {ratio:.1f}")


if __name__ == "__main__":
    main()
