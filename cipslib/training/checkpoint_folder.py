"""The checkpoints of a run: the newest few, of which a torn one gives way to the one before."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cipslib.networks.files import TornFile, save_generator
from cipslib.training.checkpoints import load_state, save_state
from cipslib.training.state import TrainingState
from cipslib.utils.errors import UserError

SUSPECT = ".suspect"  # in the name of a checkpoint that was saved while a stop rule was counting


@dataclass(frozen=True)
class History:
    """``identity`` says what is being trained: states of anything else are refused."""

    folder: Path
    identity: Mapping[str, Any]
    kept: int

    def save(self, state: TrainingState, sound: bool) -> None:
        """Write a checkpoint, then drop the oldest; the newest sound one always stays.

        Raises UserError if the disk refuses.
        """
        name = f"{state.images_seen:012d}{'' if sound else SUSPECT}.safetensors"
        save_state(self.folder / name, state, self.identity)
        keep = {*self.files()[: self.kept], *self.files(sound=True)[:1], self.best()}
        for old in [*self.files(), *self._averages()]:
            if old not in keep:
                old.unlink()

    def load(self, state: TrainingState, sound: bool = False) -> Path | None:
        """Fill ``state`` from the newest whole checkpoint; None if there are none at all.

        ``sound``: from the newest that was saved while nothing seemed wrong. Raises UserError if
        all of them are torn, or belong to another run.
        """
        files = self.files(sound)
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

    def forget_after(self, images_seen: int) -> None:
        """What is newer than the state that a run goes on from: torn, or to be made again."""
        for file in [*self.files(), *self._averages()]:
            if images_in(file) > images_seen:
                file.unlink()

    def save_best(self, state: TrainingState) -> None:
        """Of the moving averages, the one that is judged best so far.

        The one before stays until the next checkpoint: a kill may lead back to it.
        """
        folder = self.folder / "best"
        save_generator(folder / f"{state.images_seen:012d}.safetensors", state.average)

    def best(self) -> Path | None:
        """The file of the average that is judged best."""
        return max(self._averages(), default=None)

    def _averages(self) -> list[Path]:
        return list((self.folder / "best").glob("*.safetensors"))

    def files(self, sound: bool = False) -> list[Path]:
        """The newest first; ``sound`` ones alone if asked for."""
        files = sorted(self.folder.glob("*.safetensors"), reverse=True)
        return [file for file in files if not (sound and SUSPECT in file.name)]


def images_in(file: Path) -> int:
    """How many images had been seen when the file was written."""
    return int(file.name.split(".")[0])
