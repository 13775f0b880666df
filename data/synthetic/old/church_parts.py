"""What a church is put together from: solids with their material and openings.

Metres; the front stands at z = 0 and faces the viewer, the nave runs away along z.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from synthetic.old.church_styles import Style
from synthetic.old.solids import Point, Solid


@dataclass(frozen=True)
class Row:
    """Windows side by side on each wall: sill and height, half a window's width, their pitch."""

    sill: float
    height: float
    half: float
    pitch: float


@dataclass(frozen=True)
class Part:
    """A solid of one material; `door` and `rose` (height, radius) are on its first face only."""

    solid: Solid
    rgb: np.ndarray
    material: str
    rows: tuple[Row, ...] = ()
    door: float = 0.0
    rose: tuple[float, float] = (0.0, 0.0)
    clock: float = 0.0


@dataclass
class Church:
    """Parts, the tips that carry a cross (x, y, z) with its size, and the overall height."""

    style: Style
    turn: float
    parts: list[Part] = field(default_factory=list)
    tips: list[tuple[Point, float]] = field(default_factory=list)
    height: float = 0.0

    def add(self, solid: Solid, rgb: np.ndarray, material: str) -> None:
        """Add a part without openings."""
        self.parts.append(Part(solid, rgb, material))
        self.height = max(self.height, float(solid.corners[:, 1].max()))

    def wall(self, solid: Solid, *rows: Row) -> None:
        """Add walls with rows of windows."""
        self.add(solid, self.style.wall, self.style.texture)
        self.parts[-1] = replace(self.parts[-1], rows=rows)

    def roof(self, solid: Solid) -> None:
        """Add a roof of the church's tiles or slates."""
        self.add(solid, self.style.roof, "tiles")
