"""One process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from cipslib.utils.errors import UserError


@contextmanager
def sole_user(file: Path, refusal: str) -> Iterator[None]:
    """Hold ``file`` as a lock, which ends with the process, however it ends.

    Raises UserError, saying ``refusal``, if another process holds it.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        lock = FileLock(file).acquire(timeout=0)
    except Timeout as error:
        raise UserError(refusal) from error
    except (OSError, NotImplementedError) as error:
        raise UserError(
            f"{file} cannot be locked ({error}): link results/ to another disk"
        ) from error
    with lock:
        yield
