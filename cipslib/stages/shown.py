"""What a stage leaves for a notebook to show: numbers and pictures in one folder, or why not."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from cipslib.config import Profile
from cipslib.environment import describe_environment
from cipslib.errors import UserError
from cipslib.generator import Generator
from cipslib.metrics.protocol import Entry, Number, Protocol
from cipslib.metrics.subject import Subject, open_subject
from cipslib.metrics.uncertainty import Estimate
from cipslib.paths import atomic_folder, read_json, write_json

NUMBERS, ARRAYS = "numbers.json", "pictures.safetensors"
Arrays = dict[str, np.ndarray]
Measured = tuple[Subject, dict[str, Any], Arrays]  # and what NUMBERS is to say of it


def plane_subject(profile: Profile, name: str) -> tuple[Subject, Generator]:
    """A run whose generator has coordinates on a plane. Raises UserError for others."""
    subject = open_subject(profile, name)
    generator = subject.generator
    if not isinstance(generator, Generator) or generator.config.circumference:
        raise UserError(f"run {name} must have a generator of coordinates on a plane: model cips")
    return subject, generator


def measured(subject: Subject, measure: str, value: Estimate, **entries: Entry) -> Number:
    """A number of pictures of the trained generator, drawn without truncation and noise."""
    how: dict[str, Entry] = {
        "measure": measure,
        "resolution": subject.run.generator.resolution,
        "truncation": "none",
        "noise": "none",
        "seed": subject.config.seed,
        **entries,
    }
    return Number(value, Protocol(measure, how))


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
    return write_shown(folder, content, arrays)


def write_shown(folder: Path, content: dict[str, Any], arrays: Arrays) -> Path:
    """Both files at once; of a run that was left out the first alone. Returns its path."""
    with atomic_folder(folder) as temporary:
        write_json(temporary / NUMBERS, content)
        if "left_out" not in content:
            contiguous = {name: np.ascontiguousarray(value) for name, value in arrays.items()}
            save_file(contiguous, temporary / ARRAYS)
    return folder / NUMBERS


def write_not_run(folder: Path, profile: Profile, name: str) -> Path:
    """What stands there for a run that the profile leaves out."""
    return write_shown(folder, {"run": name, "left_out": profile.left_out[name]}, {})


def read_shown(folder: Path) -> tuple[dict[str, Any], Arrays]:
    """Numbers and arrays; no arrays of a run that was left out. Raises UserError if torn."""
    content = read_json(folder / NUMBERS)
    return content, {} if "left_out" in content else load_file(folder / ARRAYS)
