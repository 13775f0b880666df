"""The plan of a church: its style, nave, aisles and transept, towers and domes."""

from typing import NamedTuple

import numpy as np

from synthetic.drawing.canvas import palette
from synthetic.drawing.maths import Values
from synthetic.drawing.sampling import chance, choose, pick, uniform

_STONE = palette("b0a48e c4baa4 969086 7e7872 beaa88")
_BRICK = palette("96543e a8644a 844638")
_PLASTER = palette("ecd6a0 e6be96 d6dcd6 eee4ce beced8")
_WHITE = palette("eeece6 e2e0dc")
_SLATE = palette("585c64 464a54 686462")
_TILE = palette("aa5438 964834 ba6846 805a4a")
_COPPER = palette("70a08c 5c8476")
_DOME = palette("cea03e 3c5a96 46785a 5a6068")

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


class Church:
    """A church, turned from the viewer by an angle (cosine and sine).

    It has solids, as rows of `Solids`, with their surfaces; and domes, as rows (x, z, radius, foot
    of the drum, foot of the dome).
    """

    def __init__(self, rng: np.random.Generator, turn: Pair) -> None:
        style = choose(rng, {name: values[0] for name, values in _STYLES.items()})
        _, walls, roofs, self.rough, self.course, pointed, pitch, self.spire = _STYLES[style]
        self.turn = turn
        self.pointed = pointed > 0.0
        self.wall = pick(rng, walls)
        self.roof = pick(rng, roofs)
        self.cap = pick(rng, _DOME) if style == "orthodox" or chance(rng, 0.3) else self.roof
        self.spire = "onion" if style == "orthodox" and chance(rng, 0.7) else self.spire
        self.rows: list[tuple[float, ...]] = []
        self.surfaces: list[Surface] = []
        self.domes: list[tuple[float, ...]] = []
        half = uniform(rng, 4.0, 7.0)
        long = uniform(rng, 8.0, 18.0)
        eaves = half * uniform(rng, 1.3, 2.3)
        self.pitch = uniform(rng, *pitch)
        rose = 0.3 * half * chance(rng, 0.4)
        wide = uniform(rng, 0.45, 0.8)
        nave = Surface(0.0, 0.3 * eaves, 0.52 * eaves, wide, 0.25 * half, 0.78 * eaves, rose)
        self._add_hall(nave, long, (half, long), eaves, (0.0, long))
        self._add_towers(rng, half, long, eaves + self.pitch * half)
        if chance(rng, 0.45):
            low = eaves * uniform(rng, 0.4, 0.55)
            wide = half * uniform(rng, 1.4, 1.7)
            aisles = Surface(0.0, 0.3 * low, 0.45 * low, uniform(rng, 0.4, 0.7))
            self._add_hall(aisles, long, (wide, long - 0.6), low, (0.8 * half, long - 0.6))
        if chance(rng, 0.35):
            deep = half * uniform(rng, 0.6, 0.9)
            wide = half * uniform(rng, 1.4, 1.9)
            arms = Surface(0.0, 0.25 * eaves, 0.5 * eaves, 0.18 * deep + 0.3)
            self._add_hall(arms, long * uniform(rng, 1.0, 1.5), (wide, deep), eaves, (wide, 0.0))
        self.height = max(row[-1] for row in self.rows)

    def _add(self, surface: Surface, middle: Pair, below: Pair, above: Pair, heights: Pair) -> None:
        """Add a solid with half sizes `below` and `above`."""
        self.rows.append((*middle, *below, *above, *heights))
        self.surfaces.append(surface)

    def _add_hall(self, surface: Surface, z: float, half: Pair, eaves: float, above: Pair) -> None:
        """Add walls, and a roof that is as wide as `above` on top."""
        self._add(surface, (0.0, z), half, half, (0.0, eaves))
        rise = self.pitch * max(half[0] - above[0], half[1] - above[1])
        self._add(_ROOF, (0.0, z), half, above, (eaves, eaves + rise))

    def _add_towers(self, rng: np.random.Generator, half: float, long: float, ridge: float) -> None:
        """Add a tower before or beside the nave, two at its front, or domes on it."""
        domed = 0.4 * (self.spire in ("onion", "dome"))
        plan = choose(rng, {"front": 0.5, "side": 0.2, "twin": 0.16, "domes": domed})
        width = half * uniform(rng, 0.45, 0.65)
        if plan == "domes":
            top = ridge + half * uniform(rng, 0.3, 0.9)
            if chance(rng, 0.5):
                for x, z in ((-0.68, 0.68), (0.68, 0.68), (-0.68, -0.68), (0.68, -0.68)):
                    place = (x * half, long + z * half)
                    self._top_out(place, 0.45 * width, ridge - 0.8 * half, top - 0.45 * half)
            self._top_out((0.0, long), 0.9 * width, ridge - 0.6 * half, top)
            return
        places = {
            "front": [(0.0, -0.4 * width)],
            "side": [(-half - 0.8 * width, uniform(rng, 0.0, 1.6) * long)],
            "twin": [(0.4 * width - half, 0.3), (half - 0.4 * width, 0.3)],
        }[plan]
        high = ridge * uniform(rng, 1.0, 1.7)
        door = 0.4 * width * (plan == "front")
        rose = 0.36 * width * chance(rng, 0.35)
        lantern = width * uniform(rng, 0.7, 1.3) * chance(rng, 0.4)
        for place in places:
            size = (width, width)
            belfry = Surface(0.0, 0.76 * high, 0.16 * high, 0.16 * width, door, 0.6 * high, rose)
            self._add(belfry, place, size, size, (0.0, high))
            if lantern:  # a narrower stage on the tower
                size = (0.8 * width, 0.8 * width)
                windows = Surface(0.0, high + 0.2 * lantern, 0.55 * lantern, 0.15 * width)
                self._add(windows, place, size, size, (high, high + lantern))
            self._top_out(place, size[0], high + lantern, high + lantern)

    def _top_out(self, middle: Pair, width: float, low: float, high: float) -> None:
        """End a tower, or a drum from `low` to `high`, with a spire or a dome, and a cross."""
        rise = {"needle": 3.4, "pyramid": 1.5, "onion": 2.1, "dome": 1.5}[self.spire] * width
        if self.spire in ("needle", "pyramid"):
            wide = (1.1 * width, 1.1 * width)
            self._add(_ROOF, middle, wide, (0.0, 0.0), (high, high + rise))
        else:
            self.domes.append((*middle, width, low, high))
        tip = high + rise
        size = 0.3 + 0.16 * width
        thin = (0.12 * size, 0.12 * size)
        arms = (size, thin[1])
        self._add(_ROOF, middle, thin, thin, (tip - size, tip + 3.0 * size))
        self._add(_ROOF, middle, arms, arms, (tip + 1.8 * size, tip + 2.1 * size))
