"""Cards: what a data set is (data/cards/*.yaml)."""

from dataclasses import dataclass
from pathlib import Path

from cipslib.datasets.augment import ROTATIONS
from cipslib.datasets.prepared import CROPS
from cipslib.utils.dataclass_from_dict import build
from cipslib.utils.errors import UserError
from cipslib.utils.yaml_file import read_yaml

KINDS = ("synthetic", "folder", "lfw")


@dataclass(frozen=True)
class Card:
    """What is known of a data set before any of it is on this machine.

    Crop and rotation are what the paper does; ``released``, what the authors' code does otherwise.
    """

    title: str
    kind: str  # synthetic: drawn; folder: images that the user has; lfw: fetched
    paper_dataset: str | None  # the paper's set in whose place it is used
    paper_count: int | None
    licence: str
    source: str  # who made it, and where its own page is
    flips: bool
    faces: bool
    renderer: str | None = None
    obtain: str | None = None  # how to get it
    count: int | None = None  # images in the set, if it is whole
    size: int | None = None  # px of their shorter side, if all have the same
    crop: str = "centre"
    rotation: str = "none"  # while training: see ROTATIONS
    released: str | None = None
    unverified: str | None = None  # what of all this nobody could check

    def __post_init__(self) -> None:
        for key, known in (("kind", KINDS), ("crop", CROPS), ("rotation", ROTATIONS)):
            if getattr(self, key) not in known:
                raise ValueError(f"{key} is {getattr(self, key)!r}, must be {', '.join(known)}")
        if (self.kind == "synthetic") != (self.renderer is not None):
            raise ValueError("renderer belongs to synthetic sets, and each needs one")
        for key in ("paper_count", "count", "size"):
            value = getattr(self, key)
            if value is not None and value < 1:
                raise ValueError(f"{key} is {value}, must be at least 1")
        for key in ("title", "licence", "source"):
            if not getattr(self, key).strip():
                raise ValueError(f"{key} is empty")


def read_card(path: Path) -> Card:
    """Read a card. Raises UserError if it does not exist or does not make sense."""
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml")))
        raise UserError(f"there is no card {path.name} in {path.parent}; there are: {known}")
    content = read_yaml(path)
    try:
        card: Card = build(Card, content, path.stem)
    except ValueError as error:
        raise UserError(f"{path}: {error}") from error
    return card
