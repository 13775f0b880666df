"""The one table of pretrained networks' files; fetching them; files put in place by hand.

A file is used only if its size and SHA-256 are the table's and a network can be built of it. Only
then does a download get its name: until then it is FILE.part, from which a later fetch goes on.
"""

import fcntl
import hashlib
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

from cipslib.errors import UserError


@dataclass(frozen=True)
class Weights:
    """A file of pretrained weights."""

    name: str
    file: str
    url: str
    size: int | None  # bytes; None: not known
    sha256: str | None  # None: not verified, any file that makes a network is taken
    origin: str


# Sizes and hashes are those that several public projects state independently of each other; for the
# second and the third the address holds the hash's beginning, too. They were not computed by us.
TABLE = {
    weights.name: weights
    for weights in (
        Weights(
            "inception",
            "inception-2015-12-05.pt",
            "https://nvlabs-fi-cdn.nvidia.com/stylegan2-ada-pytorch/pretrained/metrics/"
            "inception-2015-12-05.pt",
            95_607_719,
            "f58cb9b6ec323ed63459aa4fb441fe750cfe39fafad6da5cb504a16f19e958f4",
            "the Inception of the original FID, as TorchScript, by NVIDIA; clean-fid's",
        ),
        Weights(
            "inception-fidelity",
            "weights-inception-2015-12-05-6726825d.pth",
            "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
            "weights-inception-2015-12-05-6726825d.pth",
            95_628_359,
            "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
            "the same network, as torch-fidelity converted it from TensorFlow",
        ),
        Weights(
            "vgg16",
            "vgg16.pt",
            "https://nvlabs-fi-cdn.nvidia.com/stylegan2-ada-pytorch/pretrained/metrics/vgg16.pt",
            None,
            "b437eb095feaeb0b83eb3fa11200ebca4548ee39a07fb944a417ddc516cc07c3",
            "the VGG16 of Simonyan & Zisserman (2015), as TorchScript, by NVIDIA",
        ),
        Weights(
            "facenet",
            "20180402-114759-vggface2.pt",
            "https://github.com/timesler/facenet-pytorch/releases/download/v2.2.9/"
            "20180402-114759-vggface2.pt",
            111_898_327,
            "281cebca8662831adb987a874bdcb36e73f5b1c6dc5ee5878f305e985625d99b",
            "facenet-pytorch's Inception-ResNet, trained on VGGFace2",
        ),
    )
}


@dataclass(frozen=True)
class Patience:
    """When a download is given up: seconds, bytes a second, and failures in a row."""

    connect: float = 10
    read: float = 30  # of silence
    window: float = 60  # over which the slowest speed is judged
    slowest: float = 4096
    failures: int = 4
    pause: float = 1  # before the second try; doubled before each further one


PATIENCE = Patience()
CHUNK = 2**18
Check = Callable[[Path], None]  # builds a network of a file; raises an exception if it cannot

LONGEST_PAUSE = 60.0  # seconds


def named(name: str) -> Weights:
    if name not in TABLE:
        raise UserError(f"there are no weights {name!r}; there are: {', '.join(TABLE)}")
    return TABLE[name]


def locate(weights: Weights, folder: Path) -> Path:
    """The file, its size and hash checked. Raises UserError that says what to do."""
    path = folder / weights.file
    if not path.is_file():
        raise UserError(f"there is no {path}: {_how(weights, folder)}")
    wrong = _mismatch(path, weights)
    if wrong:
        raise UserError(f"{path} {wrong}: remove it; then {_how(weights, folder)}")
    return path


def fetch(weights: Weights, folder: Path, check: Check, patience: Patience = PATIENCE) -> Path:
    """Download, or go on where an earlier download stopped; nothing to do if the file is there.

    Raises UserError if the network or the server fails, or sends something else.
    """
    path = folder / weights.file
    if path.exists():
        path = locate(weights, folder)
        _try(check, path, weights, folder)
        return path
    partial = path.with_name(path.name + ".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(partial):
            begun_before = partial.stat().st_size > 0
            _download(weights, partial, folder, patience)
            wrong = _mismatch(partial, weights) or _unusable(check, partial)
            if wrong and begun_before:  # the beginning may be of another file: once more, from 0
                os.truncate(partial, 0)
                _download(weights, partial, folder, patience)
                wrong = _mismatch(partial, weights) or _unusable(check, partial)
            if wrong:
                partial.unlink()
                raise UserError(
                    f"what {_host(weights)} sent for {path} {wrong}; nothing was kept: try again "
                    f"later, or {_by_hand(weights, folder)}"
                )
            partial.replace(path)
    except OSError as error:
        raise UserError(f"cannot write {partial}: {error.strerror or error}") from error
    return path


def sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _mismatch(path: Path, weights: Weights) -> str | None:
    """What is wrong with the file, as the rest of a sentence; None if nothing is."""
    size = path.stat().st_size
    if weights.size is not None and size != weights.size:
        return f"has {size:,} bytes, not {weights.size:,}"
    if weights.sha256 is not None:
        found = sha256(path)
        if found != weights.sha256:
            return f"has SHA-256 {found[:16]}…, not {weights.sha256[:16]}…"
    return None


def _unusable(check: Check, path: Path) -> str | None:
    try:
        check(path)
    except Exception as error:  # torch's readers raise anything on damaged files
        first = str(error).strip().splitlines()[:1] or [type(error).__name__]
        return f"makes no network ({first[0][:120]})"
    return None


def _try(check: Check, path: Path, weights: Weights, folder: Path) -> None:
    wrong = _unusable(check, path)
    if wrong:
        raise UserError(f"{path} {wrong}: remove it; then {_how(weights, folder)}")


def _how(weights: Weights, folder: Path) -> str:
    return f"`cips weights {weights.name}` fetches it, or {_by_hand(weights, folder)}"


def _by_hand(weights: Weights, folder: Path) -> str:
    return f"put {weights.url} into {folder} by hand"


def _host(weights: Weights) -> str:
    return urlsplit(weights.url).netloc


@contextmanager
def _locked(partial: Path) -> Iterator[None]:
    """One process at a time writes the file. Raises UserError at once for the second."""
    with open(partial, "ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"another process is fetching {partial}: wait for it") from error
        yield


class _UnfinishedError(Exception):
    """The connection ended, or was too slow, before the file was whole."""


def _download(weights: Weights, partial: Path, folder: Path, patience: Patience) -> None:
    """Until ``partial`` is as long as the server says, resuming after each interruption."""
    failures, pause = 0, patience.pause
    while True:
        before = partial.stat().st_size
        try:
            _continue(weights, partial, patience)
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
                    f"cannot fetch {weights.file} from {_host(weights)} ({_reason(error)}): run "
                    f"`cips weights {weights.name}` again, it goes on where it stopped; or "
                    f"{_by_hand(weights, folder)}"
                ) from error
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _final(error: Exception) -> bool:
    """Whether the server would say the same again: a file that is not there, or not allowed."""
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


def _continue(weights: Weights, partial: Path, patience: Patience) -> None:
    """One request for what is missing. Raises _UnfinishedError and what requests raises."""
    have = partial.stat().st_size
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    timeout = (patience.connect, patience.read)
    with requests.get(weights.url, stream=True, timeout=timeout, headers=headers) as response:
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
        with open(partial, "ab") as file, _bar(weights, have, total) as bar:
            for data in _arriving(response, patience):
                file.write(data)
                bar.update(len(data))
        size = partial.stat().st_size
        if total is not None and size < total:
            raise _UnfinishedError(f"{size:,} of {total:,} bytes came")


def _arriving(response: requests.Response, patience: Patience) -> Iterator[bytes]:
    """The body as it comes in. Raises _UnfinishedError if it comes too slowly."""
    start, arrived = time.monotonic(), 0
    while data := response.raw.read1(CHUNK):
        yield data
        arrived += len(data)
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


def _bar(weights: Weights, have: int, total: int | None) -> tqdm:
    return tqdm(
        desc=weights.file,
        total=total or weights.size,
        initial=have,
        unit="B",
        unit_scale=True,
        leave=False,
        mininterval=1,
        disable=None,  # where nobody looks
    )
