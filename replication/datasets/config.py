"""The section ``datasets`` of params.yaml."""

from dataclasses import dataclass

from cipslib.datasets.prepared import CROPS
from replication.datasets.decode import FILTERS


@dataclass(frozen=True)
class DatasetConfig:
    """Which data set (data/cards/<card>.yaml), and the array that `cips prepare` makes of it."""

    card: str
    # Relative to the root: images (a folder, an archive, ...), or the program that draws a
    # synthetic set or fetches one.
    source: str
    resolution: int  # of what is trained and measured
    margin: int  # px more on a side of the array: room for random crops and turns in training
    crop: str  # centre or random: the square's place; none: images must be square
    crop_size: int | None  # the square's side in the source's pixels; null: as large as it can be
    filter: str  # of resizing: lanczos, bicubic, bilinear, box
    count: int | None  # how many images to take; null: all there are
    held_out: int  # how many of them are never trained on, for the test of memorisation
    seed: int  # of a synthetic set's images, of random crops, and of which are held out

    def __post_init__(self) -> None:
        if self.card.startswith("stand-in-"):
            name = self.card.replace("stand-in-", "synthetic-")
            raise ValueError(f"card is {self.card}, which has a new name: {name}")
        if self.resolution < 8:
            raise ValueError(f"resolution is {self.resolution}, must be at least 8")
        if self.margin < 0:
            raise ValueError(f"margin is {self.margin}, must not be negative")
        for key, known in (("crop", CROPS), ("filter", FILTERS)):
            if getattr(self, key) not in known:
                raise ValueError(f"{key} is {getattr(self, key)!r}, must be {', '.join(known)}")
        if self.crop_size is not None and self.crop_size < self.side:
            raise ValueError(
                f"crop_size is {self.crop_size}, must be at least resolution + margin ({self.side})"
            )
        if self.count is not None and self.count < 2:
            raise ValueError(f"count is {self.count}, must be at least 2")
        if self.held_out < 0 or (self.count is not None and self.held_out > self.count - 2):
            raise ValueError(
                f"held_out is {self.held_out}, must be from 0 to count - 2: two are to train on"
            )
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}, must not be negative")

    @property
    def side(self) -> int:
        """Return the side of the images in the array, px."""
        return self.resolution + self.margin
