"""Synthetic Satellite-Buildings: streets, plots, roofs and trees from straight above.

Each sample looks up what kind of plot it is on, and what is built there; so an image costs the same
however many buildings it shows.
"""

import numpy as np

from synthetic.drawing.canvas import Canvas, palette
from synthetic.drawing.fractal import PERIOD, fractal, lift
from synthetic.drawing.maths import Values, clamp, cos, cover, length, mix, sin
from synthetic.drawing.sampling import pick, uniform
from synthetic.satellite.ground import ground_colour
from synthetic.satellite.town import KINDS, House, Town

_CROWNS = palette("3e522c 506234 30442a 606a3e 685c34")
_PITCH = 0.62  # rise of a roof


def draw_satellite_buildings(rng: np.random.Generator, resolution: int) -> np.ndarray:
    """Return one image (resolution, resolution, 3), uint8."""
    canvas = Canvas(resolution)
    town = Town(rng, canvas)
    canvas.rgb[:] = ground_colour(rng, town)
    small, tall = (_Trees(rng, town, uniform(rng, *pitch)) for pitch in ((4, 6.5), (7, 10)))
    shade = [trees.shade() for trees in (small, tall)]
    shade += [_shade(town, house) for house in town.houses]
    direct = town.sun[2] * (1.0 - np.maximum.reduce(shade))
    canvas.rgb *= town.sun_rgb * direct + town.ambient
    small.draw(canvas)
    for house in town.houses:
        _draw_roofs(canvas, town, house)
    tall.draw(canvas)
    return canvas.to_uint8(uniform(rng, 0.85, 1.1))


def _find(town: Town, house: House, s: Values, t: Values) -> tuple[Values, Values, Values, House]:
    """Return the place from the middle of the house on each sample's plot, the side, the house."""
    kind, along, deep, side = town.plot(s, t)
    own = House(*(part.take(kind) for part in house))
    return along - own.along, deep - own.deep, side, own


def _shade(town: Town, house: House) -> Values:
    """Return the share of each sample in the shade of a building.

    There a ray to the sun meets its box: on the sample's own plot, or on one that it is over later.
    """
    sun_s, sun_t, up = town.sun
    shades = []
    for reach in (0.0, 0.7 * town.zone.height[1] / up):
        u, v, side, own = _find(town, house, town.s + reach * sun_s, town.t + reach * sun_t)
        first, last = 0.0, own.height / up
        for place, half, run in (
            (u - reach * sun_t, own.half_along, sun_t),
            (v - reach * side * sun_s, own.half_deep, side * sun_s),
        ):
            slow = 1.0 / np.where(np.abs(run) < 1e-3, 1e-3, run)
            first = np.maximum(first, -place * slow - half * np.abs(slow))
            last = np.minimum(last, -place * slow + half * np.abs(slow))
        shades.append(clamp((last - first) * length(sun_s, sun_t) / (1.2 * town.cell), 0.0, 1.0))
    return np.maximum(*shades)


def _draw_roofs(canvas: Canvas, town: Town, house: House) -> None:
    """Draw roofs in the light of the sun: gables along the longer side, hips, or fltown."""
    u, v, side, own = _find(town, house, town.s, town.t)
    inside = np.minimum(own.half_along - np.abs(u), own.half_deep - np.abs(v))
    where = (inside > -town.cell) & (own.height > 0.0)
    u, v, side, inside, s, t = (part[where] for part in (u, v, side, inside, town.s, town.t))
    own = House(*(part[where] for part in own))
    nearer = own.half_along - np.abs(u) > own.half_deep - np.abs(v)
    falls_deep = np.where(own.hip, nearer, own.half_along > own.half_deep)
    fall = _PITCH * np.sign(np.where(falls_deep, v, u))
    towards = np.where(falls_deep, side * town.sun[0], town.sun[1])
    facing = np.maximum(town.sun[2] + fall * towards, 0.0) / np.sqrt(1.0 + _PITCH * _PITCH)
    lit = town.sun_rgb[:, 0] * np.where(own.flat, town.sun[2], facing) + town.ambient[:, 0]
    edge = 1.0 - 0.3 * cover(1.3 - inside, town.cell) + 0.6 * cover(0.45 - inside, town.cell)
    off = np.maximum(*(np.abs(part - 4.0 * np.rint(0.25 * part)) for part in (u, v)))
    edge = edge + 0.5 * (inside > 2.0) * cover(0.7 - off, town.cell)  # a parapet, ventilators
    grime = lift(0.4 * fractal(0.35 * s, 0.35 * t, 0.35 * town.cell, 0.75))
    rgb = np.stack([own.red, own.green, own.blue]) * (np.where(own.flat, edge, 1.0) * grime) * lit
    canvas.rgb[:, where] = mix(canvas.rgb[:, where], rgb, cover(inside, town.cell))


class _Trees:
    """Trees on a grid of any angle, one to each of its cells at most; cells are of KINDS kinds."""

    def __init__(self, rng: np.random.Generator, town: Town, pitch: float) -> None:
        angle = uniform(rng, -np.pi, np.pi)
        self.town = town
        self.pitch = pitch
        self.turn = (float(cos(angle)), float(sin(angle)))
        self.radius = pitch * (0.2 + 0.28 * rng.random(KINDS))
        self.aside = (2.0 * rng.random((2, KINDS)) - 1.0) * (0.5 * pitch - self.radius)
        self.rare = rng.random(KINDS)
        leaves = np.concatenate([pick(rng, _CROWNS, 0.2) for _ in range(5)], axis=2)[:, 0]
        self.rgb = leaves[:, (5.0 * rng.random(KINDS)).astype(np.intp)]
        self.shift = uniform(rng, 0.0, PERIOD)

    def find(self, s: Values, t: Values) -> tuple[Values, Values, Values, Values]:
        """Return the kind of cell, the place from its tree's middle, its radius (0: no tree)."""
        right, up = self.turn
        p = (s * right + t * up) / self.pitch
        q = (t * right - s * up) / self.pitch
        kind = (59.0 * np.floor(p) + 83.0 * np.floor(q)).astype(np.intp) & (KINDS - 1)
        p = (p - np.floor(p) - 0.5) * self.pitch - self.aside[0].take(kind)
        q = (q - np.floor(q) - 0.5) * self.pitch - self.aside[1].take(kind)
        p, q = p * right - q * up, p * up + q * right
        radius = self.radius.take(kind)
        grove = fractal(0.03 * (s - p) + self.shift, 0.03 * (t - q), 0.5)
        there = self.rare.take(kind) < self.town.zone.trees + 0.5 * grove
        off = np.minimum(*self.town.off_street(s - p, t - q))
        return kind, p, q, radius * (there & (off > 0.5 * (self.town.street + radius)))

    def shade(self) -> Values:
        """Return the share of each sample in the shade of a tree."""
        sun_s, sun_t, up = self.town.sun
        throw = 0.32 * self.pitch / up
        _, p, q, radius = self.find(self.town.s + sun_s * throw, self.town.t + sun_t * throw)
        return cover(radius - length(p, q), self.town.cell)

    def draw(self, canvas: Canvas) -> None:
        """Draw ragged crowns, lit on the side of the sun."""
        kind, p, q, radius = self.find(self.town.s, self.town.t)
        where = radius > 0.0
        kind, p, q, radius, s, t = (
            part[where] for part in (kind, p, q, radius, self.town.s, self.town.t)
        )
        rough = fractal(0.7 * s + self.shift, 0.7 * t, 0.7 * self.town.cell, 0.75)
        sun = self.town.sun
        facing = clamp(0.55 + 0.5 * (p * sun[0] + q * sun[1]) / radius, 0.1, 1.2)
        lit = self.town.sun_rgb[:, 0] * facing + self.town.ambient[:, 0]
        alpha = cover(radius * (0.85 + 0.35 * rough) - length(p, q), self.town.cell)
        rgb = self.rgb[:, kind] * lit * lift(0.8 * rough)
        canvas.rgb[:, where] = mix(canvas.rgb[:, where], rgb, alpha)
