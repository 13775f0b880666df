"""One session of a run: its steps, and between them log, grids, evaluation and checkpoints."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from torch import Tensor
from tqdm import tqdm

from cipslib.sampling.synthesis import sample
from cipslib.training.checkpoint_folder import CheckpointManager
from cipslib.training.checkpoints import NETWORKS
from cipslib.training.divergence import DivergenceMonitor, check_weights
from cipslib.training.log import Values, Write
from cipslib.training.online_eval import OnlineEvaluator
from cipslib.training.trainer import Trainer
from cipslib.utils.errors import UserError
from cipslib.utils.files import atomic_write
from cipslib.utils.memory import out_of_memory, peak_memory

GRID_SEED = 0  # the images of the sample grids are the same all along
GRID_SIDE = 8  # images


@dataclass
class TrainingSession:
    """What the steps need around them. Files are written by the main process alone."""

    name: str
    work: Path
    trainer: Trainer
    checkpoints: CheckpointManager
    write: Write | None  # the log; None for the processes that write nothing
    monitor: DivergenceMonitor
    evaluator: OnlineEvaluator | None
    signals: Sequence[str]  # those that came

    def __post_init__(self) -> None:
        self.state = self.trainer.state
        self.config = self.trainer.config
        self.distributed = self.trainer.distributed
        self._logged_images = self.state.images_seen
        self._losses: dict[str, Tensor | float] = {**self.state.losses}

    def train(self) -> bool:
        """Train to the end; return False if a signal came before, and the state was saved.

        Raises DivergedError, and UserError if the memory does not suffice; the last checkpoint is
        then the state to go on from.
        """
        earlier = self.state.seconds
        started = time.perf_counter()
        self._logged_at = started
        if self.state.images_seen == 0:
            self._save()
            self._save_grid()
        try:
            with self._progress_bar() as bar:
                for losses in self.trainer.steps():
                    self._losses |= losses
                    self.state.seconds = earlier + time.perf_counter() - started
                    bar.update(self.config.batch_size)
                    self._between_steps()
                    if self._is_stopped():
                        self._save()
                        return False
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error):
                raise
            images = len(self.trainer.microbatch_indices[0])
            raise UserError(
                f"out of memory on {self.trainer.data.device} with {images} images in a pass: "
                "lower hardware.microbatch, which changes results by rounding alone; the last "
                "checkpoint is whole"
            ) from error
        return True

    def _between_steps(self) -> None:
        config, seen = self.config, self.state.images_seen
        entry: dict[str, float] = {}
        logged = self._crossed(config.log_every_images)
        if logged:
            entry |= self._measure_training()
        evaluated = config.online_eval is not None and self._crossed(
            config.online_eval.every_images
        )
        if evaluated:
            assert self.evaluator is not None
            distance, diversity = self.evaluator(self.state.generator_ema, self.distributed)
            entry |= {"online_eval/distance": distance, "online_eval/diversity": diversity}
        if entry and self.write is not None:
            self.write(seen, entry)
        if logged:
            self.monitor.check_losses(seen, entry)
        if evaluated:
            self.monitor.check_evaluation(seen, distance, diversity)
        if self._crossed(config.sample_every_images):
            self._save_grid()
        if self._crossed(config.checkpoint_every_images):
            self._save()

    def _crossed(self, interval: int) -> bool:
        """Return whether the last step passed a multiple of ``interval`` images, or the end."""
        seen = self.state.images_seen
        before = seen - self.config.batch_size
        return seen // interval > before // interval or seen >= self.config.total_images

    def _latest_losses(self) -> dict[str, float]:
        """Return the latest value of each: R1 is not taken at every step."""
        return self.distributed.mean({name: float(value) for name, value in self._losses.items()})

    def _measure_training(self) -> Values:
        values = self._latest_losses()
        now, seen = time.perf_counter(), self.state.images_seen
        speed = (seen - self._logged_images) / (now - self._logged_at)
        self._logged_at = now
        self._logged_images = seen
        return {
            **values,
            "images_per_second": speed,
            "peak_memory_mib": peak_memory(self.trainer.data.device) / 2**20,
        }

    def _is_stopped(self) -> bool:
        """Return whether to end before the end: a signal may come to any of the processes."""
        if self.state.images_seen >= self.config.total_images:
            return False
        return any(self.distributed.all_gather_float(float(len(self.signals))))

    def _save(self) -> None:
        """Write a checkpoint.

        Raises DivergedError, before any file is replaced, if nothing could go on from this state.
        """
        state = self.state
        check_weights(state.images_seen, {name: getattr(state, name) for name in NETWORKS})
        total = float(sum(p.double().sum() for p in state.generator_ema.parameters()))
        if len({*self.distributed.all_gather_float(total)}) > 1:
            raise UserError(
                f"the processes' weights have come apart at {state.images_seen:,} images: do all "
                "machines run the same versions, and share the folder results/?"
            )
        state.monitor = self.monitor.state
        state.losses = self._latest_losses()
        if self.distributed.is_main:
            self.checkpoints.save(state, healthy=self.monitor.healthy)

    def _save_grid(self) -> None:
        """Write the moving average's images of 64 fixed latents, as a PNG of 8 x 8."""
        if not self.distributed.is_main:
            return
        side = GRID_SIDE
        images = sample(self.state.generator_ema, side**2, GRID_SEED)
        height, width = images.shape[1:3]
        rows = images.reshape(side, side, height, width, 3).swapaxes(1, 2)
        grid = Image.fromarray(rows.reshape(side * height, side * width, 3))
        with atomic_write(self.work / "grids" / f"{self.state.images_seen:09d}.png") as temporary:
            grid.save(temporary, format="PNG")

    def _progress_bar(self) -> tqdm:
        return tqdm(
            total=self.config.total_images,
            initial=min(self.state.images_seen, self.config.total_images),
            desc=f"train {self.name}",
            unit="img",
            unit_scale=True,
            mininterval=0.2 if sys.stderr.isatty() else 30,  # a log file gets a line now and then
            disable=not self.distributed.is_main,
        )
