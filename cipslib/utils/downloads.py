"""Files from elsewhere: fetched once and checked (pooch), or put in place by hand."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pooch  # type: ignore[import-untyped]

from cipslib.utils.errors import UserError
from cipslib.utils.hashing import sha256_of_file

TIMEOUT = (10, 30)  # seconds: until a server answers; of silence


@dataclass(frozen=True)
class RemoteFile:
    """A file elsewhere, and what is known of it."""

    name: str  # of the file here
    url: str
    sha256: str
    command: str  # that fetches it, for messages

    def how_to_get(self, folder: Path) -> str:
        """Say how the file comes into ``folder``, for messages."""
        by_hand = f"put {self.url} into {folder} as {self.name} by hand"
        return f"`{self.command}` fetches it, or {by_hand}"


def locate(remote: RemoteFile, folder: Path) -> Path:
    """Return the file, checked against its SHA-256. Raises UserError that says what to do."""
    path = folder / remote.name
    if not path.is_file():
        raise UserError(f"there is no {path}: {remote.how_to_get(folder)}")
    if sha256_of_file(path) != remote.sha256:
        raise UserError(
            f"{path} has another SHA-256 than {remote.sha256[:16]}…: remove it; then "
            f"{remote.how_to_get(folder)}"
        )
    return path


def fetch(remote: RemoteFile, folder: Path) -> Path:
    """Download the file, unless it is there already. Raises UserError if that fails."""
    if (folder / remote.name).exists():
        return locate(remote, folder)
    known = f"sha256:{remote.sha256}"
    download = pooch.HTTPDownloader(sys.stderr.isatty(), 2**18, timeout=TIMEOUT)
    try:
        return Path(pooch.retrieve(remote.url, known, remote.name, folder, downloader=download))
    except (OSError, ValueError) as error:  # of the disk or of requests; of another hash
        reason = " ".join(str(error).split())
        raise UserError(
            f"cannot fetch {remote.name} ({reason}); {remote.how_to_get(folder)}"
        ) from error
