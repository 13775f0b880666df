"""One sitting of a run: its steps, and between them log, grids, judgement and checkpoints."""

import gc
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from cipslib.sampling.synthesis import sample
from cipslib.training.checkpoint_folder import History
from cipslib.training.distributed import Team
from cipslib.training.divergence import Watch, check_weights
from cipslib.training.judge import Judge
from cipslib.training.log import Values, Write
from cipslib.training.trainer import Trainer
from cipslib.utils.errors import UserError
from cipslib.utils.files import atomic_write
from cipslib.utils.memory import peak_memory

GRID_SEED, GRID_COUNT = 0, 64  # the pictures of the sample grids, the same all along
FINISHED, BUDGET, SIGNAL = "finished", "budget", "signal"
PARTS = ("generator", "discriminator", "average")


@dataclass
class Sitting:
    """What the steps need around them. Files are written by the team's first process alone."""

    name: str
    work: Path
    trainer: Trainer
    team: Team
    history: History
    write: Write | None  # the log; None for the processes that write nothing
    watch: Watch
    judge: Judge | None
    signals: Sequence[str]  # those that came
    since: float = field(default_factory=time.perf_counter)  # the last log entry

    def __post_init__(self) -> None:
        self.state, self.config = self.trainer.state, self.trainer.config
        self._logged_images = self.state.images_seen
        self._losses: dict[str, Tensor | float] = {**self.state.losses}

    def train(self) -> str:
        """To the end, the end of the budget, or a signal: says which. The state is then saved.

        Raises Diverged, and UserError if the memory of the device does not suffice; the last
        checkpoint is then the state to go on from.
        """
        earlier, started = self.state.seconds, time.perf_counter()
        self.since = started
        if self.state.images_seen == 0:
            self._save()
            self._save_grid()
        elif self._reason_to_stop() == BUDGET:  # spent by an earlier sitting
            return BUDGET
        lacking = None
        with self._bar() as bar:
            try:
                for losses in self.trainer.steps():
                    self._losses |= losses
                    self.state.seconds = earlier + time.perf_counter() - started
                    bar.update(self.config.batch_size)
                    self._between_steps()
                    if (reason := self._reason_to_stop()) != FINISHED:
                        self._save()
                        return reason
            except torch.OutOfMemoryError as error:
                lacking = str(error)
        if lacking is not None:  # only here is what the failed step held free for the trials
            raise UserError(self._too_little_memory(lacking))
        return FINISHED

    def _between_steps(self) -> None:
        config, seen, entry = self.config, self.state.images_seen, dict[str, float]()
        if self._crossed(config.log_every_images):
            entry |= self._measured()
        judged = config.judge is not None and self._crossed(config.judge.every_images)
        if judged:
            entry |= self._judged()
        if entry and self.write is not None:
            self.write(seen, entry)
        if "score/real" in entry:
            self.watch.logged(seen, entry)
        if judged:
            self.watch.judged(seen, entry["judge/distance"], entry["judge/diversity"])
            if self.watch.counts.best_images == seen and self.team.leads:
                self.history.save_best(self.state)
        if self._crossed(config.sample_every_images):
            self._save_grid()
        if self._crossed(config.checkpoint_every_images):
            self._save()

    def _crossed(self, interval: int) -> bool:
        """Whether the last step passed a multiple of ``interval`` images, or the end."""
        seen = self.state.images_seen
        before = seen - self.config.batch_size
        return seen // interval > before // interval or seen >= self.config.total_images

    def _latest(self) -> dict[str, float]:
        """R1 is not taken at every step, and neither may a restart forget it."""
        return self.team.mean({name: float(value) for name, value in self._losses.items()})

    def _measured(self) -> Values:
        values = self._latest()
        now, seen = time.perf_counter(), self.state.images_seen
        speed = (seen - self._logged_images) / (now - self.since)
        self.since, self._logged_images = now, seen
        return {
            **values,
            "learning_rate/generator": self.config.generator_adam.learning_rate,
            "learning_rate/discriminator": self.config.discriminator_adam.learning_rate,
            "images_per_second": speed,
            "peak_memory_mib": peak_memory(self.trainer.data.device) / 2**20,
        }

    def _judged(self) -> Values:
        assert self.judge is not None
        part = self.judge.share(self.team.rank, self.team.size)
        rows = self.team.gather(self.judge.features_of(self.state.average, part))
        found = (0.0, 0.0)
        if self.team.leads:  # one judges, so that all go by the same numbers
            judgement = self.judge.judge(rows)
            found = judgement.distance, judgement.diversity
        distance, diversity = (self.team.all_of(value)[0] for value in found)
        return {"judge/distance": distance, "judge/diversity": diversity}

    def _reason_to_stop(self) -> str:
        """As one: the clock is the first process's, a signal may come to any."""
        if self.state.images_seen >= self.config.total_images:
            return FINISHED
        spent = self.team.leads and self.watch.spent(self.state.seconds)
        reasons = (FINISHED, BUDGET, SIGNAL)
        own = 2 if self.signals else int(spent)
        return reasons[int(max(self.team.all_of(own)))]

    def _save(self) -> None:
        """Raises Diverged before a state takes its file's place that nothing could go on from."""
        state = self.state
        networks = {part: getattr(state, part) for part in PARTS}
        check_weights(state.images_seen, networks)
        sums = self.team.all_of(float(sum(p.double().sum() for p in state.average.parameters())))
        if len({*sums}) > 1:
            raise UserError(
                f"the processes' weights have come apart at {state.images_seen:,} images: do all "
                "machines run the same versions, and share the folder results/?"
            )
        state.watch, state.losses = self.watch.state, self._latest()
        if self.team.leads:
            self.history.save(state, sound=self.watch.calm)

    def _save_grid(self) -> None:
        """The moving average's pictures of 64 fixed latents, as a PNG of 8 x 8."""
        if not self.team.leads:
            return
        images = sample(self.state.average, GRID_COUNT, GRID_SEED)
        height, width = images.shape[1:3]
        grid = images.reshape(8, 8, height, width, 3).swapaxes(1, 2)
        picture = Image.fromarray(grid.reshape(8 * height, 8 * width, 3))
        with atomic_write(self.work / "grids" / f"{self.state.images_seen:09d}.png") as temporary:
            picture.save(temporary, format="PNG")

    def _bar(self) -> tqdm:
        return tqdm(
            total=self.config.total_images,
            initial=min(self.state.images_seen, self.config.total_images),
            desc=f"train {self.name}",
            unit="img",
            unit_scale=True,
            mininterval=0.2 if sys.stderr.isatty() else 30,  # a log file gets a line now and then
            disable=not self.team.leads,
        )

    def _too_little_memory(self, reason: str) -> str:
        gc.collect()
        fits = self.trainer.largest_micro_batch()
        now = len(self.trainer.pieces[0])
        remedy = "lower the resolution or the widths: not even the smallest piece fits"
        if fits is not None:
            remedy = f"set hardware.micro_batch to {fits}, which fits: the result is the same"
        return (
            f"the memory of {self.trainer.data.device} does not suffice for passes of {now} "
            f"images; {remedy}. The last checkpoint is whole. ({reason})"
        )
