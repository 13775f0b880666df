"""What a kill leaves of files that DVC writes in place: parts, which DVC fails on from then on."""

import json
import sys
from pathlib import Path

from dvc.dvcfile import Lockfile  # type: ignore[import-untyped]
from dvc.exceptions import DvcException  # type: ignore[import-untyped]
from dvc.repo import Repo  # type: ignore[import-untyped]

from cipslib.utils.errors import UserError

ROWS = ".dvc/cache/runs/*/*/[0-9a-f]*"  # of the cache of runs, and none that is being written
IN_USE = ".dvc/tmp/rwlock"  # which paths a stage reads or writes just now


def forget_what_is_cut(root: Path, lock: Path) -> None:
    """Remove what is cut of ``lock`` (a dvc.lock), IN_USE and ROWS; other damage DVC mends itself.

    What they said is in the cache of runs, or made again. Waits while DVC writes. Raises UserError.
    """
    try:
        config = {"core": {"no_scm": True}}
        repo = Repo(str(root), uninitialized=True, config=config, _wait_for_lock=True)
    except DvcException as error:
        raise UserError(f"DVC cannot be used in {root}: {error}") from error
    with repo.lock:
        for file in (*root.glob(ROWS), *root.glob(IN_USE), *lock.parent.glob(lock.name)):
            if not _is_whole(repo, file):
                print(f"cips: DVC's {file.name} cannot be read: removed", file=sys.stderr)
                file.unlink()


def _is_whole(repo: Repo, file: Path) -> bool:
    try:
        if file.name == "rwlock":
            return isinstance(json.loads(file.read_bytes()), dict)
        if file.suffix == ".lock":
            return bool(Lockfile(repo, str(file)).load())
        return b"outs:" in file.read_bytes()
    except (DvcException, ValueError):
        return False
