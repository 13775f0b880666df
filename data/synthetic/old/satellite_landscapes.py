"""Stand-in for Satellite-Landscapes: cuttings of real pictures, tinted as ground from above."""

import numpy as np

from synthetic.old.canvas import Canvas, clamp, colour, luminance, make_grid, mix
from synthetic.old.canvas import smoothstep as rising
from synthetic.old.photographs import Photograph, load_photograph, look_up
from synthetic.old.sampling import chance, choose, normal, uniform
from synthetic.old.scene import Palette, pick

# How often each picture is cut. Grass and leaves rarely: they have more fine detail than scenes.
_WEIGHTS = {"jacksboro": 0.39, "immunohistochemistry": 0.3, "retina": 0.2, "grass": 0.05,
            "china": 0.06}  # fmt: skip
# Earth palettes: shade, middle, light.
_EARTH: dict[str, Palette] = {
    "desert": (colour(110, 66, 42), colour(196, 136, 84), colour(240, 208, 154)),
    "red": (colour(88, 36, 26), colour(172, 84, 50), colour(226, 156, 106)),
    "forest": (colour(20, 36, 24), colour(56, 80, 44), colour(124, 138, 80)),
    "steppe": (colour(72, 68, 42), colour(148, 136, 86), colour(210, 196, 142)),
    "ice": (colour(74, 104, 132), colour(172, 194, 210), colour(246, 248, 250)),
    "lava": (colour(26, 24, 28), colour(80, 68, 66), colour(166, 146, 132)),
    "salt": (colour(146, 116, 104), colour(210, 192, 176), colour(250, 244, 234)),
    "lagoon": (colour(8, 42, 78), colour(26, 116, 138), colour(170, 214, 194)),
    "tundra": (colour(58, 60, 48), colour(126, 108, 84), colour(182, 172, 154)),
}
# Which palettes lie low and high beside each other.
_PAIRS = (
    ("desert", "red"), ("forest", "steppe"), ("lagoon", "desert"), ("lagoon", "forest"),
    ("lava", "tundra"), ("tundra", "ice"), ("salt", "desert"), ("steppe", "desert"),
    ("forest", "tundra"), ("lagoon", "salt"), ("red", "salt"), ("lava", "ice"), ("red", "steppe"),
)  # fmt: skip


def draw_satellite_landscape(rng: np.random.Generator, resolution: int) -> np.ndarray:
    """One cutting (resolution, resolution, 3): any place, scale, angle and mirroring."""
    photograph = load_photograph(choose(rng, _WEIGHTS))
    canvas = Canvas(make_grid(resolution))
    grid = canvas.grid
    half, angle = _sample_side(rng, photograph), uniform(rng, 0.0, 2.0 * np.pi)
    centre = _sample_centre(rng, photograph, half, angle)
    mirror = -1.0 if chance(rng, 0.5) else 1.0

    def cut(x: np.ndarray, y: np.ndarray, spacing: float) -> np.ndarray:
        u, v = half * mirror * x, half * y
        across = centre[0] + u * np.cos(angle) - v * np.sin(angle)
        down = centre[1] + u * np.sin(angle) + v * np.cos(angle)
        return look_up(
            photograph, across.astype(np.float32), down.astype(np.float32), half * spacing
        )

    coarse = make_grid(8)  # the same measure of tone, whatever the resolution
    canvas.rgb[:] = _tinted(
        rng,
        photograph.cut.plain,
        cut(grid.x, grid.y, grid.spacing),
        cut(coarse.x, coarse.y, coarse.spacing),
    )
    return canvas.to_uint8()


def _sample_side(rng: np.random.Generator, photograph: Photograph) -> float:
    least, most = photograph.cut.side
    return 0.5 * float(np.exp(uniform(rng, np.log(least), np.log(most))))


def _sample_centre(
    rng: np.random.Generator, photograph: Photograph, half: float, angle: float
) -> tuple[float, float]:
    """A place for the centre that keeps the turned square within the usable area."""
    height, width = photograph.levels[0].shape[:2]
    left, right, top, bottom = photograph.cut.area
    reach = half * (abs(np.cos(angle)) + abs(np.sin(angle)))

    def between(low: float, high: float) -> float:
        return (
            uniform(rng, low + reach, high - reach) if high - low > 2 * reach else (low + high) / 2
        )

    return between(left * width, right * width), between(top * height, bottom * height)


def _tinted(
    rng: np.random.Generator, plain: bool, planes: np.ndarray, coarse: np.ndarray
) -> np.ndarray:
    """Colours (3, n) of cut planes (4, n): light and shade stay, the hues become earth's."""
    tone = np.log(luminance(coarse[:3]) + 0.02)
    mean, spread = float(tone.mean()), max(float(tone.std()), 0.05)
    depth = uniform(rng, 0.16, 0.26)
    tone = (np.log(luminance(planes[:3]) + 0.02) - mean) / spread
    tone = clamp(0.5 + depth * tone, 0.0, 1.2)
    low, high = _PAIRS[int(rng.integers(len(_PAIRS)))]
    if plain:
        low = high = choose(rng, {"forest": 0.4, "steppe": 0.25, "tundra": 0.2, "desert": 0.15})
    border = float(np.quantile(coarse[3], uniform(rng, 0.15, 0.85)))
    lie = rising(border - 0.12, border + 0.12, planes[3:] + 0.15 * (tone - 0.5))
    level = 0.5 + 0.45 * (tone - 0.5) if low == "lagoon" else tone  # water has no slopes
    earth = mix(_graded(rng, _EARTH[low], level), _graded(rng, _EARTH[high], tone), lie)
    kept = max(normal(rng, 0.15, 0.15), 0.0)  # something of the picture's own colours
    own = planes[:3] * (0.2 / max(float(luminance(coarse[:3]).mean()), 0.01))
    return mix(earth, own, kept)


def _graded(rng: np.random.Generator, palette: Palette, tone: np.ndarray) -> np.ndarray:
    shade, middle, light = (pick(rng, (stop,), 0.12) for stop in palette)
    lower = mix(0.55 * shade, shade, clamp(4.0 * tone, 0.0, 1.0))
    lower = mix(lower, middle, rising(0.15, 0.55, tone))
    return mix(lower, light, rising(0.5, 1.05, tone))
