"""Cards: what a data set is (data/cards/*.yaml); and what was prepared of it, array and card."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cipslib.errors import UserError
from cipslib.paths import read_json
from cipslib.shapes import UInt8
from cipslib.strict import build
from cipslib.yaml_file import read_yaml


@dataclass(frozen=True)
class Card:
    """What is known of a data set before any of it is on this machine."""

    title: str
    kind: str  # "stand-in" or "folder"
    plays: str | None  # the paper's set whose part it takes
    paper_count: int | None
    licence: str
    source: str
    flips: bool
    faces: bool
    renderer: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in ("stand-in", "folder"):
            raise ValueError(f"kind is {self.kind!r}, must be stand-in or folder")
        if (self.kind == "stand-in") != (self.renderer is not None):
            raise ValueError("renderer belongs to stand-ins, and each needs one")


def read_card(path: Path) -> Card:
    """Raises UserError if the card does not exist or does not make sense."""
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml")))
        raise UserError(f"there is no card {path.name} in {path.parent}; there are: {known}")
    content = read_yaml(path)
    try:
        card: Card = build(Card, content, path.stem)
    except ValueError as error:
        raise UserError(f"{path}: {error}") from error
    return card


def read_prepared(path: Path) -> dict[str, Any]:
    """The card that `cips prepare` wrote beside an array."""
    if not path.is_file():
        raise UserError(f"{path} does not exist: {_first(path)}")
    return read_json(path)


def open_images(path: Path, resolution: int) -> UInt8[np.ndarray, "count h w 3"]:
    """The array that `cips prepare` wrote, mapped into memory: only what is read takes any.

    Raises UserError if it is missing, torn, or of another resolution.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist: {_first(path)}")
    try:
        images: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path} is not a whole array: {_first(path)}") from error
    if images.shape[1:] != (resolution, resolution, 3):
        raise UserError(
            f"{path} holds images of shape {images.shape[1:]}, not {resolution} px: {_first(path)}"
        )
    return images


def _first(path: Path) -> str:
    return f"run cips prepare {path.stem} first, with the same --params"
