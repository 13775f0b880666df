"""The plan of a church: its style, nave, aisles and transept, towers and domes."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from synthetic.drawing.canvas import colour
from synthetic.drawing.maths import Values
from synthetic.drawing.sampling import chance, choose, pick, uniform

_STONE = [colour(176, 164, 142), colour(196, 186, 164), colour(150, 144, 134),
          colour(126, 120, 114), colour(190, 170, 136)]  # fmt: skip
_BRICK = [colour(150, 84, 62), colour(168, 100, 74), colour(132, 70, 56)]
_PLASTER = [colour(236, 214, 160), colour(230, 190, 150), colour(214, 220, 214),
            colour(238, 228, 206), colour(190, 206, 216)]  # fmt: skip
_WHITE = [colour(238, 236, 230), colour(226, 224, 220)]
_SLATE = [colour(88, 92, 100), colour(70, 74, 84), colour(104, 100, 98)]
_TILE = [colour(170, 84, 56), colour(150, 72, 52), colour(186, 104, 70), colour(128, 90, 74)]
_COPPER = [colour(112, 160, 140), colour(92, 132, 118)]
_DOME = [colour(206, 160, 62), colour(60, 90, 150), colour(70, 120, 90), colour(90, 96, 104)]

# Share of the images; walls, roofs; how rough and how high the courses of the walls are; whether
# arches are pointed; rise of roofs; what ends the towers.
_STYLES = {
    "gothic": (0.24, _STONE, _SLATE + _TILE[:1], 0.42, 0.6, 1.0, (1.1, 1.7), "needle"),
    "romanesque": (0.2, _STONE, _TILE, 0.42, 0.6, 0.0, (0.6, 1.1), "pyramid"),
    "baroque": (0.18, _PLASTER, _TILE + _COPPER, 0.16, 50.0, 0.0, (0.6, 1.1), "onion"),
    "orthodox": (0.14, _WHITE + _PLASTER, _COPPER + _SLATE, 0.16, 50.0, 0.0, (0.6, 1.1), "dome"),
    "boards": (0.16, _WHITE, _SLATE + _TILE[:1], 0.1, 0.35, 0.0, (0.6, 1.1), "needle"),
    "brick": (0.08, _BRICK, _SLATE + _TILE[:1], 0.28, 0.3, 1.0, (1.0, 1.5), "pyramid"),
}
Pair = tuple[float, float]


class Surface(NamedTuple):
    """What a solid's sides are like: of a wall, or of a `roof` (1), which has no windows.

    `sill`, `height`, `wide` (half): of the windows; `door`: half its width, `disc`: the height and
    radius of a rose window, both at the front alone. No width or radius: none.
    """

    roof: Values
    sill: Values = 0.0
    height: Values = 0.0
    wide: Values = 0.0
    door: Values = 0.0
    disc_height: Values = 0.0
    disc: Values = 0.0


_ROOF = Surface(1.0)


class Lathe(NamedTuple):
    """A dome `width` in radius, on a drum from `low` to `high` (as low: none)."""

    x: float
    z: float
    width: float
    low: float
    high: float


@dataclass
class Church:
    """A church: solids, as rows of `make_solids`, with their surfaces; and domes."""

    turn: Pair  # cosine and sine
    wall: np.ndarray
    roof: np.ndarray
    cap: np.ndarray  # of domes
    rough: float
    course: float  # height of a row of stones
    pointed: bool
    pitch: float
    spire: str
    rows: list[tuple[float, ...]] = field(default_factory=list)
    surfaces: list[Surface] = field(default_factory=list)
    domes: list[Lathe] = field(default_factory=list)

    @property
    def height(self) -> float:
        """Return the height of the highest tip."""
        return max(row[-1] for row in self.rows)

    def add(self, surface: Surface, middle: Pair, below: Pair, above: Pair, heights: Pair) -> None:
        """Add a solid with half sizes `below` and `above`."""
        self.rows.append((*middle, *below, *above, *heights))
        self.surfaces.append(surface)

    def hall(self, surface: Surface, z: float, half: Pair, eaves: float, above: Pair) -> None:
        """Add walls, and a roof that is as wide as `above` on top."""
        self.add(surface, (0.0, z), half, half, (0.0, eaves))
        rise = self.pitch * max(half[0] - above[0], half[1] - above[1])
        self.add(_ROOF, (0.0, z), half, above, (eaves, eaves + rise))


def sample_church(rng: np.random.Generator, turn: Pair) -> Church:
    """Return a church, turned by an angle given as its cosine and sine."""
    style = choose(rng, {name: values[0] for name, values in _STYLES.items()})
    _, walls, roofs, rough, course, pointed, pitch, spire = _STYLES[style]
    wall, roof, dome = pick(rng, walls), pick(rng, roofs), pick(rng, _DOME)
    cap = dome if style == "orthodox" or (spire == "onion" and chance(rng, 0.5)) else roof
    if style == "orthodox" and chance(rng, 0.7):
        spire = "onion"
    church = Church(
        turn, wall, roof, cap, rough, course, pointed > 0.0, uniform(rng, *pitch), spire
    )
    half = uniform(rng, 4.0, 7.0)
    long = uniform(rng, 8.0, 18.0)
    eaves = half * uniform(rng, 1.3, 2.3)
    rose = 0.3 * half * chance(rng, 0.4)
    nave = Surface(0.0, 0.3 * eaves, 0.52 * eaves, uniform(rng, 0.45, 0.8), min(0.3 * half, 1.7),
                   0.78 * eaves, rose)  # fmt: skip
    church.hall(nave, long, (half, long), eaves, (0.0, long))
    _add_towers(rng, church, half, long, eaves + church.pitch * half)
    if chance(rng, 0.45):
        low = eaves * uniform(rng, 0.4, 0.55)
        wide = half * uniform(rng, 1.4, 1.7)
        aisles = Surface(0.0, 0.3 * low, 0.45 * low, uniform(rng, 0.4, 0.7))
        church.hall(aisles, long, (wide, long - 0.6), low, (0.8 * half, long - 0.6))
    if chance(rng, 0.35):
        deep = half * uniform(rng, 0.6, 0.9)
        wide = half * uniform(rng, 1.4, 1.9)
        arms = Surface(0.0, 0.25 * eaves, 0.5 * eaves, 0.18 * deep + 0.3)
        church.hall(arms, long * uniform(rng, 1.0, 1.5), (wide, deep), eaves, (wide, 0.0))
    return church


def _add_towers(
    rng: np.random.Generator, church: Church, half: float, long: float, ridge: float
) -> None:
    """Add a tower before or beside the nave, two at its front, or domes on it."""
    domed = church.spire in ("onion", "dome")
    plan = choose(rng, {"front": 0.5, "side": 0.2, "twin": 0.16, "domes": 0.4 if domed else 0.0})
    width = half * uniform(rng, 0.45, 0.65)
    if plan == "domes":
        top = ridge + half * uniform(rng, 0.3, 0.9)
        if chance(rng, 0.5):
            for x, z in ((-0.68, 0.68), (0.68, 0.68), (-0.68, -0.68), (0.68, -0.68)):
                place = (x * half, long + z * half)
                _top_out(church, place, 0.45 * width, ridge - 0.8 * half, top - 0.45 * half)
        _top_out(church, (0.0, long), 0.9 * width, ridge - 0.6 * half, top)
        return
    places = {
        "front": [(0.0, -0.4 * width)],
        "side": [(-half - 0.8 * width, uniform(rng, 0.0, 1.6) * long)],
        "twin": [(0.4 * width - half, 0.3), (half - 0.4 * width, 0.3)],
    }[plan]
    high = ridge * uniform(rng, 1.0, 1.7)
    door = 0.4 * width if plan == "front" else 0.0
    rose = 0.36 * width * chance(rng, 0.35)
    lantern = width * uniform(rng, 0.7, 1.3) * chance(rng, 0.4)
    for place in places:
        size = (width, width)
        belfry = Surface(0.0, 0.76 * high, 0.16 * high, 0.16 * width, door, 0.6 * high, rose)
        church.add(belfry, place, size, size, (0.0, high))
        if lantern:  # a narrower stage on the tower
            size = (0.8 * width, 0.8 * width)
            windows = Surface(0.0, high + 0.2 * lantern, 0.55 * lantern, 0.15 * width)
            church.add(windows, place, size, size, (high, high + lantern))
        _top_out(church, place, size[0], high + lantern, high + lantern)


def _top_out(church: Church, middle: Pair, width: float, low: float, high: float) -> None:
    """End a tower, or a drum from `low` to `high`, with a spire or a dome, and a cross."""
    rise = {"needle": 3.4, "pyramid": 1.5, "onion": 2.1, "dome": 1.5}[church.spire] * width
    if church.spire in ("needle", "pyramid"):
        wide = (1.1 * width, 1.1 * width)
        church.add(_ROOF, middle, wide, (0.0, 0.0), (high, high + rise))
    else:
        church.domes.append(Lathe(*middle, width, low, high))
    size = 0.3 + 0.16 * width
    thin = (0.12 * size, 0.12 * size)
    church.add(_ROOF, middle, thin, thin, (high + rise - size, high + rise + 3.0 * size))
    arms = (high + rise + 1.8 * size, high + rise + 2.1 * size)
    church.add(_ROOF, middle, (size, thin[1]), (size, thin[1]), arms)
