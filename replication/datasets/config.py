"""The section ``datasets`` of params.yaml."""

from dataclasses import dataclass

from cipslib.datasets.prepared import CROPS

FILTERS = ("lanczos", "bicubic", "bilinear", "box")  # Pillow's; docs/fidelity.md, D1


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
    filter: str  # of resizing: one of FILTERS
    count: int | None  # how many images to take; null: all there are
    held_out: int  # how many of them are never trained on, for the test of memorisation
    seed: int  # of a synthetic set's images, of random crops, and of which are held out

    def __post_init__(self) -> None:
        for key, known in (("crop", CROPS), ("filter", FILTERS)):
            if getattr(self, key) not in known:
                raise ValueError(f"{key} is {getattr(self, key)!r}, must be {', '.join(known)}")
        for key, least in (("resolution", 8), ("margin", 0), ("held_out", 0), ("seed", 0)):
            if getattr(self, key) < least:
                raise ValueError(f"{key} is {getattr(self, key)}, must be at least {least}")
        if self.crop_size is not None and self.crop_size < self.side:
            raise ValueError(
                f"crop_size is {self.crop_size}, must be at least resolution + margin ({self.side})"
            )
        if self.count is not None and self.count < self.held_out + 2:
            raise ValueError(
                f"count is {self.count}, must be at least held_out + 2: two are to train on"
            )

    @property
    def side(self) -> int:
        """Return the side of the images in the array, px."""
        return self.resolution + self.margin
