"""What the worker processes do: pictures from their container to arrays, with a record of each."""

import fcntl
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from cipslib.utils.shapes import UInt8
from replication.datasets.decode import BadPicture, Decoded, Treatment, decode, square
from replication.datasets.sources.base import Content, Piece, Reader, Refused


class Record(NamedTuple):
    """What became of one candidate."""

    name: str
    source: str  # SHA-256 of the encoded picture, in hexadecimal; empty if there is none
    result: str  # of the pixels; empty if there are none
    side: int  # its shorter side, before; 0 if that is not known
    animated: bool  # only the first of several frames was taken
    problem: str  # why it was not taken; empty if it was


@dataclass(frozen=True)
class Made:
    """Some candidates' records, and the pixels of those that were taken, in order."""

    records: list[Record]
    pixels: UInt8[np.ndarray, "count h w 3"]

    def first(self, count: int) -> "Made":
        """Up to the picture number ``count`` of those that were taken."""
        if len(self.pixels) <= count:
            return self
        taken = [place for place, record in enumerate(self.records) if record.result]
        return Made(self.records[: taken[count]], self.pixels[:count])


def make_pictures(
    pieces: Sequence[Piece], reader: Reader, treatment: Treatment, turns: Path | None = None
) -> Made:
    """Read, decode, crop and resize. Raises OSError if the container can no longer be read.

    ``turns``: a file by whose lock workers take turns with large pictures, which memory has room
    for one of.
    """
    records, pixels = [], []
    with reader.opened() as read:
        for piece in pieces:
            record, made = _make(piece, read, treatment, turns)
            records.append(record)
            pixels += [made] if made is not None else []
    size = (treatment.resolution, treatment.resolution, 3)
    return Made(records, np.stack(pixels) if pixels else np.empty((0, *size), np.uint8))


def _make(
    piece: Piece, read: Callable[[Any], Content], treatment: Treatment, turns: Path | None
) -> tuple[Record, np.ndarray | None]:
    source = ""
    try:
        if isinstance(piece.place, Refused):
            raise BadPicture(piece.place.reason)
        content = read(piece.place)
        source = _sha256(content)
        with ExitStack() as held:
            turn = _turn(turns) if turns else nullcontext()
            picture = _opened(content, partial(held.enter_context, turn))
            made = square(picture, treatment, piece.number)
            side, animated = min(picture.size), picture.animated
            del picture  # before the next one's turn
    except BadPicture as error:
        return Record(piece.name, source, "", 0, False, str(error)), None
    return Record(piece.name, source, _sha256(made), side, animated, ""), made


def _opened(content: Content, before_large: Callable[[], object]) -> Decoded:
    if isinstance(content, bytes):
        return decode(content, before_large)
    array = content.squeeze(2) if content.shape[2:] == (1,) else content
    return Decoded(Image.fromarray(array))


@contextmanager
def _turn(file: Path) -> Iterator[None]:
    with open(file, "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def draw_pictures(indices: Sequence[int], renderer: str, resolution: int, seed: int) -> Made:
    """The same for stand-ins."""
    from synthetic import render

    pixels = render(renderer, indices, resolution, seed)
    digests = map(_sha256, pixels)
    records = [
        Record(f"{renderer}:{index}", "", result, 0, False, "")
        for index, result in zip(indices, digests, strict=True)
    ]
    return Made(records, pixels)


def _sha256(content: Content) -> str:
    encoded = content if isinstance(content, bytes) else content.tobytes()
    return hashlib.sha256(encoded).hexdigest()
