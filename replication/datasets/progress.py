"""A preparation under way, kept beside its result: it survives a kill and goes on."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from cipslib.utils.errors import UserError
from cipslib.utils.files import read_json, write_json
from cipslib.utils.locks import sole_user
from replication.datasets.worker import Made, Record

LOCK = "lock"
HEADER = 128  # bytes; NumPy leaves room in it for any number of pictures


class Progress:
    """The pixels of the pictures taken so far, and a log with a line for every candidate."""

    def __init__(self, folder: Path, resolution: int):
        self.folder, self._shape = folder, (resolution, resolution, 3)
        self.picture_bytes = resolution * resolution * 3
        self.pixels, self._log = folder / "pixels", folder / "log"
        self.candidates = 0  # of which there is a record
        self.taken = 0  # of which there are pixels

    def recover(self, identity: dict[str, Any]) -> str:
        """Go on where an interrupted preparation of the same ``identity`` stopped.

        Anything else that was there is thrown away. Returns what to say of it.
        """
        known = self.folder / "identity.json"
        said = ""
        if known.is_file() and read_json(known) != identity:
            said = "earlier progress was of another source or other parameters: starting over"
            known.unlink()
        if not known.is_file() or not (self.pixels.is_file() and self._log.is_file()):
            for file in (self.pixels, self._log):
                file.unlink(missing_ok=True)
            self.pixels.write_bytes(bytes(HEADER))
            self._log.touch()
            write_json(known, identity)
        self._cut_to_what_is_whole()
        if self.candidates:
            said = f"going on after {self.candidates:,} pictures ({self.folder})"
        return said

    def publish(self, path: Path) -> None:
        """Give the array its final name, in one step: it is whole where it is, and nowhere else.

        Raises UserError if the disk refuses; the array is then still where it was.
        """
        try:
            with open(self.pixels, "rb") as written:
                os.fsync(written.fileno())
            self.pixels.replace(path)
        except OSError as error:
            raise UserError(f"cannot write {path}: {error.strerror or error}") from error

    def _cut_to_what_is_whole(self) -> None:
        """After a crash of the machine, either file may lack what the other has."""
        end = 0
        with open(self._log, "rb") as log, open(self.pixels, "rb") as pixels:
            pixels.seek(HEADER)
            for line in log:
                record = _parsed(line)
                if record is None:
                    break
                if record.result:
                    content = pixels.read(self.picture_bytes)
                    if hashlib.sha256(content).hexdigest() != record.result:
                        break
                    self.taken += 1
                self.candidates += 1
                end += len(line)
        os.truncate(self._log, end)
        os.truncate(self.pixels, HEADER + self.taken * self.picture_bytes)

    def append(self, made: Made) -> None:
        """Raises UserError if the disk refuses; what was kept before stays."""
        lines = "".join(json.dumps(record) + "\n" for record in made.records).encode()
        try:
            _append(self.pixels, made.pixels.tobytes())
            _append(self._log, lines)
        except OSError as error:
            raise UserError(
                f"cannot write {self.pixels}: {error.strerror}; {self.candidates:,} pictures are "
                "kept there: make room, and the same command goes on"
            ) from error
        self.candidates += len(made.records)
        self.taken += len(made.pixels)

    def records(self) -> Iterator[Record]:
        """From the first on, as they are on disk."""
        with open(self._log, "rb") as log:
            for line in log:
                record = _parsed(line)
                assert record is not None
                yield record

    def finish(self) -> None:
        """Write the header: the pixels become a .npy file."""
        with open(self.pixels, "r+b") as file:
            shape = (self.taken, *self._shape)
            about = {"descr": "|u1", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, about)
            assert file.tell() == HEADER

    def discard(self) -> None:
        """All but the lock, which goes with the folder."""
        for file in self.folder.iterdir():
            if file.name != LOCK:
                file.unlink()


def _append(path: Path, content: bytes) -> None:
    rest = memoryview(content)
    with open(path, "ab", buffering=0) as file:
        while rest:
            rest = rest[file.write(rest) :]


def _parsed(line: bytes) -> Record | None:
    if not line.endswith(b"\n"):
        return None
    try:
        return Record(*json.loads(line))
    except (ValueError, TypeError):
        return None


@contextmanager
def sole_preparation(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: two preparations would write over each other."""
    refusal = f"{folder} is in use: another process prepares this; wait or end it"
    with sole_user(folder / LOCK, refusal):
        try:
            yield
        finally:
            if [file.name for file in folder.iterdir()] == [LOCK]:
                shutil.rmtree(folder)
