"""The plan of a town: streets at right angles, plots along them, and what is built on each plot.

Lengths are in metres. Town coordinates (s, t) run along the two directions of the streets.
"""

from typing import NamedTuple

import numpy as np

from synthetic.drawing.canvas import Canvas, palette
from synthetic.drawing.maths import Values, clamp, cos, sin
from synthetic.drawing.sampling import chance, choose, pick, uniform

KINDS = 256  # of plots; each plot of a town is of one of them
_TILES = palette("a8583a 8e4a36 ba7450 70524a 605a5c 7c7068 524a4e")
_SHEETS = palette("c4c2bc a8a6a4 d6d4ce 8c8c8e 96a8b6 ac806c")


class Zone(NamedTuple):
    """How a part of a town is built: shares, and ranges in metres or of a plot's size."""

    share: float  # of the images
    block: tuple[float, float]  # from street to street, across two rows of plots
    front: tuple[float, float]  # a plot's, along the street
    setback: tuple[float, float]
    along: tuple[float, float]  # of the plot's front that a house takes
    deep: tuple[float, float]  # of the plot's depth
    height: tuple[float, float]
    flat: float  # share of flat roofs
    wing: float  # share of houses with a wing
    trees: float
    paved: float  # -1: nothing but lawns, 1: no lawns


_ZONES = [
    Zone(0.5, (50, 64), (15, 23), (3.5, 7), (0.5, 0.75), (0.34, 0.56), (4, 7.5), 0.15, 0.55, 0.2,
         -1.0),  # a suburb
    Zone(0.18, (38, 52), (8, 14), (0.5, 1), (1, 1), (0.42, 0.62), (8, 14), 0.3, 0.4, 0.12, 0.0),
    Zone(0.16, (60, 84), (30, 52), (3, 8), (0.5, 0.92), (0.36, 0.5), (10, 22), 0.65, 0.0, 0.25,
         -0.4),  # blocks of flats
    Zone(0.16, (70, 110), (30, 55), (4, 14), (0.65, 0.92), (0.5, 0.8), (6, 12), 0.8, 0.3, 0.0,
         0.3),  # works
]  # fmt: skip


class House(NamedTuple):
    """A building on each kind of plot, (KINDS,), or of the plots that samples are on.

    `along` and `deep` are the place of its middle; height 0: none.
    """

    along: Values
    deep: Values
    half_along: Values
    half_deep: Values
    height: Values
    flat: Values
    hip: Values
    red: Values
    green: Values
    blue: Values


class Town:
    """A town with streets at any angle, as an image shows it, and the sun over it.

    (s, t) are the samples' places and `cell` their distance; `block` the streets' distances and
    `front` a plot's length along them; `sun` the unit vector (s, t, up) towards the sun.
    """

    def __init__(self, rng: np.random.Generator, canvas: Canvas) -> None:
        zone = _ZONES[int(choose(rng, {str(i): zone.share for i, zone in enumerate(_ZONES)}))]
        angle = uniform(rng, -np.pi, np.pi)
        self.zone = zone
        half = uniform(rng, 33.0, 46.0)  # an image's; varies by a fifth, as in the real set
        box = canvas.box()
        right, up = half * float(cos(angle)), half * float(sin(angle))
        self.s = box.x * right + box.y * up + uniform(rng, -500.0, 500.0)
        self.t = box.y * right - box.x * up + uniform(rng, -500.0, 500.0)
        self.cell = half * canvas.spacing
        self.street = uniform(rng, 6.0, 10.0)
        self.front = uniform(rng, *zone.front)
        self.rows = int(uniform(rng, 90.0, 150.0) / self.front)
        self.block = (uniform(rng, *zone.block), self.rows * self.front + self.street)
        self.houses = _sample_houses(rng, zone, self.front, 0.5 * (self.block[0] - self.street))
        angle = uniform(rng, -np.pi, np.pi)
        elevation = uniform(rng, 0.5, 1.15)
        flat = float(cos(elevation))
        self.sun = (float(cos(angle)) * flat, float(sin(angle)) * flat, float(sin(elevation)))
        direct = uniform(rng, 0.2, 0.5) if chance(rng, 0.1) else uniform(rng, 1.2, 1.5)
        self.sun_rgb = direct * pick(rng, palette("fff6e6 ffecce"), 0.05)
        self.ambient = pick(rng, palette("96a8c4"))

    def off_street(self, s: Values, t: Values) -> tuple[Values, Values]:
        """Return the distances from the nearest street's middle in both directions."""
        across, along = self.block
        return np.abs(s - across * np.rint(s / across)), np.abs(t - along * np.rint(t / along))

    def plot(self, s: Values, t: Values) -> tuple[Values, Values, Values, Values]:
        """Return each point's kind of plot, place along and behind its front, and the side.

        The side of the street is +1 where depth grows with s and -1 where it falls.
        """
        column = np.floor(s * (2.0 / self.block[0]))
        side = 1.0 - 2.0 * (column.astype(np.intp) & 1)
        deep = self.off_street(s, 0.0)[0] - 0.5 * self.street
        block = np.floor(t / self.block[1])
        inside = t - block * self.block[1] - 0.5 * self.street
        row = clamp(np.floor(inside / self.front), 0.0, self.rows - 1.0)
        kind = (37.0 * column + 11.0 * row + 101.0 * block).astype(np.intp) & (KINDS - 1)
        return kind, inside - (row + 0.5) * self.front, deep, side


def _sample_houses(
    rng: np.random.Generator, zone: Zone, front: float, depth: float
) -> tuple[House, House]:
    def spread(low: float, high: float) -> np.ndarray:
        return low + (high - low) * rng.random(KINDS)

    half_along = 0.5 * front * spread(*zone.along)
    half_deep = 0.5 * depth * spread(*zone.deep)
    along = spread(-0.6, 0.6) * (0.5 * front - half_along)
    deep = half_deep + np.minimum(spread(*zone.setback), depth - 2.0 * half_deep)
    height = spread(*zone.height) * (rng.random(KINDS) < 0.92)
    flat = rng.random(KINDS) < zone.flat
    tiles, sheets = (
        np.concatenate([pick(rng, colours, 0.2) for _ in range(4)], axis=2)[:, 0]
        for colours in (_TILES, _SHEETS)
    )
    which = (4.0 * rng.random(KINDS)).astype(np.intp)
    rgb = np.where(flat, sheets[:, which], tiles[:, which]) * spread(0.8, 1.2)
    hip = (rng.random(KINDS) < 0.5) & (zone.along[1] < 1.0)
    main = House(along, deep, half_along, half_deep, height, flat, hip, *rgb)
    wing = main._replace(
        along=along + np.where(hip, half_along, -half_along) * spread(0.3, 0.7),
        deep=deep + half_deep * spread(0.4, 1.1),
        half_along=half_along * spread(0.25, 0.45),
        half_deep=half_deep * spread(0.5, 0.8),
        height=0.7 * height * (rng.random(KINDS) < zone.wing),
    )
    return wing, main
