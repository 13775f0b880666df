"""One training of a run, from one seed: what it is trained on, and where its progress is kept."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from cipslib.datasets.prepared import open_images, read_prepared
from cipslib.datasets.splits import training_indices
from cipslib.training.checkpoint_folder import CheckpointManager
from cipslib.utils.environment import choose_device
from replication.profile.profile import Profile
from replication.profile.run import RunConfig
from replication.training.fingerprint import digest, run_identity


@dataclass(frozen=True)
class TrainingJob:
    """A run of a profile from one of its seeds, and what it is trained on."""

    profile: Profile
    run: RunConfig
    images: np.ndarray
    card: dict[str, Any]
    device: torch.device

    @property
    def seed(self) -> int:
        return self.run.training.seed

    @property
    def label(self) -> str:
        """The run's name in messages, with the seed where there are several."""
        name = self.run.name
        several = len(self.profile.run(name).seeds) > 1
        return f"{name}, seed {self.seed}" if several else name

    @property
    def indices(self) -> np.ndarray:
        """The images that are trained on."""
        return training_indices(self.card)

    @property
    def identity(self) -> dict[str, Any]:
        """What the result depends on."""
        return run_identity(self.run, self.card)

    @property
    def work(self) -> Path:
        """The folder of the progress."""
        return self.profile.paths.work(self.run.name, digest(self.identity))

    @property
    def lock(self) -> Path:
        """The lock of this seed, whatever the other parameters: it is published in one place."""
        return self.work.with_name(f"{self.run.name}.seed{self.seed}.lock")

    @property
    def checkpoints(self) -> CheckpointManager:
        kept = self.run.training.checkpoints_kept
        return CheckpointManager(self.work / "checkpoints", self.identity, kept)


def training_jobs(profile: Profile, name: str) -> list[TrainingJob]:
    """Return the training of run ``name`` from each of its seeds.

    Raises UserError if data are missing, or the device is.
    """
    run = profile.run(name)
    card = read_prepared(profile.paths.card(run.dataset))
    images = open_images(profile.paths.images(run.dataset), profile.dataset(run.dataset).side)
    device = choose_device(profile.hardware.device)
    return [TrainingJob(profile, run.of_seed(seed), images, card, device) for seed in run.seeds]
