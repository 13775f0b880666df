"""`cips train`: a run, from where it stopped to its end, and what is published of it."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from cipslib.checkpoints import differences, load_generator, read_identity, save_generator
from cipslib.config import Profile, RunConfig
from cipslib.datasets.batches import BatchOptions
from cipslib.datasets.cards import open_images, read_prepared
from cipslib.datasets.loader import BatchLoader
from cipslib.datasets.splits import training_indices
from cipslib.distributed import Team, joined_team
from cipslib.environment import choose_device, describe_environment
from cipslib.errors import UserError
from cipslib.generator import GeneratorConfig
from cipslib.locks import sole_user
from cipslib.metrics.checks import check_evaluation
from cipslib.metrics.features import load_network
from cipslib.models import AnyGenerator
from cipslib.paths import atomic_folder, read_json, write_json
from cipslib.quality import Judge
from cipslib.stages.history import History, images_in
from cipslib.stages.identity import digest, run_identity
from cipslib.stages.process import noted_signals
from cipslib.stages.run_log import opened_log
from cipslib.stages.sitting import FINISHED, SIGNAL, Sitting
from cipslib.state import TrainingState
from cipslib.training import Trainer, fresh_state
from cipslib.watch import Diverged, Watch

JUDGE_SEED = 7  # of a judgement's latents and real images: others than an evaluation's


@dataclass(frozen=True)
class Task:
    """A run of a profile, and what it is trained on."""

    profile: Profile
    run: RunConfig
    images: np.ndarray
    card: dict[str, Any]
    device: torch.device

    @property
    def chosen(self) -> np.ndarray:
        """Of the images, those that are trained on."""
        return training_indices(self.card)

    @property
    def identity(self) -> dict[str, Any]:
        return run_identity(self.run, self.card)

    @property
    def work(self) -> Path:
        return self.profile.paths.work(self.run.name, digest(self.identity))

    @property
    def history(self) -> History:
        kept = self.run.training.checkpoints_kept
        return History(self.work / "checkpoints", self.identity, kept)


def train_run(profile: Profile, name: str, fresh: bool = False) -> Path | None:
    """Train run ``name`` to its end, from its last checkpoint if there is one.

    Returns the path of the trained generator; None if a signal ended this sitting before, and the
    same command goes on. ``fresh`` throws earlier progress away. Raises UserError if the prepared
    data are missing or too few, or the device does not exist.
    """
    run = profile.run(name)
    card = read_prepared(profile.paths.card(run.dataset))
    images = open_images(profile.paths.images(run.dataset), profile.dataset(run.dataset).side)
    check_evaluation(profile, run)  # before the training, not after it
    _check_enough(task := Task(profile, run, images, card, choose_device(profile.hardware.device)))
    with joined_team(task.device) as team, _alone_with(task, team, fresh):
        stopped = _stopped_before(task) or _sit(task, team)
        if stopped == SIGNAL:
            return None
        if team.leads:
            _publish(task, None if stopped == FINISHED else stopped)
    return profile.paths.generator(name)


@contextmanager
def _alone_with(task: Task, team: Team, fresh: bool) -> Iterator[None]:
    """Hold the run's lock: two trainers would write over each other's log and state."""
    refusal = f"run {task.run.name} is being trained by another process; wait or end it"
    if not team.leads:
        team.wait()
        yield
        return
    # Of the run, whatever its parameters: two would publish into the same place.
    with sole_user(task.work.with_name(f"{task.run.name}.lock"), refusal):
        if fresh and task.work.exists():
            shutil.rmtree(task.work)
        _remove_parts(task)
        _tell_of_others(task)
        team.wait()
        yield


def _remove_parts(task: Task) -> None:
    """What a kill left half-written. The lock is held: nobody writes them any more."""
    published = task.profile.paths.training(task.run.name)
    for part in task.work.rglob(".*.part"):
        part.unlink()
    for part in published.parent.glob(f".{published.name}.*.part"):
        shutil.rmtree(part)


def _tell_of_others(task: Task) -> None:
    """A run that starts, beside one that was not this one: what has changed since."""
    if task.work.exists():
        return
    others = [
        file
        for folder in task.work.parent.glob(f"{task.run.name}-*")
        if folder.name.removeprefix(f"{task.run.name}-").isalnum()
        for file in History(folder / "checkpoints", {}, 1).files()[:1]
    ]
    for file in sorted(others, key=lambda file: file.stat().st_mtime)[-1:]:
        try:
            changed = "; ".join(differences(read_identity(file), task.identity))
        except UserError as error:
            changed = str(error)
        print(f"{task.run.name}: starts afresh, beside {file}: {changed}", file=sys.stderr)


def _stopped_before(task: Task) -> str | None:
    """Why this very run cannot go on, if an earlier sitting found out by the same rules."""
    file = task.work / "diverged.json"
    if not file.exists():
        return None
    found = read_json(file)
    return str(found["reason"]) if found["rules"] == _rules(task) else None


def _rules(task: Task) -> dict[str, Any]:
    """By which a run is judged and stopped; as JSON has them."""
    training = task.run.training
    judge = None if training.judge is None else asdict(training.judge)
    return {"watch": asdict(training.watch), "judge": judge}


def _sit(task: Task, team: Team) -> str:
    """Train; returns FINISHED, SIGNAL, or why the run ends before its end."""
    profile, run, device = task.profile, task.run, task.device
    hardware = profile.hardware
    state = fresh_state(run.generator, run.discriminator, run.training, device, hardware)
    _resume(task, state, team)
    if state.images_seen >= run.training.total_images:
        return FINISHED
    state.environment = describe_environment(profile.paths.root, device, team.size)
    options = batch_options(run, task.card)
    on_device = hardware.data_on_device
    data = BatchLoader(task.images, run.training.seed, options, device, task.chosen, on_device)
    logs = opened_log(task.work / "log", state.images_seen, run.training.logs)
    with ExitStack() as stack:
        sitting = Sitting(
            name=run.name,
            work=task.work,
            trainer=Trainer(state, run.training, data, hardware, team),
            team=team,
            history=task.history,
            write=stack.enter_context(logs if team.leads else nullcontext()),
            watch=Watch(run.training.watch, state.watch, _name_of_judge(run)),
            judge=_judge(task),
            signals=stack.enter_context(noted_signals()),
        )
        try:
            reason = sitting.train()
        except Diverged as error:
            if team.leads:
                print(f"{run.name}: {error}", file=sys.stderr)
                content = {"reason": str(error), "rules": _rules(task)}
                write_json(task.work / "diverged.json", content)
            return str(error)
    if team.leads and reason != FINISHED:
        cause = ", ".join(sitting.signals) if reason == SIGNAL else "watch.max_hours are spent"
        print(f"{run.name}: stopped at {state.images_seen:,} images: {cause}", file=sys.stderr)
    return reason


def _resume(task: Task, state: TrainingState, team: Team) -> None:
    file, name, total = task.history.load(state), task.run.name, task.run.training.total_images
    if len({*team.all_of(state.images_seen)}) > 1:
        raise UserError(f"not all machines see the checkpoints: they must share {task.work}")
    if state.images_seen - task.run.training.batch_size >= total:
        raise UserError(
            f"run {name} was trained to {state.images_seen:,} images, past total_images "
            f"({total:,}): raise it, or start over with cips train {name} --fresh"
        )
    if file is not None and team.leads:
        task.history.forget_after(state.images_seen)
        done = state.images_seen >= total
        what = "trained to its end already," if done else "going on at"
        print(f"{name}: {what} {state.images_seen:,} images ({file})", file=sys.stderr)


def _name_of_judge(run: RunConfig) -> str:
    judge = run.training.judge
    return "" if judge is None else f"{judge.images} pictures, {judge.extractor}"


def _judge(task: Task) -> Judge | None:
    config, run = task.run.training.judge, task.run
    if config is None:
        return None
    option = "training.judge.extractor"
    network = load_network(config.extractor, task.profile.paths.weights, task.device, option)
    resolution = run.generator.resolution
    return Judge(task.images, network, config.images, JUDGE_SEED, resolution, task.chosen)


def batch_options(run: RunConfig, card: dict[str, Any]) -> BatchOptions:
    """What the run and its data set say of batches."""
    config = run.generator
    return BatchOptions(
        resolution=config.resolution,
        flips=card["flips"],
        rotation=card["rotation"],
        patches=run.training.patches,
        circumference=config.circumference if isinstance(config, GeneratorConfig) else 0,
    )


def _check_enough(task: Task) -> None:
    run, count = task.run, len(task.chosen)
    if count < run.training.batch_size:
        raise UserError(
            f"data set {run.dataset} has {count} images, and run {run.name} needs at least "
            f"one batch of {run.training.batch_size}"
        )
    task.profile.evaluation.check_enough(run.dataset, count)


def _publish(task: Task, stopped: str | None) -> None:
    """Copy what the pipeline reads from the work folder to the stage's outputs.

    A run that was stopped is published, too, up to its last good state, and says so: the others
    and the report do not have to wait for it.
    """
    run, paths = task.run, task.profile.paths
    state = fresh_state(run.generator, run.discriminator, run.training, choose_device("cpu"))
    task.history.load(state, sound=stopped is not None)
    published, average = _chosen(task, state, stopped)
    summary = {
        "run": run.name,
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
    with atomic_folder(paths.training(run.name)) as target:
        shutil.copytree(task.work / "log", target / paths.log(run.name).name)
        shutil.copytree(task.work / "grids", target / paths.grids(run.name).name)
        write_json(target / paths.summary(run.name).name, summary)
        save_generator(target / paths.generator(run.name).name, average)


def _chosen(
    task: Task, state: TrainingState, stopped: str | None
) -> tuple[dict[str, Any], AnyGenerator]:
    """The last moving average, or the one that was judged best."""
    judge, best = task.run.training.judge, task.history.best()
    if judge is None or judge.publish == "last" or (best is None and stopped):
        return {"which": "last", "images_seen": state.images_seen}, state.average
    if best is None:
        raise UserError(
            f"training.judge.publish is best, and {task.run.name} was not judged while it was "
            "trained: say last, or start over with --fresh"
        )
    return {"which": "best", "images_seen": images_in(best)}, load_generator(best)
