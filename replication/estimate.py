"""`cips estimate`: what a profile's runs cost on this machine, from a few measured steps.

The steps are real ones, on random images: no data set is needed. Sample grids, checkpoints and
online evaluations are not in the numbers.
"""

import gc
import statistics
import sys
import time
from dataclasses import replace

import numpy as np
import torch
from tabulate import tabulate  # type: ignore[import-untyped]

from cipslib.datasets.loader import BatchLoader
from cipslib.training.config import HardwareConfig
from cipslib.training.state import initial_state
from cipslib.training.trainer import Trainer
from cipslib.utils.environment import choose_device, processor_name
from cipslib.utils.memory import out_of_memory, peak_memory, reset_peak_memory
from replication.profile.profile import Profile
from replication.profile.run import RunConfig
from replication.tables.summaries import duration
from replication.training.train import batch_options

STEPS = 3  # of each kind, after one to warm up
SLOW = 5.0  # seconds: of such steps one is enough
HEADERS = ("run", "trainings", "images/s", "time", "memory, GiB")

Cost = tuple[float, int]  # images a second; bytes at the peak


def costs_of_runs(profile: Profile, device: torch.device) -> dict[str, Cost | None]:
    """Return what every run that is trained costs on one GPU, or on all CPU cores.

    None: its batch does not fit there. What is the same in two runs is measured once.
    """
    measured: dict[RunConfig, Cost | None] = {}
    costs = {}
    for run in profile.runs.values():
        if run.imported is not None:
            continue
        training = replace(run.training, seed=0, total_images=1)
        setting = replace(run, name="", dataset="", training=training, seeds=(0,))
        if setting not in measured:
            print(f"measuring {run.name}", file=sys.stderr)
            measured[setting] = measure(run, profile.hardware, device)
        costs[run.name] = measured[setting]
    return costs


def measure(run: RunConfig, hardware: HardwareConfig, device: torch.device) -> Cost | None:
    """Measure a run, R1 counted once an interval. Returns None if the memory does not suffice."""
    gc.collect()  # what the run before has held
    reset_peak_memory(device)
    hardware = replace(hardware, processes=1, data_on_device="never")
    size = run.generator.resolution
    batch = run.training.batch_size
    images = np.random.default_rng(0).integers(0, 256, (64, size, size, 3), dtype=np.uint8)
    try:
        state = initial_state(run.generator, run.discriminator, run.training, device, hardware)
        card = {"flips": True, "rotation": "none"}  # the part that batches ask for
        data = BatchLoader(images, 0, batch_options(run, card), device)
        trainer = Trainer(state, run.training, data, hardware)
        with_r1 = seconds_of_a_step(trainer, images_seen=0)
        without = seconds_of_a_step(trainer, images_seen=batch)
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        return None
    interval = run.training.r1_interval
    return batch * interval / (with_r1 + (interval - 1) * without), peak_memory(device)


def seconds_of_a_step(trainer: Trainer, images_seen: int) -> float:
    """Return the median time of a step after ``images_seen``; after 0 it has the R1 penalty."""
    taken: list[float] = []
    while len(taken) <= STEPS and not (taken and taken[0] > SLOW):
        trainer.state.images_seen = images_seen
        start = time.perf_counter()
        trainer.step()
        if trainer.data.device.type == "cuda":
            torch.cuda.synchronize(trainer.data.device)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken[1:] or taken)


def estimate_text(profile: Profile) -> str:
    """Return what `cips estimate` prints. Raises UserError if the device does not exist."""
    if profile.hardware.threads is not None:
        torch.set_num_threads(profile.hardware.threads)
    device = choose_device(profile.hardware.device)
    costs = costs_of_runs(profile, device)
    if not costs:
        return f"{profile.params_file} trains no run: all are imported"
    rows: list[tuple[str | int, ...]] = []
    total = 0.0
    for name, cost in costs.items():
        run = profile.runs[name]
        trainings = len(run.seeds)
        if cost is None:
            rows.append((name, trainings, "out of memory", "", ""))
            continue
        rate, memory = cost
        seconds = run.training.total_images * trainings / rate
        total += seconds
        rows.append((name, trainings, f"{rate:.3g}", duration(seconds), f"{memory / 2**30:.2f}"))
    rows.append(("all that fit", "", "", duration(total), ""))
    where = f"on {processor_name(device)} ({device.type}), one process; online evaluations, sample "
    return f"{tabulate(rows, HEADERS)}\n\n{where}grids and checkpoints come on top"
