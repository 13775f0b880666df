"""Cards: what a data set is (data/cards/*.yaml); and what was prepared of it, array and card."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cipslib.datasets.augment import ROTATIONS
from cipslib.datasets.images import CROPS
from cipslib.errors import UserError
from cipslib.paths import read_json
from cipslib.shapes import UInt8
from cipslib.strict import build
from cipslib.yaml_file import read_yaml

KINDS = ("stand-in", "folder", "lfw")


@dataclass(frozen=True)
class Card:
    """What is known of a data set before any of it is on this machine.

    Crop and rotation are what the paper does; ``released``, what the authors' code does otherwise.
    """

    title: str
    kind: str  # stand-in: drawn; folder: pictures that the user has; lfw: fetched
    plays: str | None  # the paper's set whose part it takes
    paper_count: int | None
    licence: str
    source: str  # who made it, and where its own page is
    flips: bool
    faces: bool
    renderer: str | None = None
    obtain: str | None = None  # how to get it
    count: int | None = None  # pictures in the set, if it is whole
    size: int | None = None  # px of their shorter side, if all have the same
    crop: str = "centre"
    rotation: str = "none"  # while training: see ROTATIONS
    released: str | None = None
    unverified: str | None = None  # what of all this nobody could check

    def __post_init__(self) -> None:
        for key, known in (("kind", KINDS), ("crop", CROPS), ("rotation", ROTATIONS)):
            if getattr(self, key) not in known:
                raise ValueError(f"{key} is {getattr(self, key)!r}, must be {', '.join(known)}")
        if (self.kind == "stand-in") != (self.renderer is not None):
            raise ValueError("renderer belongs to stand-ins, and each needs one")
        for key in ("paper_count", "count", "size"):
            value = getattr(self, key)
            if value is not None and value < 1:
                raise ValueError(f"{key} is {value}, must be at least 1")
        for key in ("title", "licence", "source"):
            if not getattr(self, key).strip():
                raise ValueError(f"{key} is empty")


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
    """The card that `cips prepare` wrote beside an array.

    Raises UserError if there is none, or an earlier version wrote it.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist: {_first(path)}")
    card = read_json(path)
    missing = [
        key
        for key in ("sha256", "count", "held_out", "seed", "flips", "rotation")
        if key not in card
    ]
    if missing:
        raise UserError(f"{path} does not say {', '.join(missing)}: {_first(path)}")
    return card


def open_images(path: Path, side: int) -> UInt8[np.ndarray, "count {side} {side} 3"]:
    """The array that `cips prepare` wrote, mapped into memory: only what is read takes any.

    ``side`` is the resolution and the margin. Raises UserError if it is missing, torn, or of
    another side.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist: {_first(path)}")
    try:
        images: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path} is not a whole array: {_first(path)}") from error
    if images.shape[1:] != (side, side, 3):
        raise UserError(
            f"{path} holds images of shape {images.shape[1:]}, not {side} px: {_first(path)}"
        )
    return images


def centres(
    images: UInt8[np.ndarray, "count h w 3"], resolution: int
) -> UInt8[np.ndarray, "count {resolution} {resolution} 3"]:
    """The middle of each, without the margin, as it is shown and measured. Nothing is read."""
    top, left = ((side - resolution) // 2 for side in images.shape[1:3])
    return images[:, top : top + resolution, left : left + resolution]


def _first(path: Path) -> str:
    return f"run cips prepare {path.stem} first, with the same --params"
