"""What the pipeline reads of a run: copied from the work folders of its seeds, all at once."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cipslib.networks.files import save_generator
from cipslib.training.state import initial_state
from cipslib.utils.environment import choose_device
from cipslib.utils.files import atomic_folder, write_json
from cipslib.utils.locks import sole_user
from replication.training.job import TrainingJob

SHARED = ("seed", "images_seen", "stopped", "seconds")  # what the first summary says of each seed


def publish(jobs: Sequence[TrainingJob], stopped: Sequence[str | None]) -> None:
    """Copy each seed's result to the stage's outputs; the first one's is the run's own.

    ``stopped``: why each ended before its end, if it did. It is published, too, up to its last
    good state, and says so: the others and the report do not have to wait for it. Raises UserError
    if another process is publishing the run.
    """
    first = jobs[0]
    name, paths = first.run.name, first.profile.paths
    others: list[dict[str, Any]] = []
    published = paths.training(name)
    refusal = f"run {name} is being published by another process; wait or end it"
    with sole_user(first.work.with_name(f"{name}.lock"), refusal):
        for part in published.parent.glob(f".{published.name}.*.part"):  # left by a kill
            shutil.rmtree(part)
        with atomic_folder(published) as target:
            for job, reason in zip(jobs[1:], stopped[1:], strict=True):
                folder = paths.training(name, job.seed).relative_to(published)
                summary = _copy(job, reason, target / folder)
                others.append({key: summary[key] for key in SHARED})
            shutil.copytree(first.work / "grids", target / paths.grids(name).name)
            _copy(first, stopped[0], target, **({"other_seeds": others} if others else {}))


def _copy(job: TrainingJob, stopped: str | None, folder: Path, **more: Any) -> dict[str, Any]:
    """Write log, summary (with ``more``) and generator of one training; return its summary."""
    paths, run = job.profile.paths, job.run
    state = initial_state(run.generator, run.discriminator, run.training, choose_device("cpu"))
    job.checkpoints.load(state, healthy=stopped is not None)
    summary = {
        "run": run.name,
        "dataset": run.dataset,
        "seed": job.seed,
        "images_seen": state.images_seen,
        "stopped": stopped,
        "seconds": round(state.seconds, 1),
        "parameters": {
            "generator": sum(p.numel() for p in state.generator.parameters()),
            "discriminator": sum(p.numel() for p in state.discriminator.parameters()),
        },
        "environment": state.environment,
    }
    shutil.copytree(job.work / "log", folder / paths.log(run.name).name)
    write_json(folder / paths.summary(run.name).name, {**summary, **more})
    save_generator(folder / paths.generator(run.name).name, state.generator_ema)
    return summary
