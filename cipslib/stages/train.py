"""`cips train`: the training loop with everything around it: progress, log, grids, checkpoints."""

import fcntl
import hashlib
import json
import math
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from dvclive import Live
from PIL import Image
from scmrepo.exceptions import SCMError
from tqdm import tqdm

import cipslib
from cipslib.checkpoints import load_state, save_generator, save_state
from cipslib.config import EvaluationConfig, Profile, RunConfig
from cipslib.datasets.batches import BatchOptions
from cipslib.datasets.cards import open_images, read_prepared
from cipslib.datasets.loader import BatchLoader
from cipslib.datasets.splits import training_indices
from cipslib.environment import choose_device, describe_environment
from cipslib.errors import UserError
from cipslib.generator import GeneratorConfig
from cipslib.models import model_name
from cipslib.paths import atomic_folder, atomic_write, write_json
from cipslib.synthesis import sample
from cipslib.training import (
    Losses,
    TrainingConfig,
    TrainingState,
    initial_state,
    train,
)

STATE = "state.safetensors"  # the checkpoint's name in the work folder
GRID_SEED, GRID_COUNT = 0, 64  # the pictures of the sample grids, the same all along
# The modules that decide what is learned: the `deps` of dvc.yaml's train stage, as a test checks.
CODE = (
    "coordinates layers generator convolutions discriminator stylegan2 models losses randomness "
    "patches training datasets/augment datasets/batches datasets/loader"
).split()
# Parameters that may change while a run goes on: they change neither the steps nor the records.
FREE = "device data_on_device total_images checkpoint_every_images".split()


def train_run(profile: Profile, name: str, fresh: bool = False) -> Path:
    """Train run ``name`` to its end, from its last checkpoint if there is one.

    Returns the path of the trained generator. ``fresh`` throws earlier progress away. Raises
    UserError if the prepared data are missing or too few, or the device does not exist.
    """
    run = profile.run(name)
    card = read_prepared(profile.paths.card(run.dataset))
    images = open_images(profile.paths.images(run.dataset), profile.dataset(run.dataset).side)
    chosen = training_indices(card)
    _check_enough(chosen, run, profile.evaluation)
    device = choose_device(run.training.device)
    identity = run_identity(run, card)
    work = profile.paths.work(name, _digest(identity))
    if fresh and work.exists():
        shutil.rmtree(work)
    with _sole_trainer(work):
        state = initial_state(run.generator, run.discriminator, run.training, device)
        checkpoint = work / STATE
        if checkpoint.exists():
            load_state(checkpoint, state, identity)
            _check_not_past_the_end(state, run)
            done = state.images_seen >= run.training.total_images
            what = "trained to its end already," if done else "going on at"
            print(f"{name}: {what} {state.images_seen:,} images ({checkpoint})", file=sys.stderr)
        if state.images_seen < run.training.total_images:
            state.environment = describe_environment(profile.paths.root, device)
            options = batch_options(run, card)
            on_device = run.training.data_on_device
            data = BatchLoader(images, run.training.seed, options, device, chosen, on_device)
            _train_logged(state, run, data, work, identity)
        _publish(profile, run, state, work)
    return profile.paths.generator(name)


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


@contextmanager
def _sole_trainer(work: Path) -> Iterator[None]:
    """Hold the run's lock: two trainers would write over each other's log and state."""
    work.mkdir(parents=True, exist_ok=True)
    with open(work / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(
                f"{work} is in use: this run is being trained by another process; wait or end it"
            ) from error
        yield


def run_identity(run: RunConfig, card: dict[str, Any]) -> dict[str, Any]:
    """What the result depends on: parameters, data, code. Progress is kept under its hash."""
    training = {k: v for k, v in asdict(run.training).items() if k not in FREE}
    folder = Path(cipslib.__file__).parent
    return {
        "model": model_name(run.generator),
        "generator": asdict(run.generator),
        "discriminator": asdict(run.discriminator),
        "training": training,
        "data": card["sha256"],
        "flips": card["flips"],
        "rotation": card["rotation"],
        "code": {m: _digest((folder / f"{m}.py").read_text()) for m in CODE},
    }


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]


def _check_enough(images: np.ndarray, run: RunConfig, evaluation: EvaluationConfig) -> None:
    """Before the training, not after it."""
    if len(images) < run.training.batch_size:
        raise UserError(
            f"data set {run.dataset} has {len(images)} images, and run {run.name} needs at least "
            f"one batch of {run.training.batch_size}"
        )
    evaluation.check_enough(run.dataset, len(images))
    config = run.generator
    if evaluation.noise and isinstance(config, GeneratorConfig) and not config.noise:
        raise UserError(f"evaluation.noise is true, and the generator of {run.name} has no noise")


def _check_not_past_the_end(state: TrainingState, run: RunConfig) -> None:
    total = run.training.total_images
    if state.images_seen - run.training.batch_size >= total:
        raise UserError(
            f"run {run.name} was trained to {state.images_seen:,} images, past total_images "
            f"({total:,}): raise it, or start over with cips train {run.name} --fresh"
        )


def _train_logged(
    state: TrainingState,
    run: RunConfig,
    data: BatchLoader,
    work: Path,
    identity: dict[str, Any],
) -> None:
    """Run the loop, and at the intervals write log, grid and checkpoint."""
    config = run.training
    first, started = state.images_seen, time.perf_counter() - state.seconds
    terminal = sys.stderr.isatty()
    with (
        _open_log(work / "log", resume=first > 0) as log,
        tqdm(
            total=config.total_images,
            initial=min(first, config.total_images),
            desc=f"train {run.name}",
            unit="img",
            unit_scale=True,
            mininterval=0.2 if terminal else 30,  # a log file gets a line now and then
        ) as bar,
    ):
        if first == 0:
            _save_grid(state, work)
        latest: Losses = {}  # R1 is not taken at every step
        for losses in train(state, config, data):
            latest |= losses
            state.seconds = time.perf_counter() - started
            bar.update(config.batch_size)
            if _crossed(state, config, config.log_every_images):
                _log(log, latest, state)
            if _crossed(state, config, config.sample_every_images):
                _save_grid(state, work)
            if _crossed(state, config, config.checkpoint_every_images):
                save_state(work / STATE, state, identity)


def _open_log(folder: Path, resume: bool) -> Live:
    """dvclive's log. Left to itself it would also commit experiments and edit dvc.yaml."""
    try:
        return Live(str(folder), resume=resume, report=None, save_dvc_exp=False, dvcyaml=None)
    except SCMError as error:  # it looks for the last commit all the same
        raise UserError(f"git: {error}: commit once, then try again") from error


def _crossed(state: TrainingState, config: TrainingConfig, interval: int) -> bool:
    """Whether the last step passed a multiple of ``interval`` images, or the end."""
    before = state.images_seen - config.batch_size
    return state.images_seen // interval > before // interval or (
        state.images_seen >= config.total_images
    )


def _log(log: Live, losses: Losses, state: TrainingState) -> None:
    """Raises UserError if the training has diverged: the last checkpoint is then the good one."""
    values = {key: value.item() for key, value in losses.items()}
    for key, value in values.items():
        if not math.isfinite(value):
            raise UserError(
                f"training diverged: {key} is {value} at {state.images_seen:,} images; "
                "lower learning_rate or raise r1_gamma"
            )
    log.step = state.images_seen
    for key, value in values.items():
        log.log_metric(key, value)
    log.log_metric("images_per_second", state.images_seen / state.seconds)
    log.make_summary()


def _save_grid(state: TrainingState, work: Path) -> None:
    """The moving average's pictures of 64 fixed latents, as a PNG of 8 x 8."""
    images = sample(state.average, GRID_COUNT, GRID_SEED)
    height, width = images.shape[1:3]
    grid = images.reshape(8, 8, height, width, 3).swapaxes(1, 2)
    picture = grid.reshape(8 * height, 8 * width, 3)
    with atomic_write(work / "grids" / f"{state.images_seen:09d}.png") as temporary:
        Image.fromarray(picture).save(temporary, format="PNG")


def _publish(profile: Profile, run: RunConfig, state: TrainingState, work: Path) -> None:
    """Copy what the pipeline reads from the work folder to the stage's outputs."""
    summary = {
        "run": run.name,
        "images_seen": state.images_seen,
        "seconds": round(state.seconds, 1),
        "parameters": {
            "generator": sum(p.numel() for p in state.generator.parameters()),
            "discriminator": sum(p.numel() for p in state.discriminator.parameters()),
        },
        "environment": state.environment,
    }
    with atomic_folder(profile.paths.training(run.name)) as target:
        shutil.copytree(work / "log", target / profile.paths.log(run.name).name)
        shutil.copytree(work / "grids", target / profile.paths.grids(run.name).name)
        write_json(target / profile.paths.summary(run.name).name, summary)
    save_generator(profile.paths.generator(run.name), state.average)
