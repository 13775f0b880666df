"""Downloads that resume, are checked, and get their name only then; files put there by hand.

Until a download is whole and as expected it is FILE.part, from which a later fetch goes on.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3
from tqdm import tqdm

from cipslib.utils.errors import UserError
from cipslib.utils.hashing import sha256_of_file
from cipslib.utils.locks import sole_user


@dataclass(frozen=True)
class Remote:
    """A file elsewhere, and what is known of it."""

    file: str  # its name here
    url: str
    size: int | None  # bytes; None: not known
    sha256: str | None  # None: not verified, any file that passes the check is taken
    command: str  # that fetches it, for messages


@dataclass(frozen=True)
class Patience:
    """When a download is given up: seconds, bytes a second, and failures in a row."""

    connect: float = 10
    read: float = 30  # of silence
    window: float = 60  # over which the slowest speed is judged
    slowest: float = 4096
    failures: int = 4
    pause: float = 1  # before the second try; doubled before each further one
    overall: float = 24 * 3600  # for one file; what came is kept, and the next fetch goes on
    most: int = 2**34  # bytes of a file whose size neither the table nor the server says


PATIENCE = Patience()
CHUNK = 2**18
Check = Callable[[Path], str | None]  # what ails a file, as the rest of a sentence; None: nothing
LONGEST_PAUSE = 60.0  # seconds


def locate(remote: Remote, folder: Path) -> Path:
    """The file, its size and hash checked. Raises UserError that says what to do."""
    path = folder / remote.file
    if not path.is_file():
        raise UserError(f"there is no {path}: {_how(remote, folder)}")
    wrong = _mismatch(path, remote)
    if wrong:
        raise UserError(f"{path} {wrong}: remove it; then {_how(remote, folder)}")
    return path


def fetch(remote: Remote, folder: Path, check: Check, patience: Patience = PATIENCE) -> Path:
    """Download, or go on where an earlier download stopped; nothing to do if the file is there.

    Raises UserError if the network or the server fails, or sends something else.
    """
    path = folder / remote.file
    if path.exists():
        path = locate(remote, folder)
        _try(check, path, remote, folder)
        return path
    partial = path.with_name(path.name + ".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(partial):
            begun_before = partial.stat().st_size > 0
            _download(remote, partial, folder, patience)
            wrong = _mismatch(partial, remote) or check(partial)
            if wrong and begun_before:  # the beginning may be of another file: once more, from 0
                os.truncate(partial, 0)
                _download(remote, partial, folder, patience)
                wrong = _mismatch(partial, remote) or check(partial)
            if wrong:
                partial.unlink()
                raise UserError(
                    f"what {_host(remote)} sent for {path} {wrong}; nothing was kept: try again "
                    f"later, or {_by_hand(remote, folder)}"
                )
            partial.replace(path)
    except OSError as error:
        raise UserError(f"cannot write {partial}: {error.strerror or error}") from error
    return path


def _mismatch(path: Path, remote: Remote) -> str | None:
    """What is wrong with the file, as the rest of a sentence; None if nothing is."""
    size = path.stat().st_size
    if remote.size is not None and size != remote.size:
        return f"has {size:,} bytes, not {remote.size:,}"
    if remote.sha256 is not None:
        found = sha256_of_file(path)
        if found != remote.sha256:
            return f"has SHA-256 {found[:16]}…, not {remote.sha256[:16]}…"
    return None


def _try(check: Check, path: Path, remote: Remote, folder: Path) -> None:
    wrong = check(path)
    if wrong:
        raise UserError(f"{path} {wrong}: remove it; then {_how(remote, folder)}")


def _how(remote: Remote, folder: Path) -> str:
    return f"`{remote.command}` fetches it, or {_by_hand(remote, folder)}"


def _by_hand(remote: Remote, folder: Path) -> str:
    other_name = "" if remote.url.endswith(f"/{remote.file}") else f" as {remote.file}"
    return f"put {remote.url} into {folder}{other_name} by hand"


def _host(remote: Remote) -> str:
    return urlsplit(remote.url).netloc


@contextmanager
def locked(partial: Path) -> Iterator[None]:
    """One process at a time writes the file. Raises UserError at once for the second."""
    with sole_user(partial, f"another process is fetching {partial}: wait for it"):
        yield


class _UnfinishedError(Exception):
    """The connection ended, or was too slow, before the file was whole."""


class _TooMuchError(_UnfinishedError):
    """There is no end of it, in bytes or in time."""


def _download(remote: Remote, partial: Path, folder: Path, patience: Patience) -> None:
    """Until ``partial`` is as long as the server says, resuming after each interruption."""
    failures, pause = 0, patience.pause
    deadline = time.monotonic() + patience.overall
    while True:
        before = partial.stat().st_size
        try:
            _continue(remote, partial, patience, deadline)
            return
        except (
            _UnfinishedError,
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            ConnectionError,
            TimeoutError,
        ) as error:
            if partial.stat().st_size - before >= CHUNK:
                failures, pause = 0, patience.pause
            failures += 1
            if failures >= patience.failures or _final(error):
                raise UserError(
                    f"cannot fetch {remote.file} from {_host(remote)} ({_reason(error)}): run "
                    f"`{remote.command}` again, it goes on where it stopped; or "
                    f"{_by_hand(remote, folder)}"
                ) from error
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _final(error: Exception) -> bool:
    """Whether trying again cannot help: a file that is not there, or not allowed, or too much."""
    if isinstance(error, _TooMuchError):
        return True
    if not isinstance(error, requests.HTTPError) or error.response is None:
        return False
    status = error.response.status_code
    passing = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
    return 400 <= status < 500 and status not in passing


def _reason(error: Exception) -> str:
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"status {error.response.status_code}"
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError | TimeoutError):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return str(error) if isinstance(error, _UnfinishedError) else type(error).__name__


def _continue(remote: Remote, partial: Path, patience: Patience, deadline: float) -> None:
    """One request for what is missing. Raises _UnfinishedError and what requests raises."""
    have = partial.stat().st_size
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    timeout = (patience.connect, patience.read)
    with requests.get(remote.url, stream=True, timeout=timeout, headers=headers) as response:
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            if _total(response) == have:
                return  # all of it was here already
            os.truncate(partial, 0)
            raise _UnfinishedError("the beginning here is not of the file there")
        response.raise_for_status()
        if response.status_code != HTTPStatus.PARTIAL_CONTENT:
            os.truncate(partial, 0)  # the server sends all of it
            have = 0
        total = _total(response)
        expected = remote.size if total is None else total
        with open(partial, "ab") as file, _bar(remote, have, total) as bar:
            for data in _arriving(response, patience, deadline):
                have += len(data)
                if expected is not None and have > expected:
                    data = data[: len(data) + expected + 1 - have]  # one too many says enough
                file.write(data)
                bar.update(len(data))
                if expected is None and have > patience.most:
                    raise _TooMuchError(f"more than {patience.most:,} bytes came, and no end")
                if expected is not None and have > expected:
                    break
        size = partial.stat().st_size
        if total is not None and size < total:
            raise _UnfinishedError(f"{size:,} of {total:,} bytes came")


def _arriving(response: requests.Response, patience: Patience, deadline: float) -> Iterator[bytes]:
    """The body as it comes in. Raises _UnfinishedError if it comes too slowly or takes too long."""
    start, arrived = time.monotonic(), 0
    while data := response.raw.read1(CHUNK):
        yield data
        arrived += len(data)
        if time.monotonic() > deadline:
            raise _TooMuchError(f"it was not whole after {patience.overall:g} seconds")
        passed = time.monotonic() - start
        if passed > patience.window:
            if arrived < passed * patience.slowest:
                raise _UnfinishedError(f"only {arrived / passed:,.0f} bytes a second came")
            start, arrived = time.monotonic(), 0


def _total(response: requests.Response) -> int | None:
    """How long the whole file is, if the server says so."""
    _, _, total = response.headers.get("Content-Range", "").rpartition("/")
    if not total and response.status_code == HTTPStatus.OK:
        total = response.headers.get("Content-Length", "")
    return int(total) if total.isdigit() else None


def _bar(remote: Remote, have: int, total: int | None) -> tqdm:
    return tqdm(
        desc=remote.file,
        total=total or remote.size,
        initial=have,
        unit="B",
        unit_scale=True,
        leave=False,
        mininterval=1,
        disable=None,  # where nobody looks
    )
