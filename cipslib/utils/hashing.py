"""SHA-256 of files: the one place that computes it."""

import hashlib
from pathlib import Path


def sha256_of_file(path: Path) -> str:
    """Return 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
