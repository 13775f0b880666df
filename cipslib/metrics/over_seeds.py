"""One number of several trainings: their mean, and how far it would move with other seeds."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from cipslib.metrics.intervals import Estimate, mean
from cipslib.metrics.measurement import Measurement, Measurements, Protocol


def aggregate_over_seeds(
    by_seed: Mapping[int, Measurements], stopped: Mapping[int, str] | None = None
) -> Measurements:
    """Return the mean over seeds, with its interval, of each number that all trainings have.

    ``stopped``: why trainings ended before their end; for the numbers of generated images.

    Numbers of real images, and what the first training alone has, stay as they are. Raises
    ValueError for fewer than two trainings, or if they were not measured by one protocol.
    """
    first, *others = by_seed.values()

    def merged(measure: str, kind: str) -> Measurement | None:
        if kind.startswith("real") or any(kind not in numbers[measure] for numbers in others):
            return first[measure][kind]
        numbers = {seed: of[measure][kind] for seed, of in by_seed.items()}
        return _mean(numbers, (stopped or {}) if kind == "generated" else {})

    return {name: {kind: merged(name, kind) for kind in kinds} for name, kinds in first.items()}


def _mean(
    by_seed: Mapping[int, Measurement | None], stopped: Mapping[int, str]
) -> Measurement | None:
    """None where a training has none, as of too few images."""
    numbers = [number for number in by_seed.values() if number is not None]
    if len(numbers) < len(by_seed):
        return None
    protocol = numbers[0].protocol
    if {number.protocol.hash for number in numbers} != {protocol.hash}:
        raise ValueError(f"{protocol.name}: the trainings were not measured by one protocol")
    entries = {**protocol.entries, "num_seeds": len(numbers), "seeds": ", ".join(map(str, by_seed))}
    if stopped:
        entries["stopped"] = "; ".join(f"seed {seed}: {why}" for seed, why in stopped.items())
    values = tuple(number.estimate.value for number in numbers)
    interval, entries["interval_of"] = _interval([number.estimate for number in numbers])
    return Measurement(interval, Protocol(protocol.name, entries, protocol.caution), values)


def _interval(estimates: Sequence[Estimate]) -> tuple[Estimate, str]:
    """Student's over the seeds; on each side at least what their images alone leave of the mean;
    and of which of both it is.

    So trainings that agree by chance, as shares of few images do, claim no certainty.
    """
    student = mean(np.array([one.value for one in estimates], float))
    down = math.hypot(*(one.value - one.low for one in estimates)) / len(estimates)
    up = math.hypot(*(one.high - one.value for one in estimates)) / len(estimates)
    value = student.value
    if student.low <= value - down and student.high >= value + up:
        return student, "trainings"
    return Estimate(value, min(student.low, value - down), max(student.high, value + up)), "images"
