"""`cips configure`: resolved parameters, as files that the stages depend on.

A parameter is resolved when the shared sections, the run's own keys and the table of variants are
put together. So a new run or variant leaves the files of the others as they are, and trains nothing
again.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from cipslib.networks.models import model_name
from cipslib.utils.files import atomic_folder, write_json
from replication.profile.profile import Profile
from replication.profile.run import RunConfig


def write_configs(profile: Profile) -> Path:
    """Write a file for each data set and run, and evaluation.json; return their folder."""
    with atomic_folder(profile.paths.configs) as folder:
        for name, dataset in profile.datasets.items():
            write_json(folder / "datasets" / f"{name}.json", asdict(dataset))
        for name, run in profile.runs.items():
            write_json(folder / "runs" / f"{name}.json", resolved(run))
        write_json(folder / "evaluation.json", asdict(profile.evaluation))
    return profile.paths.configs


def resolved(run: RunConfig) -> dict[str, Any]:
    """Return every parameter that the run's generator depends on."""
    return {**asdict(run), "model": model_name(run.generator)}
