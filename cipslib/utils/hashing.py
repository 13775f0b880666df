"""SHA-256 of files: the one place that computes it."""

import hashlib
from pathlib import Path

from tqdm import tqdm

BLOCK, LARGE = 2**22, 2**30  # bytes read at a time; from where on a bar is shown


def sha256_of_file(path: Path) -> str:
    """64 hexadecimal digits."""
    size, digest = path.stat().st_size, hashlib.sha256()
    bar = tqdm(total=size, desc="hash", unit="B", unit_scale=True, disable=size < LARGE)
    with bar, open(path, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            bar.update(len(block))
    return digest.hexdigest()
