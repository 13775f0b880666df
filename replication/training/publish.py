"""What the pipeline reads of a run: copied from the work folders of its seeds, all at once."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cipslib.networks.files import load_generator, save_generator
from cipslib.networks.models import AnyGenerator
from cipslib.training.checkpoint_folder import images_in
from cipslib.training.state import TrainingState
from cipslib.training.trainer import fresh_state
from cipslib.utils.environment import choose_device
from cipslib.utils.errors import UserError
from cipslib.utils.files import atomic_folder, write_json
from cipslib.utils.locks import sole_user
from replication.training.job import Task

SHARED = ("seed", "images_seen", "stopped", "seconds")  # what the first summary says of each seed


def publish(tasks: Sequence[Task], stopped: Sequence[str | None]) -> None:
    """Copy each seed's result to the stage's outputs; the first one's is the run's own.

    ``stopped``: why each ended before its end, if it did. It is published, too, up to its last
    good state, and says so: the others and the report do not have to wait for it. Raises UserError
    if another process is publishing the run.
    """
    first = tasks[0]
    name, paths = first.run.name, first.profile.paths
    others: list[dict[str, Any]] = []
    published = paths.training(name)
    refusal = f"run {name} is being published by another process; wait or end it"
    with sole_user(first.work.with_name(f"{name}.lock"), refusal):
        _remove_parts(published)
        with atomic_folder(published) as target:
            for task, reason in zip(tasks[1:], stopped[1:], strict=True):
                place = paths.training(name, task.run.training.seed).relative_to(published)
                summary = _copy(task, reason, target / place)
                others.append({key: summary[key] for key in SHARED})
            shutil.copytree(first.work / "grids", target / paths.grids(name).name)
            _copy(first, stopped[0], target, **({"others": others} if others else {}))


def _copy(task: Task, stopped: str | None, folder: Path, **more: Any) -> dict[str, Any]:
    """Log, summary and generator of one training; returns the summary, which has ``more``, too."""
    paths, name = task.profile.paths, task.run.name
    shutil.copytree(task.work / "log", folder / paths.log(name).name)
    summary, average = _result(task, stopped)
    write_json(folder / paths.summary(name).name, {**summary, **more})
    save_generator(folder / paths.generator(name).name, average)
    return summary


def _remove_parts(published: Path) -> None:
    """What a kill left half-written. The lock is held: nobody writes them any more."""
    for part in published.parent.glob(f".{published.name}.*.part"):
        shutil.rmtree(part)


def _result(task: Task, stopped: str | None) -> tuple[dict[str, Any], AnyGenerator]:
    """What is said of a training, and the generator that it came to."""
    run = task.run
    state = fresh_state(run.generator, run.discriminator, run.training, choose_device("cpu"))
    task.history.load(state, sound=stopped is not None)
    published, average = _chosen(task, state, stopped)
    summary = {
        "run": run.name,
        "seed": run.training.seed,
        "images_seen": state.images_seen,
        "published": published,
        "stopped": stopped,
        "seconds": round(state.seconds, 1),
        "parameters": {
            "generator": sum(p.numel() for p in state.generator.parameters()),
            "discriminator": sum(p.numel() for p in state.discriminator.parameters()),
        },
        "environment": state.environment,
    }
    return summary, average


def _chosen(
    task: Task, state: TrainingState, stopped: str | None
) -> tuple[dict[str, Any], AnyGenerator]:
    """The last moving average, or the one that was judged best."""
    judge, best = task.run.training.judge, task.history.best()
    if judge is None or judge.publish == "last" or (best is None and stopped):
        return {"which": "last", "images_seen": state.images_seen}, state.average
    if best is None:
        raise UserError(
            f"training.judge.publish is best, and {task.label} was not judged while it was "
            "trained: say last, or start over with --fresh"
        )
    return {"which": "best", "images_seen": images_in(best)}, load_generator(best)
