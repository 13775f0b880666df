"""The log of a run: one line of JSON for each entry."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cipslib.utils.errors import UserError

Values = Mapping[str, float]
Write = Callable[[int, Values], None]  # images seen, values


@contextmanager
def open_log(folder: Path, images_seen: int) -> Iterator[Write]:
    """Yield a function that adds an entry to ``log.jsonl`` in ``folder``.

    Entries after ``images_seen`` are removed: a killed run writes them again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "log.jsonl"
    _keep_entries(file, images_seen)
    with open(file, "a") as stream:

        def write(images_seen: int, values: Values) -> None:
            try:
                stream.write(json.dumps({"images_seen": images_seen, **values}) + "\n")
                stream.flush()
            except OSError as error:
                raise UserError(f"cannot write the log in {folder}: {error.strerror}") from error

        yield write


def _keep_entries(file: Path, images_seen: int) -> None:
    """Cut the file before the first line that is later, or makes no sense after a crash."""
    if not file.exists():
        return
    kept = 0
    with open(file, "rb") as stream:
        for line in stream:
            try:
                if not line.endswith(b"\n") or json.loads(line)["images_seen"] > images_seen:
                    break
            except (ValueError, KeyError, TypeError):
                break
            kept += len(line)
    os.truncate(file, kept)
