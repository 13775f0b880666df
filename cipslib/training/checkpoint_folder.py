"""The checkpoints of a run: the newest few, of which a torn one gives way to the one before."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cipslib.networks.files import TornFileError
from cipslib.training.checkpoints import load_state, save_state
from cipslib.training.state import TrainingState
from cipslib.utils.errors import UserError

SUSPECT = ".suspect"  # in the name of a checkpoint that was saved while a stop rule was counting


@dataclass(frozen=True)
class CheckpointManager:
    """``identity`` says what is being trained: states of anything else are refused."""

    folder: Path
    identity: Mapping[str, Any]
    kept: int

    def save(self, state: TrainingState, healthy: bool) -> None:
        """Write a checkpoint, then delete the oldest; the newest healthy one always stays.

        Raises UserError if the disk refuses.
        """
        name = f"{state.images_seen:012d}{'' if healthy else SUSPECT}.safetensors"
        save_state(self.folder / name, state, self.identity)
        keep = {*self.files()[: self.kept], *self.files(healthy=True)[:1]}
        for old in self.files():
            if old not in keep:
                old.unlink()

    def load(self, state: TrainingState, healthy: bool = False) -> Path | None:
        """Fill ``state`` from the newest whole checkpoint; return None if there are none at all.

        ``healthy``: from the newest that was saved while no rule was counting. Raises UserError if
        all of them are torn, or belong to another run.
        """
        files = self.files(healthy)
        for file in files:
            try:
                load_state(file, state, self.identity)
            except TornFileError as error:
                print(f"{error}; trying the one before", file=sys.stderr)
                continue
            return file
        if files:
            raise UserError(f"no checkpoint in {self.folder} is whole: start over with --fresh")
        return None

    def delete_after(self, images_seen: int) -> None:
        """Delete what is newer than the state that a run goes on from: torn, or made again."""
        for file in self.files():
            if images_in(file) > images_seen:
                file.unlink()

    def files(self, healthy: bool = False) -> list[Path]:
        """Return the checkpoints, the newest first; ``healthy`` ones alone if asked for."""
        files = sorted(self.folder.glob("*.safetensors"), reverse=True)
        return [file for file in files if not (healthy and SUSPECT in file.name)]


def images_in(file: Path) -> int:
    """Return how many images had been seen when the file was written."""
    return int(file.name.split(".")[0])
