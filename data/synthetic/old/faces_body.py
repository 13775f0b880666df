"""Neck, shoulders and clothes, drawn flat with made-up normals."""

from dataclasses import dataclass

import numpy as np

from synthetic.old.canvas import Canvas, bell, clamp, colour, mix, smoothstep
from synthetic.old.faces_head import HeadShape
from synthetic.old.faces_person import Person, Pose
from synthetic.old.faces_skin import SCATTER
from synthetic.old.lighting import Light, diffuse
from synthetic.old.noise import fbm, value_noise, visible
from synthetic.old.sampling import choose, normal, uniform

_CLOTH = (
    colour(34, 40, 58), colour(44, 44, 46), colour(214, 210, 204), colour(128, 130, 134),
    colour(184, 168, 142), colour(86, 90, 62), colour(98, 34, 42), colour(74, 98, 128),
    colour(176, 132, 58), colour(188, 138, 134), colour(44, 74, 60), colour(140, 168, 190),
    colour(24, 24, 26), colour(142, 78, 52), colour(92, 76, 100), colour(232, 228, 222),
)  # fmt: skip
_UP = np.array([0.0, 1.0, 0.0], dtype=np.float32)


@dataclass(frozen=True)
class Clothes:
    """Neckline and fabric; lengths in picture units, colours linear (3, 1)."""

    neckline: str
    pattern: str
    rgb: np.ndarray
    second: np.ndarray
    pitch: float
    depth: float
    neck: float
    shoulder: float
    slope: float
    lean: float
    seed: float


def sample_clothes(rng: np.random.Generator, person: Person) -> Clothes:
    """An everyday top for a person."""
    grown = 1.0 if person.age > 15 else 0.85
    return Clothes(
        neckline=choose(
            rng,
            {
                "crew": 0.38,
                "v": 0.2,
                "collar": 0.27,
                "wide": 0.0 if person.man else 0.15,
                "turtle": 0.08,
            },
        ),
        pattern=choose(
            rng, {"plain": 0.42, "knit": 0.2, "stripes": 0.14, "plaid": 0.14, "print": 0.1}
        ),
        rgb=_CLOTH[int(rng.integers(len(_CLOTH)))] * uniform(rng, 0.8, 1.2),
        second=_CLOTH[int(rng.integers(len(_CLOTH)))] * uniform(rng, 0.8, 1.2),
        pitch=uniform(rng, 6.0, 13.0),
        depth=uniform(rng, 0.5, 1.0),
        neck=normal(rng, 0.245 if person.man else 0.2, 0.014) * grown,
        shoulder=normal(rng, -0.8, 0.025),
        slope=normal(rng, 0.3 if person.man else 0.38, 0.05) / grown,
        lean=normal(rng, 0.0, 0.06),
        seed=uniform(rng, 0.0, 200.0),
    )


def _fabric(clothes: Clothes, u: np.ndarray, v: np.ndarray, cell: float) -> np.ndarray:
    """(3, m) colour of the cloth at (u, v), picture units, with its weave."""
    k = clothes.pitch
    seed = clothes.seed
    tone = 1.0 + 0.1 * fbm(u * 30.0 + seed, v * 30.0, 3, 0.8, 30.0 * cell)
    rgb = clothes.rgb * np.ones_like(u)
    if clothes.pattern == "stripes":
        rgb = mix(rgb, clothes.second, smoothstep(-0.15, 0.15, np.sin(v * k * 4.0 + 0.6 * u)))
    elif clothes.pattern == "plaid":
        bars = 0.5 * smoothstep(0.2, 0.45, np.sin(u * k * 2.2)) + 0.5 * smoothstep(
            0.2, 0.45, np.sin(v * k * 2.2)
        )
        thin = np.maximum(
            smoothstep(0.9, 0.97, np.sin(u * k * 2.2 + 2.6)),
            smoothstep(0.9, 0.97, np.sin(v * k * 2.2 + 2.6)),
        )
        rgb = mix(mix(rgb, clothes.second, 0.85 * bars), colour(220, 214, 200), 0.5 * thin)
    elif clothes.pattern == "print":
        spots = smoothstep(0.25, 0.4, value_noise(u * k * 1.6 + seed, v * k * 1.6))
        rgb = mix(rgb, clothes.second, spots)
    if clothes.pattern == "knit":
        column = u * k * 3.4
        place = np.abs(column - np.floor(column) - 0.5)
        stitch = np.sin((v * k * 3.4 + place * 1.1) * 2.0 * np.pi)
        seen = visible(4.0 * k * cell)
        tone = tone * (1.0 + seen * (0.2 * stitch - 0.5 * smoothstep(0.36, 0.5, place)))
    else:
        weave = np.sin(u * 190.0) * np.sin(v * 190.0)
        tone = tone * (1.0 + 0.12 * visible(60.0 * cell) * weave)
    return rgb * tone


def draw_body(
    canvas: Canvas,
    pose: Pose,
    light: Light,
    person: Person,
    shape: HeadShape,
    clothes: Clothes,
    seen: np.ndarray,
) -> None:
    """Neck and chest in skin, then the garment, where `seen` (n,): not behind the head."""
    x, y = canvas.grid.x, canvas.grid.y
    cell = canvas.grid.spacing
    throat = pose.project(np.array([[0.0], [-0.5], [-0.08]], np.float32))[:, 0]
    neck_x = float(throat[0])
    body_x = 0.5 * neck_x + clothes.lean
    middle = mix(body_x, neck_x, smoothstep(-1.0, -0.55, y))
    dx = x - middle
    across = np.abs(dx)
    neck = clothes.neck * pose.scale
    line = clothes.shoulder - clothes.slope * np.maximum(across - neck - 0.02, 0.0) ** 1.15
    fillet = 0.1 * bell((across - neck) / 0.1)
    line = line + fillet
    column = (y < float(throat[1]) + 0.15) & (across < neck + 0.03 + cell)
    where = np.flatnonzero(seen & (column | (y < line + 2 * cell)))
    x, y, dx, across, line = x[where], y[where], dx[where], across[where], line[where]

    below = np.maximum(line - y, 0.0)
    trunk = smoothstep(-0.02, 0.08, line - y)
    soft = 1.2 * cell
    cover = np.maximum(smoothstep(soft, -soft, across - neck), smoothstep(-soft, soft, line - y))
    roundness = clamp(dx / neck, -1.0, 1.0) * 0.92
    nx = mix(roundness, 0.55 * dx, trunk)
    ny = trunk * (0.8 * np.exp(-below / 0.09) + 0.1)
    normal_xyz = _unit(nx, ny)

    shadow, dim = _head_shadow(pose, light, shape, x, y)
    skin = person.skin * (1.0 + 0.06 * fbm(x * 12.0 + clothes.seed, y * 12.0, 4, 0.7, 12.0 * cell))
    tendon = bell((across - 0.55 * neck - 0.25 * (y + 1.0)) / 0.04) * 0.08
    collarbone = bell((y - clothes.shoulder + 0.1 + 0.1 * across) / 0.025) * smoothstep(
        0.03, 0.15, across
    )
    skin = skin * (1.0 - tendon) * (1.0 - 0.14 * collarbone)
    lit = skin * diffuse(normal_xyz, light, _UP, SCATTER, dim, shadow)
    canvas.paint(where, lit, cover)
    _draw_garment(canvas, light, clothes, where, dx, y, line, neck, nx, ny, shadow, dim)


def _unit(nx: np.ndarray, ny: np.ndarray) -> np.ndarray:
    nz = np.sqrt(np.maximum(1.0 - nx * nx - ny * ny, 0.06))
    vector = np.stack([nx, ny, nz])
    return vector / np.sqrt((vector * vector).sum(axis=0))


def _head_shadow(
    pose: Pose, light: Light, shape: HeadShape, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Key light and ambient left (m,), in the soft shadow that the head casts downwards."""
    centre = pose.project(np.array([[0.0], [0.0], [0.1]], np.float32))[:, 0]
    ax = (x - float(centre[0]) + 0.22 * float(light.key[0])) / (shape.width * pose.scale * 0.92)
    ay = (y - float(centre[1]) + 0.16) / (shape.chin * pose.scale * 1.06)
    inside = smoothstep(1.3, 0.8, ax * ax + ay * ay)
    return 1.0 - 0.74 * inside, 1.0 - 0.36 * inside


def _draw_garment(
    canvas: Canvas,
    light: Light,
    clothes: Clothes,
    where: np.ndarray,
    dx: np.ndarray,
    y: np.ndarray,
    line: np.ndarray,
    neck: float,
    nx: np.ndarray,
    ny: np.ndarray,
    shadow: np.ndarray,
    dim: np.ndarray,
) -> None:
    """The garment over the shoulders, leaving its neckline open."""
    cell = canvas.grid.spacing
    across = np.abs(dx)
    opening, hem = _neckline(clothes, across, y, neck)
    soft = 1.2 * cell
    lifted = line + (
        0.05 * smoothstep(neck + 0.14, neck, across) if clothes.neckline != "wide" else 0.0
    )
    alpha = smoothstep(-soft, soft, np.minimum(lifted - y, opening))
    drape = fbm(dx * 3.0 + 1.5 * y + clothes.seed, y * 1.6 - dx, 3, 0.6, 3.0 * cell)
    push = fbm(dx * 3.0 + 1.5 * y + clothes.seed + 0.25, y * 1.6 - dx, 3, 0.6, 3.0 * cell) - drape
    normal_xyz = _unit(nx + 0.7 * push, ny + 0.15 * drape)
    rgb = _fabric(clothes, dx, y + 0.3 * dx * dx, cell)
    if clothes.neckline in ("crew", "turtle", "v", "wide"):
        rib = 1.0 + 0.18 * visible(50.0 * cell) * np.sin(dx * 160.0)
        band = smoothstep(0.045, 0.035, hem)
        rgb = mix(rgb, clothes.rgb * rib * 0.88, band)
        rgb = rgb * (1.0 - 0.4 * bell((hem - 0.045) / 0.012))
    else:
        flap = smoothstep(0.02, -0.02, hem)
        rgb = mix(rgb, rgb * 1.12, flap) * (1.0 - 0.5 * bell(hem / 0.018))
        placket = bell(dx / 0.008) * smoothstep(0.0, 0.05, opening)
        rgb = rgb * (1.0 - 0.35 * placket)
    lit = rgb * diffuse(normal_xyz, light, _UP, 0.1, dim * (1.0 + 0.12 * drape), shadow)
    contact = 1.0 - 0.45 * smoothstep(-0.06, 0.0, opening) * (1.0 - alpha)
    canvas.darken(where, contact)
    canvas.paint(where, lit, alpha)


def _neckline(
    clothes: Clothes, across: np.ndarray, y: np.ndarray, neck: float
) -> tuple[np.ndarray, np.ndarray]:
    """Signed distance outside the opening (m,), and distance from the hem (or collar edge)."""
    base = clothes.shoulder
    if clothes.neckline == "turtle":
        outside = np.maximum(base + 0.13 - 0.5 * across**2 - y, across - neck - 0.03)
        return outside, base + 0.085 - y
    if clothes.neckline == "v":
        outside = (
            across - (neck + 0.02) * (y - base + 0.3 * clothes.depth) / (0.3 * clothes.depth)
        ) * 0.7
        return outside, outside
    if clothes.neckline == "collar":
        outside = (across - 0.9 * neck * (y - base + 0.09) / 0.2) * 0.8
        side = across - 0.15 - (y - base + 0.16) * (neck - 0.08) / 0.22
        return outside, np.maximum(side, base - 0.16 + 0.53 * (0.15 - across) - y)
    wide = 1.35 if clothes.neckline == "wide" else 1.04
    drop = (0.06 + 0.06 * clothes.depth) * (1.3 if clothes.neckline == "wide" else 1.0)
    radius = np.sqrt((across / (neck * wide)) ** 2 + (np.minimum(y - base - 0.04, 0.0) / drop) ** 2)
    outside = (radius - 1.0) * drop
    return outside, outside
