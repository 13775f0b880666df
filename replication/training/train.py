"""`cips train`: a run, seed after seed, from where each stopped to its end."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from cipslib.datasets.batches import BatchOptions
from cipslib.datasets.loader import BatchLoader
from cipslib.features.extractors import load_network
from cipslib.networks.generator import GeneratorConfig
from cipslib.training.distributed import DistributedContext, init_distributed
from cipslib.training.divergence import DivergedError, DivergenceMonitor
from cipslib.training.log import open_log
from cipslib.training.online_eval import OnlineEvaluator
from cipslib.training.session import TrainingSession
from cipslib.training.state import TrainingState, initial_state
from cipslib.training.trainer import Trainer
from cipslib.utils.environment import describe_environment
from cipslib.utils.errors import UserError
from cipslib.utils.locks import sole_user
from replication.profile.preflight import check_evaluation
from replication.profile.profile import Profile
from replication.profile.run import RunConfig
from replication.training.job import TrainingJob, training_jobs
from replication.training.publish import publish
from replication.training.signals import noted_signals

EVALUATION_SEED = 7  # of online evaluations: others than evaluation.seed


def train_run(profile: Profile, name: str, fresh: bool = False) -> Path | None:
    """Train run ``name`` to its end, seed after seed, each from its last checkpoint if it has one.

    Returns the path of the first seed's generator, when all are published; None in all processes
    but the main one, and if a signal ended this session before: the same command goes on.
    ``fresh`` throws the earlier progress away. Raises UserError if the prepared data are missing or
    too few, or the device does not exist.
    """
    run = profile.run(name)
    jobs = training_jobs(profile, name)
    check_evaluation(profile, run)  # before the training, not after it
    _check_enough_images(jobs[0])
    stopped: list[str | None] = []
    # The locks are held until all is published: nobody may take a finished seed away meanwhile.
    with init_distributed(jobs[0].device) as distributed, ExitStack() as locks:
        for job in jobs:
            locks.enter_context(_sole_trainer(job, distributed, fresh))
            try:
                if not _train(job, distributed):
                    return None
            except DivergedError as error:
                stopped.append(str(error))
                if distributed.is_main:
                    print(f"{job.label}: {error}", file=sys.stderr)
            else:
                stopped.append(None)
        if not distributed.is_main:
            return None
        publish(jobs, stopped)
    return profile.paths.generator(name)


@contextmanager
def _sole_trainer(job: TrainingJob, distributed: DistributedContext, fresh: bool) -> Iterator[None]:
    """Hold the run's lock: two trainers would write over each other's log and state."""
    refusal = f"run {job.label} is being trained by another process; wait or end it"
    if not distributed.is_main:
        distributed.barrier()
        yield
        return
    with sole_user(job.lock, refusal):
        if fresh and job.work.exists():
            shutil.rmtree(job.work)
        for part in job.work.rglob(".*.part"):  # left by a kill; nobody writes them any more
            part.unlink()
        distributed.barrier()
        yield


def _train(job: TrainingJob, distributed: DistributedContext) -> bool:
    """Train; return False if a signal came before the end. Raises DivergedError."""
    run = job.run
    hardware = job.profile.hardware
    state = initial_state(run.generator, run.discriminator, run.training, job.device, hardware)
    _resume(job, state, distributed)
    if state.images_seen >= run.training.total_images:
        return True
    root = job.profile.paths.root
    state.environment = describe_environment(root, job.device, distributed.world_size)
    data = BatchLoader(
        job.images,
        run.training.seed,
        batch_options(run, job.card),
        job.device,
        job.indices,
        hardware.data_on_device,
    )
    log = open_log(job.work / "log", state.images_seen)
    with ExitStack() as stack:
        session = TrainingSession(
            name=job.label,
            work=job.work,
            trainer=Trainer(state, run.training, data, hardware, distributed),
            checkpoints=job.checkpoints,
            write=stack.enter_context(log if distributed.is_main else nullcontext()),
            monitor=DivergenceMonitor(run.training.stop_rules, state.monitor, _evaluator_name(run)),
            evaluator=_evaluator(job),
            signals=stack.enter_context(noted_signals()),
        )
        finished = session.train()
    if distributed.is_main and not finished:
        cause = ", ".join(session.signals)
        print(f"{job.label}: stopped at {state.images_seen:,} images: {cause}", file=sys.stderr)
    return finished


def _resume(job: TrainingJob, state: TrainingState, distributed: DistributedContext) -> None:
    """Fill ``state`` from the last checkpoint, if there is one. Raises UserError if it is past."""
    file, total = job.checkpoints.load(state), job.run.training.total_images
    if len({*distributed.all_gather_float(state.images_seen)}) > 1:
        raise UserError(f"not all machines see the checkpoints: they must share {job.work}")
    if state.images_seen - job.run.training.batch_size >= total:
        raise UserError(
            f"run {job.label} was trained to {state.images_seen:,} images, past total_images "
            f"({total:,}): raise it, or start over with cips train {job.run.name} --fresh"
        )
    if file is not None and distributed.is_main:
        job.checkpoints.delete_after(state.images_seen)
        done = state.images_seen >= total
        what = "trained to its end already," if done else "going on at"
        print(f"{job.label}: {what} {state.images_seen:,} images ({file})", file=sys.stderr)


def _evaluator_name(run: RunConfig) -> str:
    config = run.training.online_eval
    return "" if config is None else f"{config.images} images, {config.extractor}"


def _evaluator(job: TrainingJob) -> OnlineEvaluator | None:
    config = job.run.training.online_eval
    if config is None:
        return None
    weights, option = job.profile.paths.weights, "training.online_eval.extractor"
    network = load_network(config.extractor, weights, job.device, option)
    resolution = job.run.generator.resolution
    return OnlineEvaluator(
        job.images, network, config.images, EVALUATION_SEED, resolution, job.indices
    )


def batch_options(run: RunConfig, card: dict[str, Any]) -> BatchOptions:
    """Return what the run and its data set say of batches."""
    config = run.generator
    return BatchOptions(
        resolution=config.resolution,
        flips=card["flips"],
        rotation=card["rotation"],
        patches=run.training.patches,
        circumference=config.circumference if isinstance(config, GeneratorConfig) else 0,
    )


def _check_enough_images(job: TrainingJob) -> None:
    run, count = job.run, len(job.indices)
    if count < run.training.batch_size:
        raise UserError(
            f"data set {run.dataset} has {count} images, and run {run.name} needs at least "
            f"one batch of {run.training.batch_size}"
        )
    job.profile.evaluation.check_enough(run.dataset, count)
