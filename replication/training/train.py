"""`cips train`: a run, seed after seed, from where each stopped to its end."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cipslib.datasets.batches import BatchOptions
from cipslib.datasets.loader import BatchLoader
from cipslib.features.extractors import load_network
from cipslib.networks.generator import GeneratorConfig
from cipslib.training.checkpoint_folder import History
from cipslib.training.checkpoints import read_identity
from cipslib.training.distributed import Team, joined_team
from cipslib.training.divergence import Diverged, Watch
from cipslib.training.judge import Judge
from cipslib.training.log import opened_log
from cipslib.training.session import FINISHED, SIGNAL, Sitting
from cipslib.training.state import TrainingState
from cipslib.training.trainer import Trainer, fresh_state
from cipslib.utils.differences import differences
from cipslib.utils.environment import describe_environment
from cipslib.utils.errors import UserError
from cipslib.utils.files import read_json, write_json
from cipslib.utils.locks import sole_user
from replication.profile.preflight import check_evaluation
from replication.profile.profile import Profile, RunConfig
from replication.training.job import Task, tasks_of
from replication.training.publish import publish
from replication.training.signals import noted_signals

JUDGE_SEED = 7  # of a judgement's latents and real images: others than an evaluation's


def train_run(
    profile: Profile, name: str, fresh: bool = False, only: int | None = None
) -> Path | None:
    """Train run ``name`` to its end, seed after seed, each from its last checkpoint if it has one.

    Returns the path of the first seed's generator, when all are published; None if a signal ended
    this sitting before, and the same command goes on; None, too, if ``only`` one of several seeds
    was asked for, of which nothing is published yet. ``fresh`` throws the earlier progress of what
    is trained away. Raises UserError if the prepared data are missing or too few, or the device or
    the seed does not exist.
    """
    run, tasks = profile.run(name), tasks_of(profile, name)
    chosen = run.seeds if only is None else run.of_seed(only).seeds
    check_evaluation(profile, run)  # before the training, not after it
    _check_enough(tasks[0])
    stopped = []
    # The locks are held until all is published: nobody may take a finished seed away meanwhile.
    with joined_team(tasks[0].device) as team, ExitStack() as locks:
        for task in (task for task in tasks if task.run.training.seed in chosen):
            locks.enter_context(_alone_with(task, team, fresh))
            reason = _stopped_before(task) or _sit(task, team)
            if reason == SIGNAL:
                return None
            stopped.append(None if reason == FINISHED else reason)
        if len(stopped) < len(tasks):
            if team.leads:
                print(f"{name}: cips train {name} publishes it with the others", file=sys.stderr)
            return None
        if team.leads:
            publish(tasks, stopped)
    return profile.paths.generator(name)


@contextmanager
def _alone_with(task: Task, team: Team, fresh: bool) -> Iterator[None]:
    """Hold the run's lock: two trainers would write over each other's log and state."""
    refusal = f"run {task.label} is being trained by another process; wait or end it"
    if not team.leads:
        team.wait()
        yield
        return
    with sole_user(task.lock, refusal):
        if fresh and task.work.exists():
            shutil.rmtree(task.work)
        for part in task.work.rglob(".*.part"):  # left by a kill; nobody writes them any more
            part.unlink()
        _tell_of_others(task)
        team.wait()
        yield


def _tell_of_others(task: Task) -> None:
    """A training that starts, beside one of this seed that was not this: what has changed since."""
    if task.work.exists():
        return
    name, seed = task.run.name, task.run.training.seed
    files = [
        file
        for folder in task.work.parent.glob(f"{name}-*")
        if folder.name.removeprefix(f"{name}-").isalnum()
        for file in History(folder / "checkpoints", {}, 1).files()[:1]
    ]
    for file in sorted(files, key=lambda file: file.stat().st_mtime, reverse=True):
        try:
            other = read_identity(file)
        except UserError as error:
            changed = str(error)
        else:
            if other["training"]["seed"] != seed:
                continue
            changed = "; ".join(differences(other, task.identity))
        print(f"{task.label}: starts afresh, beside {file}: {changed}", file=sys.stderr)
        return


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
            name=task.label,
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
                print(f"{task.label}: {error}", file=sys.stderr)
                content = {"reason": str(error), "rules": _rules(task)}
                write_json(task.work / "diverged.json", content)
            return str(error)
    if team.leads and reason != FINISHED:
        cause = ", ".join(sitting.signals) if reason == SIGNAL else "watch.max_hours are spent"
        print(f"{task.label}: stopped at {state.images_seen:,} images: {cause}", file=sys.stderr)
    return reason


def _resume(task: Task, state: TrainingState, team: Team) -> None:
    file, total = task.history.load(state), task.run.training.total_images
    if len({*team.all_of(state.images_seen)}) > 1:
        raise UserError(f"not all machines see the checkpoints: they must share {task.work}")
    if state.images_seen - task.run.training.batch_size >= total:
        raise UserError(
            f"run {task.label} was trained to {state.images_seen:,} images, past total_images "
            f"({total:,}): raise it, or start over with cips train {task.run.name} --fresh"
        )
    if file is not None and team.leads:
        task.history.forget_after(state.images_seen)
        done = state.images_seen >= total
        what = "trained to its end already," if done else "going on at"
        print(f"{task.label}: {what} {state.images_seen:,} images ({file})", file=sys.stderr)


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
