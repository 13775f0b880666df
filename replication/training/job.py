"""One training of a run, from one seed: what it is trained on, and where its progress is kept."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from cipslib.datasets.prepared import open_images, read_prepared
from cipslib.datasets.splits import training_indices
from cipslib.training.checkpoint_folder import History
from cipslib.utils.environment import choose_device
from replication.profile.profile import Profile, RunConfig
from replication.training.fingerprint import digest, run_identity


@dataclass(frozen=True)
class Task:
    """A run of a profile from one of its seeds, and what it is trained on."""

    profile: Profile
    run: RunConfig
    images: np.ndarray
    card: dict[str, Any]
    device: torch.device

    @property
    def label(self) -> str:
        """For messages; the seed only where there are several."""
        name = self.run.name
        several = len(self.profile.run(name).seeds) > 1
        return f"{name}, seed {self.run.training.seed}" if several else name

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
    def lock(self) -> Path:
        """Of this seed, whatever the other parameters: two would publish into the same place."""
        return self.work.with_name(f"{self.run.name}.seed{self.run.training.seed}.lock")

    @property
    def history(self) -> History:
        kept = self.run.training.checkpoints_kept
        return History(self.work / "checkpoints", self.identity, kept)


def tasks_of(profile: Profile, name: str) -> list[Task]:
    """Of each seed of run ``name``. Raises UserError if data are missing, or the device is."""
    run = profile.run(name)
    card = read_prepared(profile.paths.card(run.dataset))
    images = open_images(profile.paths.images(run.dataset), profile.dataset(run.dataset).side)
    device = choose_device(profile.hardware.device)
    return [Task(profile, run.of_seed(seed), images, card, device) for seed in run.seeds]
