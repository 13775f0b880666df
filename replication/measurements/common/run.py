"""What a stage leaves for a notebook to show: numbers and pictures in one folder, or why not."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement, Protocol, ProtocolValue
from cipslib.networks.generator import Generator
from cipslib.utils.environment import describe_environment
from cipslib.utils.errors import UserError
from replication.measurements.common.trained_run import Subject, open_subject
from replication.profile.profile import Profile
from replication.profile.results import Arrays, write_not_run, write_results

Measured = tuple[Subject, dict[str, Any], Arrays]  # and what NUMBERS is to say of it


def plane_subject(profile: Profile, name: str) -> tuple[Subject, Generator]:
    """A run whose generator has coordinates on a plane. Raises UserError for others."""
    subject = open_subject(profile, name)
    generator = subject.generator
    if not isinstance(generator, Generator) or generator.config.circumference:
        raise UserError(f"run {name} must have a generator of coordinates on a plane: model cips")
    return subject, generator


def measured(
    subject: Subject, measure: str, value: Estimate, **entries: ProtocolValue
) -> Measurement:
    """A number of pictures of the trained generator, drawn without truncation and noise."""
    how: dict[str, ProtocolValue] = {
        "measure": measure,
        "resolution": subject.run.generator.resolution,
        "truncation": "none",
        "noise": "none",
        "seed": subject.config.seed,
        **entries,
    }
    return Measurement(value, Protocol(measure, how))


def write_run(
    profile: Profile, name: str, folder: Path, measure: Callable[[Profile, str], Measured]
) -> Path:
    """Write what ``measure`` finds of a run; of one that the profile leaves out: why."""
    if name in profile.left_out:
        return write_not_run(folder, profile, name)
    start = time.perf_counter()
    subject, found, arrays = measure(profile, name)
    content = {
        "run": name,
        "dataset": subject.run.dataset,
        **found,
        "seconds": round(time.perf_counter() - start, 1),
        "environment": describe_environment(profile.paths.root, subject.device),
    }
    return write_results(folder, content, arrays)
