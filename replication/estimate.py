"""`cips estimate`: what a profile's runs cost on this machine, from a few measured steps.

The steps are real ones, on random pictures: no data set is needed. Judgements, sample grids and
checkpoints are not in the numbers.
"""

import gc
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

import numpy as np
import torch
from tabulate import tabulate  # type: ignore[import-untyped]

from cipslib.datasets.batches import BatchOptions
from cipslib.datasets.loader import BatchLoader
from cipslib.networks.generator import GeneratorConfig
from cipslib.training.config import HardwareConfig
from cipslib.training.distributed import processes_for
from cipslib.training.trainer import Trainer, fresh_state
from cipslib.utils.environment import choose_device, describe_environment, processor_name
from cipslib.utils.memory import free_memory, out_of_memory, peak_memory
from cipslib.utils.parallel import in_parallel
from replication.profile.profile import Profile, RunConfig

ENDLESS = 2**40  # images, or steps
PICTURES = 64  # random ones: a batch may show one more than once
SECONDS, MOST = 3.0, 30  # for each kind of step: measured so long, or so many of them
SLOW = 20.0  # seconds: of such steps the first is all that is waited for
DOUBLINGS = 12  # of the batch, at most
SPARE = 0.9  # of the free memory may be planned with

Task = TypeVar("Task")
Result = TypeVar("Result")
Step = Callable[[bool], None]  # takes one training step, with the R1 penalty or without


@dataclass(frozen=True)
class Setting:
    """All that the cost of a step depends on, and the machine."""

    run: RunConfig  # without what costs nothing: its name, seeds, length
    hardware: HardwareConfig

    @classmethod
    def of(cls, run: RunConfig, hardware: HardwareConfig) -> "Setting":
        training = replace(run.training, seed=0, total_images=ENDLESS)
        return cls(replace(run, name="", dataset="", training=training, seeds=(0,)), hardware)

    @property
    def wanted(self) -> int:
        """Images that one process takes at once."""
        batch = self.run.training.batch_size
        share = batch // processes_for(batch, self.least, self.hardware.processes)
        return self.hardware.micro_batch or share

    @property
    def least(self) -> int:
        return self.run.discriminator.stddev_group


@dataclass(frozen=True)
class Steps:
    """What was measured of training steps at one size of the batch."""

    batch: int
    seconds: float  # of a step without the R1 penalty
    seconds_r1: float  # of a step with it
    start: int  # bytes of memory before the first step
    memory: int  # bytes at the peak


@dataclass(frozen=True)
class Cost:
    """Of one run on this machine: one GPU, or all its CPU cores."""

    run: str
    images_per_second: float | None  # None: no batch fits
    hours: float | None  # for total_images, from every seed
    memory: int | None  # bytes at the peak, with the batch that was measured
    batch: int | None  # the one that was measured
    largest_batch: int | None  # that fits; None: not found
    note: str
    measured_as: str  # the run whose steps were measured: one of the same settings


def estimate_runs(profile: Profile) -> list[Cost]:
    """Of every run that is trained, in their order; what is the same in two is measured once."""
    measured: dict[Setting, tuple[str, Steps | None, int | None]] = {}
    costs = []
    for run in profile.runs.values():
        if run.imported is not None:
            continue
        setting = Setting.of(run, profile.hardware)
        if setting not in measured:
            print(f"measuring {run.name}", file=sys.stderr)
            measured[setting] = (run.name, *measure(setting))
        costs.append(cost_of(run, setting, *measured[setting]))
    return costs


def measure(setting: Setting) -> tuple[Steps | None, int | None]:
    """Steps with the wanted batch, or a smaller one that fits; and the largest that fits.

    In processes of their own: so each has its own peak, and may run out of memory.
    """
    if choose_device(setting.hardware.device).type == "cuda":
        return in_child(measure_on_gpu, setting) or (None, None)
    return measure_on_cpu(setting, lambda batch: in_child(measure_batch, (setting, batch)))


def cost_of(
    run: RunConfig, setting: Setting, measured_as: str, found: Steps | None, largest: int | None
) -> Cost:
    if found is None:
        note = f"not even a batch of {setting.least} fits into the memory"
        return Cost(run.name, None, None, None, None, None, note, measured_as)
    notes = [f"{len(run.seeds)} trainings"] if len(run.seeds) > 1 else []
    notes += [] if found.batch == setting.wanted else [f"measured with {found.batch} a batch"]
    interval = run.training.r1_interval
    seconds = (found.seconds_r1 + (interval - 1) * found.seconds) / interval
    rate = found.batch / seconds
    hours = len(run.seeds) * run.training.total_images / rate / 3600
    said = "; ".join(notes)
    return Cost(run.name, rate, hours, found.memory, found.batch, largest, said, measured_as)


# --- which batches


def measure_on_cpu(
    setting: Setting, measure: Callable[[int], Steps | None]
) -> tuple[Steps | None, int | None]:
    """The run's own batch if it fits, and the largest that would.

    Its memory is a line through two batches: the least possible, and the run's own or, where
    that is too large or the least itself, the double.
    """
    least, wanted = setting.least, setting.wanted
    free = SPARE * free_memory()
    small = measure(least)
    if small is None:
        return None, None
    # As if all that a step adds grew with the batch: the optimisers' moments do not.
    expected = small.start + (small.memory - small.start) * wanted / least
    second = wanted if wanted > least and expected < free else 2 * least
    large = measure(second)
    if large is None:
        return small, least
    slope = (large.memory - small.memory) / (second - least)
    largest = None
    if slope > 0:
        fits = second + int((free - large.memory) / slope)
        largest = max(second, fits - fits % least)
    return (large if second == wanted else small), largest


def measure_on_gpu(setting: Setting) -> tuple[Steps | None, int | None]:
    """The run's own batch or the largest part of it that fits, and the largest batch that fits."""
    return search(setting, lambda batch: measure_batch((setting, batch)))


def search(
    setting: Setting, measure: Callable[[int], Steps | None]
) -> tuple[Steps | None, int | None]:
    """Halve the run's batch until it fits; or double it until it no longer does."""
    least, batch = setting.least, setting.wanted
    found = measure(batch)
    if found is not None:
        largest = batch
        for doubled in (batch * 2**n for n in range(1, DOUBLINGS + 1)):
            if measure(doubled) is None:
                break
            largest = doubled
        return found, largest
    while found is None and batch > least:
        batch = max(least, batch // 2 // least * least)
        found = measure(batch)
    return found, None if found is None else batch


def in_child(work: Callable[[Task], Result], task: Task) -> Result | None:
    """``work`` of the task in a fresh process; None if that was killed, as for want of memory."""
    try:
        (result,) = in_parallel(work, [task], workers=1)
    except BrokenProcessPool:
        return None
    return result


# --- measuring


def measure_batch(task: tuple[Setting, int]) -> Steps | None:
    """Steps of this size, in this process; None if the memory is too small for them."""
    setting, batch = task
    device = choose_device(setting.hardware.device)
    if device.type == "cpu":  # be refused memory rather than be killed, or have others killed
        resource.setrlimit(resource.RLIMIT_DATA, (free_memory(), resource.RLIM_INFINITY))
    try:
        return measure_steps(batch, real_steps(setting, batch, device), device)
    except (MemoryError, RuntimeError) as error:
        if out_of_memory(error):
            return None
        raise
    finally:
        gc.collect()
        if device.type == "cuda":
            torch.cuda.empty_cache()


def measure_steps(batch: int, step: Step, device: torch.device) -> Steps:
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    start = peak_memory(device)
    plain, with_r1 = timed(lambda: step(False)), timed(lambda: step(True))
    return Steps(batch, plain, with_r1, start, peak_memory(device))


def timed(step: Callable[[], None]) -> float:
    """The median of some steps after a first one to warm up; of slow ones the first must do."""
    taken: list[float] = []
    while len(taken) < 2 or (sum(taken[1:]) < SECONDS and len(taken) <= MOST):
        start = time.perf_counter()
        step()
        taken.append(time.perf_counter() - start)
        if taken[0] > SLOW:
            return taken[0]
    return statistics.median(taken[1:])


def real_steps(setting: Setting, batch: int, device: torch.device) -> Step:
    """The run's own training step: the only place here that knows the loop."""
    run = setting.run
    hardware = replace(setting.hardware, micro_batch=None, processes=1, data_on_device="never")
    training = replace(run.training, batch_size=batch)
    state = fresh_state(run.generator, run.discriminator, training, device, hardware)
    state.images_seen = batch  # the first step of all has the penalty, whatever the interval
    data = BatchLoader(random_pictures(run), training.seed, options_of(run), device)
    trainer = Trainer(state, training, data, hardware)

    def step(with_r1: bool) -> None:
        trainer.config = replace(training, r1_interval=1 if with_r1 else ENDLESS)
        trainer.step()
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    return step


def random_pictures(run: RunConfig) -> np.ndarray:
    size = run.generator.resolution
    shape = (PICTURES, size, size, 3)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def options_of(run: RunConfig) -> BatchOptions:
    config = run.generator
    return BatchOptions(
        resolution=config.resolution,
        flips=True,
        patches=run.training.patches,
        circumference=config.circumference if isinstance(config, GeneratorConfig) else 0,
    )


# --- showing


def table(costs: list[Cost], device: torch.device) -> str:
    """For people; the last row is the sum."""
    hours = "GPU-hours" if device.type == "cuda" else "hours"
    headers = ("run", "images/s", hours, "memory, GiB", "largest batch", "")
    rows = [
        (c.run, c.images_per_second, c.hours, in_gib(c.memory), c.largest_batch, remark(c))
        for c in costs
    ]
    rows.append(("all", None, total_hours(costs), None, None, ""))
    return tabulate(rows, headers, floatfmt=("", ".3g", ".3g", ".2f"), missingval="-")


def remark(cost: Cost) -> str:
    same = "" if cost.measured_as == cost.run else f"as {cost.measured_as}"
    return "; ".join(text for text in (same, cost.note) if text)


def total_hours(costs: list[Cost]) -> float | None:
    """None if some run has none."""
    hours = [cost.hours for cost in costs if cost.hours is not None]
    return sum(hours) if len(hours) == len(costs) else None


def in_gib(memory: int | None) -> float | None:
    return None if memory is None else memory / 2**30


def as_json(profile: Profile, costs: list[Cost], device: torch.device) -> dict[str, Any]:
    return {
        "profile": profile.name,
        "runs": [asdict(cost) for cost in costs],
        "hours": total_hours(costs),
        "environment": describe_environment(profile.paths.root, device),
    }


def estimate_text(profile: Profile, json_wanted: bool) -> str:
    """What `cips estimate` prints. Raises UserError if the device does not exist."""
    device = choose_device(profile.hardware.device)
    costs = estimate_runs(profile)
    if json_wanted:
        return json.dumps(as_json(profile, costs, device), indent=2)
    if not costs:
        return f"{profile.params_file} trains no run: all are imported"
    where = f"on {processor_name(device)} ({device.type}); steps alone, without judgements"
    return f"{table(costs, device)}\n\n{where}"
