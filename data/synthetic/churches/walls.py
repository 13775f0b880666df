"""The faces of a church: masonry, roofing, windows, doors, rose windows."""

import numpy as np

from synthetic.churches.plan import Church, Surface
from synthetic.drawing.canvas import palette
from synthetic.drawing.fractal import fractal
from synthetic.drawing.maths import Values, clamp, cover, length, mix, smoothstep

_TRIM, _GLASS, _WOOD, _LAMP = palette("ded6c6 222832 543828 ffc470")


def wall_colour(
    church: Church, surface: Surface, u: Values, v: Values, half: Values, cell: Values, lamps: float
) -> Values:
    """Return the albedo (3, 1, m) of samples, and the light of windows lit from inside by `lamps`.

    (u, v) is the place from the middle of a face's foot, and `half` half its width; metres.
    `cell` is the width of what a sample covers.
    """

    def lay(rgb: Values, top: Values, inside: Values, there: Values) -> Values:
        return mix(rgb, top, there * cover(inside, cell))

    glass = _GLASS + lamps * _LAMP
    stain = fractal(0.3 * u + 3.7 * surface.height, 0.2 * v, 0.3 * cell)
    grain = fractal(2.0 * u + 5.1 * half, 2.0 * v, 2.0 * cell, 0.75)
    course = np.where(surface.roof, 0.6, church.course)
    seam = np.abs(v / course - np.rint(v / course))
    seam = 0.25 * smoothstep(0.12, 0.0, seam) * clamp(1.2 - 1.6 * cell / course, 0.0, 1.0)
    grain = 1.0 + 0.3 * stain + np.where(surface.roof, 0.34, church.rough) * grain
    rgb = np.where(surface.roof, church.roof, church.wall) * (grain * (1.0 - seam))
    pitch = 2.0 * half / np.maximum(np.floor(0.4 * half / np.maximum(surface.wide, 0.1)), 1.0)
    place = (u + half) / pitch
    aside = (place - np.floor(place) - 0.5) * pitch
    high = v - surface.sill
    inside = _arch(church, aside, high, surface.wide, surface.height)
    clear = np.abs(u - aside) >= 2.0 * surface.door * (high < 3.0 * surface.door)
    clear = clear & (surface.wide > 0.0)
    rgb = lay(rgb, _TRIM, inside + 0.3 * surface.wide + 0.12, 0.8 * clear)
    bars = cover(0.06 - np.minimum(np.abs(aside), high % 0.9), cell)
    rgb = lay(rgb, mix(glass, 0.5 * _TRIM, 0.6 * bars), inside, clear)
    for wide, tone in ((1.7, _TRIM), (1.4, 0.6 * _TRIM), (1.2, _TRIM), (1.0, _WOOD)):
        inside = _arch(church, u, v, wide * surface.door, (3.2 + 0.6 * wide) * surface.door)
        rgb = lay(rgb, tone, inside, surface.door > 0.0)
    radius = np.maximum(surface.disc, 0.1)
    x, y = u / radius, (v - surface.disc_height) / radius
    off = length(x, y)
    double = (x * x - y * y) / (off * off + 1e-9)  # the cosine of twice the angle
    spokes = np.square(double * (4.0 * double * double - 3.0))  # of six times, squared
    stone = np.maximum(smoothstep(0.7, 0.95, spokes), smoothstep(0.12, 0.04, np.abs(off - 0.55)))
    rgb = lay(rgb, _TRIM, (1.25 - off) * radius, surface.disc > 0.0)
    return lay(rgb, mix(glass, _TRIM, 0.7 * stone), (1.0 - off) * radius, surface.disc > 0.0)


def _arch(church: Church, u: Values, v: Values, half: Values, height: Values) -> Values:
    """Return the distance inside an opening with its foot at v = 0, round or pointed at the top."""
    height = np.maximum(height, 2.2 * half)
    if church.pointed:
        spring = height - 1.73 * half
        top = 2.0 * half - length(np.abs(u) + half, v - spring)
    else:
        spring = height - half
        top = half - length(u, v - spring)
    return np.where(v > spring, top, np.minimum(half - np.abs(u), v))
