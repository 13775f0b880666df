"""Synthetic Satellite-Landscapes: mountains, dunes, coasts, rivers, fields from straight above."""

import numpy as np

from synthetic.drawing.canvas import Canvas, palette
from synthetic.drawing.fractal import PERIOD, fractal, lift
from synthetic.drawing.maths import Values, clamp, cos, cover, dot, mix, sin, smoothstep, unit
from synthetic.drawing.sampling import chance, choose, pick, uniform

# Earth: shade, middle, light.
_EARTH = {
    "desert": palette("6e422a c48854 f0d09a"),
    "red": palette("58241a ac5432 e29c6a"),
    "forest": palette("142418 38502c 7c8a50"),
    "steppe": palette("48442a 948856 d2c48e"),
    "ice": palette("4a6884 beceda f6f8fa"),
    "lava": palette("1a181c 504442 a69284"),
    "salt": palette("927468 d2c0b0 faf4ea"),
    "tundra": palette("3a3c30 7e6c54 b6ac9a"),
}
# Which kinds lie low and high beside each other; the first two have dunes.
_PAIRS = [("desert", "red"), ("salt", "desert"), ("forest", "steppe"), ("steppe", "forest"),
          ("lava", "tundra"), ("tundra", "ice"), ("steppe", "desert"), ("forest", "tundra"),
          ("red", "salt"), ("lava", "ice"), ("red", "steppe"), ("forest", "ice")]  # fmt: skip
(_SHALLOW,) = palette("6ebeb4")
_WATERS = palette("103454 1a6078 284a4e 466056 605c46")
_CROPS = palette("969c54 5c743a beac6e 7a684a 466036 cec080 708846 a07e54")


def draw_satellite_landscape(rng: np.random.Generator, resolution: int) -> np.ndarray:
    """Return one image (resolution, resolution, 3), uint8."""
    canvas = Canvas(resolution)
    kind = choose(rng, {"mountains": 0.34, "hills": 0.32, "plain": 0.2, "dunes": 0.14})
    relief = Relief(rng, canvas, kind)
    low, high = _PAIRS[int(rng.random() * (2 if kind == "dunes" else len(_PAIRS)))]
    rough = fractal(4.0 * relief.x, 4.0 * relief.y, 4.0 * relief.cell, 0.75)
    tone = clamp(relief.lit + 0.12 * rough + 0.1 * relief.height, 0.0, 1.2)
    border = uniform(rng, -0.3, 0.3)
    lie = smoothstep(border - 0.15, border + 0.15, relief.height + 0.15 * rough)
    rgb = mix(_graded(rng, low, tone), _graded(rng, high, tone), lie)
    if kind == "plain" and chance(rng, 0.7):
        rgb = _lay_fields(rng, relief, rgb, tone)
    wet = "dry" if kind == "dunes" else choose(rng, {"dry": 0.3, "river": 0.4, "sea": 0.3})
    if wet == "river":
        rgb = _lay_river(rng, relief, rgb, tone)
    elif wet == "sea":
        rgb = _flood(rng, relief, rgb, rough)
    canvas.rgb[:] = rgb
    return canvas.to_uint8(uniform(rng, 0.9, 1.1))


class Relief:
    """A land at any place, scale and angle: the samples' places (x, y), `cell` apart.

    Heights are mostly in [-1, 1]; `lit` is the light of a low sun, about 0.5 on level ground.
    """

    def __init__(self, rng: np.random.Generator, canvas: Canvas, kind: str) -> None:
        half = uniform(rng, 1.6, 3.4)
        angle = uniform(rng, -np.pi, np.pi)
        whole = canvas.box()
        across, down = half * float(cos(angle)), half * float(sin(angle))
        self.x = x = whole.x * across - whole.y * down + uniform(rng, 0.0, PERIOD)
        self.y = y = whole.x * down + whole.y * across + uniform(rng, 0.0, PERIOD)
        self.cell = cell = half * canvas.spacing
        bend = uniform(rng, 0.3, 1.2)
        u = x + bend * fractal(0.3 * x, 0.3 * y, 0.3 * cell, 0.3)
        v = y + bend * fractal(0.3 * x + 7.3, 0.3 * y, 0.3 * cell, 0.3)
        height = 0.9 * fractal(0.4 * u, 0.4 * v, 0.4 * cell, 0.3)
        if kind == "dunes":
            wave = uniform(rng, 1.2, 2.2) * u + 0.5 * v + 0.5 * fractal(u, v, cell, 0.3)
            saw = wave - np.floor(wave)
            crest = np.minimum(saw * 1.4, (1.0 - saw) * 3.5)
            height = height + uniform(rng, 0.1, 0.25) * crest * smoothstep(-0.5, 0.3, height)
        else:
            height = height + 0.7 * fractal(u, v, cell, 0.55, ridges=kind == "mountains")
        steep = {"mountains": 0.8, "hills": 0.4, "plain": 0.12, "dunes": 0.4}[kind]
        steep = steep * uniform(rng, 0.7, 1.3) / cell
        down_slope, right_slope = np.gradient(height)
        normal = unit(-steep * right_slope, steep * down_slope, 1.0)
        azimuth = uniform(rng, -np.pi, np.pi)
        sun = (0.62 * float(cos(azimuth)), 0.62 * float(sin(azimuth)), 0.52)
        self.height = height
        self.lit = np.maximum(dot(normal, sun), 0.0)


def _graded(rng: np.random.Generator, earth: str, tone: Values) -> Values:
    """Return the colours (3, side, side) of a kind of earth for tones from dark to light."""
    shade, middle, light = (pick(rng, (stop,), 0.12) for stop in _EARTH[earth])
    lower = mix(0.4 * shade, shade, clamp(4.0 * tone, 0.0, 1.0))
    lower = mix(lower, middle, smoothstep(0.15, 0.55, tone))
    return mix(lower, light, smoothstep(0.5, 1.05, tone))


def _lay_fields(rng: np.random.Generator, relief: Relief, rgb: Values, tone: Values) -> Values:
    """Lay a patchwork of fields over the flat parts of a land."""
    long, wide = uniform(rng, 2.5, 5.0), uniform(rng, 4.0, 11.0)
    across = long * relief.x + 0.12 * fractal(relief.x, relief.y, relief.cell)
    down = wide * relief.y + 0.37 * np.floor(across)
    dice = (np.floor(across) * 31.0 + np.floor(down) * 17.0).astype(np.intp)
    edges = [np.abs(part - np.rint(part)) / size for part, size in ((across, long), (down, wide))]
    crops = np.concatenate([pick(rng, _CROPS) for _ in range(9)], axis=2)[:, 0]
    field = crops[:, (dice * dice + (dice >> 2)) % 9] * (0.4 + 1.1 * tone)
    field = field * (0.72 + 0.28 * cover(np.minimum(*edges), 2.0 * relief.cell))
    tilled = smoothstep(0.25, 0.1, relief.height - uniform(rng, -0.3, 0.4))
    return mix(rgb, field, tilled * (dice * 7 % 11 != 3))


def _lay_river(rng: np.random.Generator, relief: Relief, rgb: Values, tone: Values) -> Values:
    """Lay a winding river with green or sandy banks over a land."""
    scale = uniform(rng, 0.3, 0.5)
    bend = fractal(2.0 * relief.x, 2.0 * relief.y, 2.0 * relief.cell)
    off = np.abs(fractal(scale * relief.x + 3.1, scale * relief.y, 0.0, 0.3) + 0.07 * bend)
    width = uniform(rng, 0.015, 0.05)
    bank = pick(rng, [_EARTH["forest"][1], _EARTH["salt"][1], _EARTH["forest"][2]])
    rgb = mix(rgb, bank * (0.4 + tone), 0.8 * smoothstep(4.0 * width, 1.2 * width, off))
    water = cover(width - off, relief.cell * scale)
    return mix(rgb, pick(rng, _WATERS) * (1.0 + 0.1 * bend), water)


def _flood(rng: np.random.Generator, relief: Relief, rgb: Values, rough: Values) -> Values:
    """Flood the low parts of a land; shallows are lighter, and the shore may have surf."""
    depth = uniform(rng, -0.35, 0.1) - relief.height
    water = pick(rng, _WATERS)
    shallow = mix(water, _SHALLOW, uniform(rng, 0.1, 0.7))
    sea = mix(shallow, water, smoothstep(0.0, 0.4, depth + 0.1 * rough)) * lift(0.15 * rough)
    beach = pick(rng, _EARTH["salt"][1:])
    rgb = mix(rgb, beach, 0.7 * smoothstep(-0.07, -0.01, depth + 0.03 * rough))
    return mix(rgb, sea, smoothstep(-0.015, 0.015, depth))
