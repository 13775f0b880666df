"""Several trainings at a time, of one thread each, beside one training of two threads.

    python benchmarks/jobs.py [--seconds 20] [--rounds 3]

The demo's main networks on random images, on two cores. The ways take turns; a rate is the sum over
the trainings that run together, in images a second. Writes jobs.json beside this file.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch

from cipslib.datasets.batches import BatchOptions
from cipslib.datasets.loader import BatchLoader
from cipslib.training.state import initial_state
from cipslib.training.trainer import Trainer
from cipslib.utils.environment import describe_environment
from cipslib.utils.files import write_json
from replication.paths import find_root
from replication.profile.profile import load_profile

ROOT = find_root(Path(__file__).parent)
RUN = "ablation-main"
IMAGES = 256
BUSY = "while True: pass"
# Of each way: the threads of each training, and whether an idle loop keeps a core busy beside it.
WAYS = {
    "one training, two threads": ((2,), False),
    "two trainings, one thread each": ((1, 1), False),
    "one training, one thread": ((1,), False),
    "one training, two threads, beside a busy core": ((2,), True),
    "one training, one thread, beside a busy core": ((1,), True),
}


def train(threads: int, seconds: float) -> None:
    """Train for a while in this process; print the images a second."""
    torch.set_num_threads(threads)
    profile = load_profile(ROOT / "params.yaml")
    run = profile.run(RUN)
    side = run.generator.resolution
    images = np.random.default_rng(0).integers(0, 256, (IMAGES, side, side, 3), dtype=np.uint8)
    device = torch.device("cpu")
    options = BatchOptions(side)
    loader = BatchLoader(images, 0, options, device, np.arange(IMAGES), "never")
    state = initial_state(run.generator, run.discriminator, run.training, device, profile.hardware)
    trainer = Trainer(state, run.training, loader, profile.hardware)
    for _ in range(run.training.r1_interval):  # the first steps allocate
        trainer.step()
    sys.stdin.readline()  # all start together
    seen, start = state.images_seen, time.perf_counter()
    while time.perf_counter() - start < seconds:
        trainer.step()
    print((state.images_seen - seen) / (time.perf_counter() - start))


def rate(threads: tuple[int, ...], busy: bool, seconds: float) -> float:
    """Return the images a second of trainings that run together, each in a process of its own."""
    children = []
    for count in threads:
        command = [sys.executable, __file__, "--train", str(count), "--seconds", str(seconds)]
        environment = {**os.environ, "OMP_NUM_THREADS": str(count)}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        children.append(subprocess.Popen(command, env=environment, **pipes))
    time.sleep(15)  # until all have taken their first steps
    beside = subprocess.Popen([sys.executable, "-c", BUSY]) if busy else None
    for child in children:
        child.stdin.write("\n")
        child.stdin.flush()
    found = sum(float(child.communicate()[0]) for child in children)
    if beside:
        beside.kill()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20.0, help="of each way and round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--train", type=int, help=argparse.SUPPRESS)  # threads: a child's own
    arguments = parser.parse_args()
    if arguments.train:
        return train(arguments.train, arguments.seconds)
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(arguments.rounds):
        for way, (threads, busy) in WAYS.items():
            rates[way].append(round(rate(threads, busy, arguments.seconds), 1))
            print(f"{way:48} {rates[way][-1]:6.1f} images/s", flush=True)
    base = median(rates["one training, two threads"])
    rows = [
        {"way": way, "images_per_second": of, "median": median(of), "ratio": median(of) / base}
        for way, of in rates.items()
    ]
    for row in rows:
        print(f"{row['way']:48} {row['median']:6.1f} images/s, {row['ratio']:.2f}")
    environment = describe_environment(ROOT, torch.device("cpu"))
    write_json(Path(__file__).with_suffix(".json"), {"rows": rows, "environment": environment})
    return None


if __name__ == "__main__":
    main()
