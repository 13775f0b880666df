"""Out-of-focus backgrounds for portraits: studio, wall, room, landscape, foliage, lights."""

import numpy as np

from synthetic.old.canvas import Canvas, clamp, colour, mix, smoothstep
from synthetic.old.noise import fbm, value_noise
from synthetic.old.sampling import choose, normal, uniform

_STUDIO = (
    colour(92, 96, 104), colour(150, 150, 148), colour(60, 62, 66), colour(196, 190, 180),
    colour(112, 104, 92), colour(82, 98, 116), colour(120, 92, 78), colour(206, 206, 204),
    colour(92, 104, 92), colour(40, 42, 48), colour(136, 148, 156), colour(168, 142, 118),
)  # fmt: skip
_WALLS = (
    colour(190, 180, 162), colour(164, 168, 164), colour(146, 92, 72), colour(206, 200, 190),
    colour(124, 132, 128), colour(176, 150, 120), colour(130, 140, 152), colour(104, 90, 80),
)  # fmt: skip
_ROOM = (
    colour(120, 84, 58), colour(214, 202, 180), colour(74, 66, 62), colour(160, 132, 100),
    colour(96, 104, 108), colour(230, 222, 206), colour(88, 60, 46), colour(140, 62, 50),
    colour(64, 84, 80),
)  # fmt: skip
_GREENS = (
    colour(62, 88, 44), colour(98, 124, 62), colour(44, 64, 40), colour(132, 146, 82),
    colour(150, 120, 62), colour(84, 104, 66),
)  # fmt: skip
_SKIES = (
    colour(176, 204, 230), colour(214, 222, 228), colour(142, 180, 216), colour(232, 212, 190),
)  # fmt: skip
_LIGHTS = (
    colour(255, 206, 140), colour(255, 236, 206), colour(200, 214, 240), colour(240, 160, 96),
)  # fmt: skip


def _pick(rng: np.random.Generator, palette: tuple[np.ndarray, ...]) -> np.ndarray:
    jitter = rng.normal(1.0, 0.04, (3, 1)).astype(np.float32)
    return palette[int(rng.integers(len(palette)))] * jitter * uniform(rng, 0.8, 1.2)


def draw_background(canvas: Canvas, rng: np.random.Generator, seen: np.ndarray) -> None:
    """Fill the samples `seen` (n,) of the canvas with one of the kinds of background."""
    kinds = {
        "studio": 0.25,
        "wall": 0.15,
        "room": 0.22,
        "outdoors": 0.14,
        "foliage": 0.14,
        "night": 0.1,
    }
    draw = {
        "studio": _studio,
        "wall": _wall,
        "room": _room,
        "outdoors": _outdoors,
        "foliage": _foliage,
        "night": _night,
    }[choose(rng, kinds)]
    where = np.flatnonzero(seen)
    x, y = canvas.grid.x[where], canvas.grid.y[where]
    rgb = draw(rng, x, y, canvas.grid.spacing)
    corner = 1.0 - uniform(rng, 0.0, 0.3) * smoothstep(0.7, 1.5, np.sqrt(x * x + y * y))
    canvas.rgb[:, where] = clamp(rgb * corner, 0.004, 1.3)


def _seed(rng: np.random.Generator) -> float:
    return uniform(rng, 0.0, 250.0)


def _studio(rng: np.random.Generator, x: np.ndarray, y: np.ndarray, cell: float) -> np.ndarray:
    base = _pick(rng, _STUDIO)
    glow_x, glow_y = normal(rng, 0.0, 0.5), normal(rng, 0.0, 0.4)
    distance = np.sqrt((x - glow_x) ** 2 + (y - glow_y) ** 2)
    level = mix(uniform(rng, 1.1, 1.5), uniform(rng, 0.45, 0.9), smoothstep(0.0, 1.8, distance))
    cloth = fbm(x * 2.2 + _seed(rng), y * 2.2 + _seed(rng), 5, 0.55, 2.2 * cell)
    return base * (level * (1.0 + uniform(rng, 0.03, 0.22) * cloth))


def _wall(rng: np.random.Generator, x: np.ndarray, y: np.ndarray, cell: float) -> np.ndarray:
    base = _pick(rng, _WALLS)
    slope = normal(rng, 0.0, 0.22)
    seed = _seed(rng)
    plaster = fbm(x * 5.0 + seed, y * 5.0 - seed, 6, 0.7, 5.0 * cell)
    rgb = base * ((1.0 + slope * x + 0.1 * y) * (1.0 + uniform(rng, 0.08, 0.28) * plaster))
    if uniform(rng, 0.0, 1.0) < 0.45:
        return rgb
    rows = uniform(rng, 4.0, 7.0)
    if uniform(rng, 0.0, 1.0) < 0.5:  # bricks
        row = np.floor(y * rows)
        along = x * rows * 0.45 + 0.5 * (row % 2.0)
        brick = np.floor(along)
        joint = np.minimum(np.abs(along - brick - 0.5) / 0.45 * 1.0, 2.0)
        gap = np.maximum(
            smoothstep(0.98, 1.09, joint), smoothstep(0.38, 0.46, np.abs(y * rows - row - 0.5))
        )
        tone = value_noise(brick * 7.3 + seed + 0.5, row * 3.1 + 0.5)
        return mix(rgb * (1.0 + 0.25 * tone), rgb.mean(axis=1, keepdims=True) * 1.25, 0.6 * gap)
    plank = np.floor(x * rows)
    tone = value_noise(plank * 5.7 + seed, plank * 0.0 + 0.5)
    grain = fbm(x * 26.0, y * 1.6 + 9.0 * plank, 3, 0.6, 26.0 * cell)
    gap = smoothstep(0.42, 0.49, np.abs(x * rows - plank - 0.5))
    return rgb * ((1.0 + 0.22 * tone + 0.16 * grain) * (1.0 - 0.6 * gap))


def _panels(
    rng: np.random.Generator,
    rgb: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    palette: tuple[np.ndarray, ...],
    count: int,
) -> np.ndarray:
    """Blurred upright rectangles: shelves, doors, windows, houses."""
    for _ in range(count):
        centre, half = uniform(rng, -1.1, 1.1), uniform(rng, 0.06, 0.35)
        low, high = uniform(rng, -1.4, 0.2), uniform(rng, 0.2, 1.3)
        blur = uniform(rng, 0.02, 0.09)
        cover = smoothstep(blur, -blur, np.abs(x - centre) - half)
        cover = cover * smoothstep(-blur, blur, y - low) * smoothstep(blur, -blur, y - high)
        rgb = mix(rgb, _pick(rng, palette), cover * uniform(rng, 0.5, 0.95))
    return rgb


def _room(rng: np.random.Generator, x: np.ndarray, y: np.ndarray, cell: float) -> np.ndarray:
    rgb = _pick(rng, _ROOM) * (1.0 + 0.25 * y + normal(rng, 0.0, 0.2) * x)
    rgb = _panels(rng, rgb, x, y, _ROOM, int(rng.integers(3, 9)))
    if uniform(rng, 0.0, 1.0) < 0.4:  # shelves of blurred books
        seed, rows = _seed(rng), uniform(rng, 1.4, 2.4)
        row = np.floor(y * rows)
        spine = value_noise(x * uniform(rng, 9.0, 18.0) + 31.0 * row + seed, row + 0.5)
        hue = value_noise(x * 11.0 + 17.0 * row, row + seed)
        books = mix(_pick(rng, _ROOM), _pick(rng, _ROOM), 0.5 + 0.5 * hue) * (1.0 + 0.6 * spine)
        ledge = smoothstep(0.38, 0.48, np.abs(y * rows - row - 0.5))
        rgb = mix(rgb, books * (1.0 - 0.7 * ledge), 0.8)
    if uniform(rng, 0.0, 1.0) < 0.5:
        rgb = _discs(rng, rgb, x, y, int(rng.integers(1, 5)), 0.8)
    return rgb * (1.0 + 0.06 * fbm(x * 6.0 + _seed(rng), y * 6.0, 5, 0.7, 6.0 * cell)) * 0.85


def _discs(
    rng: np.random.Generator,
    rgb: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    count: int,
    power: float,
) -> np.ndarray:
    """Out-of-focus points of light."""
    for _ in range(count):
        radius = uniform(rng, 0.03, 0.13)
        r = np.sqrt((x - uniform(rng, -1, 1)) ** 2 + (y - uniform(rng, -0.6, 1)) ** 2) / radius
        cover = smoothstep(1.12, 0.9, r) * (0.7 + 0.3 * r) * uniform(rng, 0.2, 1.0) * power
        rgb = rgb + _LIGHTS[int(rng.integers(4))] * (0.6 * clamp(cover, 0.0, 1.0))
    return rgb


def _outdoors(rng: np.random.Generator, x: np.ndarray, y: np.ndarray, cell: float) -> np.ndarray:
    seed = _seed(rng)
    clouds = smoothstep(-0.1, 0.9, fbm(x * 1.3 + seed, y * 2.6, 5, 0.55, 2.6 * cell))
    sky = mix(_pick(rng, _SKIES) * (1.0 - 0.2 * y), colour(236, 236, 234), 0.6 * clouds)
    horizon = uniform(rng, -0.4, 0.45)
    ridge = horizon + uniform(rng, 0.05, 0.3) * fbm(
        x * uniform(rng, 1.0, 2.4) + seed, y * 0.0, 4, 0.55
    )
    leaves = fbm(x * 6.0 + seed, y * 6.0, 5, 0.75, 6.0 * cell)
    land = _pick(rng, _GREENS) * (1.0 + 0.5 * leaves)
    near = _pick(rng, _GREENS + _WALLS) * (1.0 + 0.2 * leaves)
    blur = uniform(rng, 0.02, 0.08)
    rgb = mix(sky, land, smoothstep(blur, -blur, y - ridge))
    if uniform(rng, 0.0, 1.0) < 0.35:
        rgb = _panels(rng, rgb, x, y, _WALLS, int(rng.integers(2, 6)))
    return mix(rgb, near, smoothstep(0.15, -0.15, y - horizon + uniform(rng, 0.2, 0.7)))


def _foliage(rng: np.random.Generator, x: np.ndarray, y: np.ndarray, cell: float) -> np.ndarray:
    seed, scale = _seed(rng), uniform(rng, 2.2, 5.0)
    warp = value_noise(x * 2.0 + seed, y * 2.0)
    coarse = fbm(x * scale + seed + 0.4 * warp, y * scale, 6, 0.78, scale * cell)
    hue = fbm(x * 1.5, y * 1.5 + seed, 3)
    base = mix(_pick(rng, _GREENS), _pick(rng, _GREENS), 0.5 + 0.6 * hue)
    rgb = base * np.exp(1.1 * coarse - 0.1)
    gaps = smoothstep(0.45, 0.85, coarse + 0.25 * y)
    rgb = mix(rgb, _pick(rng, _SKIES), gaps * uniform(rng, 0.1, 0.8))
    return _discs(rng, rgb, x, y, int(rng.integers(0, 6)), 0.35)


def _night(rng: np.random.Generator, x: np.ndarray, y: np.ndarray, cell: float) -> np.ndarray:
    base = _pick(rng, (colour(44, 40, 44), colour(36, 42, 56), colour(62, 48, 40)))
    rgb = base * (1.0 + 0.5 * fbm(x * 2.0 + _seed(rng), y * 2.0, 5, 0.6, 2.0 * cell))
    rgb = _panels(rng, rgb, x, y, (base * 2.0, base * 0.6, colour(110, 84, 60)), 4)
    return _discs(rng, rgb, x, y, int(rng.integers(5, 16)), 0.7)
