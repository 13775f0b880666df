"""One process at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cipslib.utils.errors import UserError


@contextmanager
def sole_user(file: Path, refusal: str) -> Iterator[None]:
    """Hold ``file`` as a lock, which ends with the process, however it ends.

    Raises UserError, saying ``refusal``, if another process holds it.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, "ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(refusal) from error
        yield
