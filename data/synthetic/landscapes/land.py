"""The lie and the colours of a land: alps, hills, plains, canyons, dunes, winter, islands."""

import numpy as np

from synthetic.drawing.canvas import palette
from synthetic.drawing.fractal import PERIOD, fractal, lift
from synthetic.drawing.maths import Values, bell, clamp, mix, smoothstep
from synthetic.drawing.sampling import chance, choose, pick, skewed, uniform

_GREY = palette("7a7470 605a58 968e82 705c4e")
_RED = palette("ac623e be7c50 96543c cca070")
_GRASS = palette("627c36 7e8a42 547038 a49654 8e7e3e 6e8c40 866840")
_WOOD = palette("243a26 324a28 40522a a06024")
_SAND = palette("e2b67a d2a068 eacea0")
_SHORE, _SNOW = palette("bcac92 e8edf6")

# Share of the images; steepness of the mountains; relief of the foreground; whether it is dry.
_KINDS = {
    "alps": (0.28, (0.12, 0.27), (0.1, 0.5), False),
    "hills": (0.24, (0.05, 0.16), (0.3, 0.8), False),
    "plain": (0.13, (0.0, 0.1), (0.03, 0.15), False),
    "canyon": (0.1, (0.08, 0.24), (0.05, 0.4), True),
    "dunes": (0.09, (0.03, 0.12), (0.3, 0.8), True),
    "winter": (0.08, (0.05, 0.25), (0.05, 0.5), False),
    "islands": (0.08, (0.06, 0.3), (0.3, 0.8), False),
}


class Land:
    """A land around the viewer. Lengths are in units of the scene; water lies at height 0.

    A rolling foreground lies at height `base`; mountains rise from `foot` to `full` distance; a
    lake of depth `hollow` is dug at the distance `lake`.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.kind = choose(rng, {name: values[0] for name, values in _KINDS.items()})
        _, steep, relief, self.dry = _KINDS[self.kind]
        wet = self.kind == "islands" or (not self.dry and chance(rng, 0.45))
        near = self.kind == "islands" or chance(rng, 0.4)  # the water begins at the viewer's feet
        self.base = -0.35 if wet and near else uniform(rng, 0.12, 0.4)
        self.relief = uniform(rng, *relief)
        self.near = 1.0 / skewed(rng, 1.4, 3.7)
        self.foot = skewed(rng, 2.7, 18.0)
        self.full = self.foot * uniform(rng, 2.0, 4.0)
        self.far = 1.0 / (self.full * uniform(rng, 0.3, 0.65))
        self.peaks = uniform(rng, *steep) * self.full
        self.lake = self.foot * uniform(rng, 0.7, 1.3)
        self.hollow = uniform(rng, 0.5, 1.0) if wet else 0.0
        self.ridges = self.kind in ("alps", "dunes", "winter") or chance(rng, 0.4)
        self.terraces = uniform(rng, 2.5, 5.0) if self.kind == "canyon" else 0.0
        self.woods = 0.0 if self.dry else uniform(rng, 0.2, 1.1)
        self.timberline = uniform(rng, 0.06, 0.16) * self.full
        snow = {"alps": uniform(rng, 0.04, 0.25) * self.full, "winter": -1.0}
        self.snowline = snow.get(self.kind, 1e3)
        self.rock = pick(rng, _RED if self.kind == "canyon" else _GREY)
        self.grass, self.second = (pick(rng, _SAND if self.dry else _GRASS) for _ in range(2))
        self.wood = pick(rng, _WOOD)
        self.shift = (uniform(rng, 0.0, PERIOD), uniform(rng, 0.0, PERIOD))

    def height(self, x: Values, z: Values, away: Values, footprint: Values) -> Values:
        """Return the height of the bare ground, at a distance `away`, averaged over a footprint."""
        u, v = self.shift
        rolling = fractal(x * self.near + u, z * self.near + v, footprint * self.near)
        height = self.base + rolling * (self.relief * smoothstep(0.2, 4.0, away))
        ratio = away / self.lake
        height = height - self.hollow * bell((ratio - 1.0 / ratio) * 0.9)
        massif = fractal(
            x * self.far + v, z * self.far + u, footprint * self.far, ridges=self.ridges
        )
        massif = np.maximum(massif + 0.35, -0.2) - 0.2 * (self.kind == "islands")
        if self.terraces:
            level = massif * self.terraces
            rest = level - np.floor(level)
            massif = np.floor(level) + smoothstep(0.55, 0.95, rest) * 0.8 + 0.2 * rest
            massif = massif / self.terraces
        return height + massif * (self.peaks * smoothstep(self.foot, self.full, away))

    def trees(
        self, height: Values, x: Values, z: Values, away: Values, footprint: Values
    ) -> tuple[Values, Values]:
        """Return the share of the ground that is under trees, and how much they raise it."""
        patch = fractal(x * 0.35 + self.shift[1], z * 0.35 + self.shift[0], footprint * 0.35)
        share = smoothstep(-0.05, 0.12, patch + 1.5 * self.woods - 1.1) * (self.woods > 0.0)
        share = share * smoothstep(0.05, 0.12, height) * smoothstep(2.0, 3.5, away)
        share = share * smoothstep(0.0, -0.8, height - self.timberline)
        return share, share * (0.09 + 0.2 * fractal(x * 9.0, z * 9.0, footprint * 9.0))

    def colour(
        self, x: Values, z: Values, height: Values, up: Values, trees: Values, footprint: Values
    ) -> Values:
        """Return the albedo: meadow, wood, rock where it is steep, sand by the water, snow on top.

        `up` is the vertical part of the unit normal, `trees` the share under trees.
        """
        u, v = self.shift
        patch = fractal(x * 0.8 + u, z * 0.8 - v, footprint * 0.8)
        fine = fractal(x * 7.0 + v, z * 7.0, footprint * 7.0, 0.75)
        rgb = mix(self.grass, self.second, clamp(0.5 + 1.1 * patch, 0.0, 1.0)) * lift(0.95 * fine)
        limit = 0.05 if self.snowline < 1e3 or self.terraces else 0.22
        strata = 3.0 * height + 0.2 * patch if self.terraces else 0.0 * patch
        bare = self.rock * lift(0.55 * fine + 0.5 * fractal(strata, 0.1 * patch, footprint))
        if self.kind != "dunes":
            rgb = mix(rgb, bare, smoothstep(limit, limit + 0.2, 1.0 - up + 0.08 * patch))
        rgb = mix(rgb, self.wood * lift(0.8 * fine + 0.3 * patch), trees)
        if self.hollow:
            rgb = mix(rgb, _SHORE * lift(fine), 0.8 * smoothstep(0.07, 0.0, height + 0.03 * fine))
        lies = clamp((height - self.snowline + 0.3 - 0.9 * patch) * 1.25, 0.0, 1.0)
        lies = lies * (1.0 - 0.75 * trees) * smoothstep(0.62, 0.3, 1.0 - up + 0.12 * fine)
        return mix(rgb, _SNOW * (1.0 + 0.1 * fine + 0.06 * patch), lies)
