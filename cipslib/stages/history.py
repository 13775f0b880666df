"""The checkpoints of a run: the newest few, of which a torn one gives way to the one before."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cipslib.checkpoints import TornFile, load_state, save_state
from cipslib.errors import UserError
from cipslib.state import TrainingState


@dataclass(frozen=True)
class History:
    """``identity`` says what is being trained: states of anything else are refused."""

    folder: Path
    identity: Mapping[str, Any]
    kept: int

    def save(self, state: TrainingState) -> None:
        """Write a checkpoint, then drop the oldest. Raises UserError if the disk refuses."""
        save_state(self.folder / f"{state.images_seen:012d}.safetensors", state, self.identity)
        for old in self.files()[self.kept :]:
            old.unlink()

    def load(self, state: TrainingState) -> Path | None:
        """Fill ``state`` from the newest whole checkpoint; None if there are none at all.

        Raises UserError if all of them are torn, or belong to another run.
        """
        files = self.files()
        for file in files:
            try:
                load_state(file, state, self.identity)
            except TornFile as error:
                print(f"{error}; trying the one before", file=sys.stderr)
                continue
            return file
        if files:
            raise UserError(f"no checkpoint in {self.folder} is whole: start over with --fresh")
        return None

    def files(self) -> list[Path]:
        """The newest first."""
        return sorted(self.folder.glob("*.safetensors"), reverse=True)
