"""`cips configure`: resolved parameters and the code of long stages, as files to depend on.

A parameter is resolved when the shared sections, the run's own keys and the table of variants are
put together. So a new run or variant leaves the files of the others as they are, and trains nothing
again. Code is listed by module, with a digest that neither comments nor docstrings change.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from cipslib.networks.models import model_name
from cipslib.utils.files import atomic_folder, write_json
from replication.profile.profile import Profile
from replication.profile.run import RunConfig
from replication.training.fingerprint import code_of

TRAIN = "replication.training.launch"
IMPORT = "replication.released.import_run"
EVALUATE = "replication.measurements.evaluate"


def write_configs(profile: Profile) -> Path:
    """Write a file for each data set and run, and for the evaluation; return their folder."""
    evaluation = asdict(profile.evaluation)
    with atomic_folder(profile.paths.configs) as folder:
        for name, dataset in profile.datasets.items():
            write_json(folder / "datasets" / f"{name}.json", asdict(dataset))
        for name, run in profile.runs.items():
            write_json(folder / "runs" / f"{name}.json", resolved(run))
        write_json(folder / "evaluation.json", evaluation)
        write_json(folder / "evaluate.json", {**evaluation, "code": code_of((EVALUATE,))})
    return profile.paths.configs


def resolved(run: RunConfig) -> dict[str, Any]:
    """Return every parameter and all code that the run's generator depends on."""
    model = model_name(run.generator)
    root = TRAIN if run.imported is None else IMPORT
    return {**asdict(run), "model": model, "code": code_of((root,), model)}
