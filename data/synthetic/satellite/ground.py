"""The ground of a town from above: lawns, paving, streets, cars, pools."""

import numpy as np

from synthetic.drawing.canvas import palette
from synthetic.drawing.fractal import PERIOD, fractal, lift
from synthetic.drawing.maths import Values, cover, length, mix, smoothstep
from synthetic.drawing.sampling import pick, uniform
from synthetic.satellite.town import KINDS, Town

_LAWN = palette("5c6c3a 707846 868254 54623c 968c64 647a42")
_PAVING = palette("96928c 807e7c a69c8e")
_ASPHALT = palette("5c5c5e 706e6c 848280 4e5054")
_CARS = np.concatenate(palette("e2e2e4 282a2e 969aa0 962626 3c5278 c8c8c6 545458 c4baa0"), 2)[:, 0]
_WHITE, _WATER = palette("d6d4cc 54bece")


def ground_colour(rng: np.random.Generator, town: Town) -> Values:
    """Return the albedo (3, side, side) of the ground at a town's samples."""
    s, t, cell = town.s, town.t, town.cell
    shift = uniform(rng, 0.0, PERIOD)
    broad = fractal(0.05 * s + shift, 0.05 * t, 0.05 * cell, 0.75)
    fine = fractal(0.7 * s + shift, 0.7 * t, 0.7 * cell, 0.75)
    rgb = mix(pick(rng, _LAWN), pick(rng, _LAWN), smoothstep(-0.25, 0.5, broad))
    rgb = rgb * lift(0.38 * fine + 0.2 * broad)
    paving, asphalt = (
        pick(rng, palette) * (1.0 + 0.12 * fine + 0.12 * broad) for palette in (_PAVING, _ASPHALT)
    )
    bare = town.zone.paved
    rgb = mix(rgb, paving, smoothstep(-0.05, 0.1, bare + broad))
    kind, along, deep, _ = town.plot(s, t)
    aside = (0.64 * (kind & 1) - 0.32) * town.front
    rgb = mix(rgb, 1.1 * paving, cover(np.minimum(1.5 - np.abs(along - aside), 10.0 - deep), cell))
    rgb = _lay_cars(rgb, deep - 4.0, along - aside, kind, kind % 5 < 2, cell)
    if bare == -1.0:  # gardens with pools
        off = length(along + 0.5 * aside, 0.6 * (deep - 0.5 * town.block[0] + 9.0))
        rgb = mix(rgb, _WHITE, (kind % 7 == 3) * cover(3.6 - off, cell))
        rgb = mix(rgb, _WATER * (0.8 + 0.05 * along), (kind % 7 == 3) * cover(2.4 - off, cell))
    off_s, off_t = town.off_street(s, t)
    nearest = np.minimum(off_s, off_t)
    way: Values = np.where(off_s < off_t, t, s)
    half = 0.5 * town.street
    rgb = mix(
        mix(rgb, paving, cover(half + 1.6 - nearest, cell)), asphalt, cover(half - nearest, cell)
    )
    crossing = np.maximum(off_s, off_t) < half + 2.0
    dashed = (0.12 * way - np.floor(0.12 * way) < 0.5) & ~crossing
    rgb = mix(rgb, _WHITE, 0.8 * dashed * cover(0.14 - nearest, cell))
    number = np.floor(way * (1.0 / 6.5))
    dice = (number + 3.0 * (off_s < off_t)).astype(np.intp) * 0x9E37 >> 3 & (KINDS - 1)
    parked = (dice < uniform(rng, 0.1, 0.4) * KINDS) & ~crossing
    return _lay_cars(rgb, way - 6.5 * (number + 0.5), nearest - half + 1.2, dice, parked, cell)


def _lay_cars(
    rgb: Values, along: Values, across: Values, number: Values, there: Values, cell: float
) -> Values:
    """Lay cars over the ground where `there`; (along, across) is the place from a car's middle."""

    def patch(long: float, wide: float) -> Values:
        inside = np.minimum(long - np.abs(along), wide - np.abs(across))
        return cover(inside, cell) * there

    rgb = rgb * (1.0 - 0.4 * patch(2.7, 1.4))
    rgb = mix(rgb, _CARS[:, number & 7], patch(2.2, 0.95))
    return mix(rgb, 0.2 * rgb, patch(1.1, 0.8) - patch(0.5, 0.8))  # the windows
