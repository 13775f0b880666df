"""Ears, earrings and glasses."""

from dataclasses import dataclass

import numpy as np

from synthetic.old.canvas import Canvas, bell, clamp, colour, mix, smoothstep
from synthetic.old.faces_head import EYE_X, HeadShape
from synthetic.old.faces_person import Person, Pose
from synthetic.old.faces_skin import SCATTER
from synthetic.old.lighting import Light, diffuse
from synthetic.old.noise import value_noise
from synthetic.old.sampling import chance, normal, uniform

_UP = np.array([0.0, 1.0, 0.0], dtype=np.float32)
_GOLD, _SILVER = colour(226, 178, 92), colour(206, 208, 212)
_FRAMES = (
    colour(24, 22, 24), colour(66, 42, 28), colour(190, 160, 110), colour(44, 52, 74),
    colour(104, 34, 38), colour(170, 172, 176),
)  # fmt: skip


@dataclass(frozen=True)
class Ears:
    """Half height of the ear (head units), how far it stands off, and what hangs from it.

    `ring` is the radius of an earring: 0 none, small a stud, large a hoop.
    """

    height: float
    flare: float
    ring: float
    metal: np.ndarray


@dataclass(frozen=True)
class Glasses:
    """Lens half width and height, squareness (exponent), rim thickness (head units), rim colour."""

    width: float
    height: float
    squareness: float
    rim: float
    rgb: np.ndarray
    gleam: float


def sample_ears(rng: np.random.Generator, person: Person) -> Ears:
    """Ears, with studs or hoops for many women and a few men."""
    worn = chance(rng, 0.05 if person.man else 0.45)
    ring = uniform(rng, 0.045, 0.075) if chance(rng, 0.4) else uniform(rng, 0.014, 0.022)
    return Ears(
        height=normal(rng, 0.142, 0.008),
        flare=abs(normal(rng, 0.0, 0.4)),
        ring=ring if worn and person.age > 10 else 0.0,
        metal=_GOLD if chance(rng, 0.5) else _SILVER,
    )


def sample_glasses(rng: np.random.Generator, person: Person) -> Glasses | None:
    """Glasses for about one person in six, more with age."""
    worn = chance(rng, 0.11 + 0.16 * person.wrinkling)
    glasses = Glasses(
        width=normal(rng, 0.142, 0.008),
        height=normal(rng, 0.105, 0.012),
        squareness=uniform(rng, 2.0, 4.5),
        rim=uniform(rng, 0.008, 0.02),
        rgb=_FRAMES[int(rng.integers(len(_FRAMES)))],
        gleam=uniform(rng, 0.0, 0.12),
    )
    return glasses if worn else None


def draw_ear(
    canvas: Canvas,
    pose: Pose,
    light: Light,
    person: Person,
    shape: HeadShape,
    ears: Ears,
    side: int,
) -> None:
    """One ear; side is -1 (picture's left) or 1. `light` is in view coordinates."""
    turned = -side * float(np.sin(pose.yaw))  # positive when this side faces the viewer
    if turned < -0.25:
        return
    grid = canvas.grid
    root = np.array([[side * shape.width * 0.985], [-0.05], [-0.02]], np.float32)
    centre = pose.project(root)[:, 0]
    width = (0.036 + 0.03 * ears.flare + 0.066 * max(0.0, turned)) * pose.scale
    width *= float(np.clip(1.0 + 2.4 * min(0.0, turned), 0.3, 1.0))
    height = ears.height * pose.scale
    dx = side * (grid.x - float(centre[0])) / width - 0.2
    dy = (grid.y - float(centre[1])) / height
    dx = dx - 0.3 * dy
    r = np.sqrt((dx * (1.0 + 0.35 * smoothstep(0.0, -1.0, dy))) ** 2 + dy * dy)
    where = np.flatnonzero(r < 1.25)
    dx, dy, r = dx[where], dy[where], r[where]
    fold = bell((r - 0.66) / 0.13) * smoothstep(-0.9, -0.3, dy)
    bowl = bell((dx + 0.1) / 0.4) * bell((dy + 0.12) / 0.4)
    normal_xyz = np.stack([side * (0.35 + 0.5 * dx), 0.45 * dy + 0.1, np.full_like(r, 0.75)])
    normal_xyz = normal_xyz / np.sqrt((normal_xyz * normal_xyz).sum(axis=0))
    shade = (1.0 - 0.3 * fold) * (1.0 - 0.5 * bowl) * mix(0.72, 1.0, smoothstep(-0.9, 0.1, dx))
    pink = np.array([[1.02], [0.88], [0.86]], np.float32)
    lit = person.skin * pink * shade * diffuse(normal_xyz, light, _UP, SCATTER, 0.9, 0.85)
    canvas.paint(where, lit, smoothstep(1.04, 0.94, r))
    if ears.ring > 0.0:
        lobe_x = float(centre[0]) - 0.1 * side * width
        _draw_earring(canvas, light, ears, lobe_x, float(centre[1]) - 0.84 * height, pose.scale)


def _draw_earring(
    canvas: Canvas, light: Light, ears: Ears, x: float, y: float, scale: float
) -> None:
    """A stud, or a hoop that hangs from (x, y)."""
    grid = canvas.grid
    radius = ears.ring * scale
    hoop = ears.ring > 0.03
    dx, dy = (grid.x - x) / radius, (grid.y - y) / radius + (0.9 if hoop else 0.0)
    where = np.flatnonzero(dx * dx + dy * dy < 2.0)
    dx, dy = dx[where], dy[where]
    r = np.sqrt(dx * dx * (2.2 if hoop else 1.0) + dy * dy)
    cover = smoothstep(0.26, 0.1, np.abs(r - 0.88)) if hoop else smoothstep(1.1, 0.8, r)
    shine = 0.35 + 1.1 * clamp(dx * light.key[0] + dy * light.key[1] + 0.1, 0.0, 1.0)
    canvas.paint(where, ears.metal * shine * (light.key_rgb + light.sky_rgb), cover)


def draw_glasses(
    canvas: Canvas, pose: Pose, light: Light, shape: HeadShape, glasses: Glasses
) -> None:
    """Spectacles before the eyes, with their shadow; `light` is in head coordinates."""
    grid = canvas.grid
    near = np.flatnonzero((np.abs(grid.x) < 0.75) & (np.abs(grid.y - 0.06) < 0.35))
    origin, ray = pose.rays(grid.x[near], grid.y[near]), pose.view
    t = (0.6 - origin[2]) / ray[2]
    x = origin[0] + ray[0] * t
    t = (0.6 - 0.28 * x * x - origin[2]) / ray[2]
    x, y = origin[0] + ray[0] * t, origin[1] + ray[1] * t
    soft = 0.7 * grid.spacing
    rim, lens = _frame(glasses, x, y, soft)
    shift_x, shift_y = 0.03 * float(light.key[0]), 0.035
    cast, _ = _frame(glasses, x + shift_x, y + shift_y, 2.5 * soft + 0.01)
    canvas.darken(near, 1.0 - 0.32 * cast * (np.abs(x) < 0.8 * shape.width))
    band = bell((x * np.sign(x) - EYE_X + 0.9 * y - 0.03) / 0.05)
    canvas.paint(near, light.sky_rgb + 0.5 * light.key_rgb, lens * (0.012 + glasses.gleam * band))
    bulge = 0.55 + 0.7 * clamp(y / glasses.height, 0.0, 1.0)
    grain = 1.0 + 0.25 * value_noise(x * 24.0, y * 24.0)
    canvas.paint(near, glasses.rgb * bulge * grain * (light.key_rgb + light.sky_rgb), rim)
    for side in (-1, 1):
        if -side * float(np.sin(pose.yaw)) > -0.12:
            _draw_arm(canvas, pose, light, shape, glasses, side)


def _frame(
    glasses: Glasses, x: np.ndarray, y: np.ndarray, soft: float
) -> tuple[np.ndarray, np.ndarray]:
    """Coverage (m,) of rims and bridge, and of the lenses."""
    dx = np.abs((np.abs(x) - EYE_X) / glasses.width)
    dy = np.abs((y + 0.012) / glasses.height)
    power = glasses.squareness
    r = (dx**power + dy**power + 1e-9) ** (1.0 / power)
    distance = (r - 1.0) * glasses.height
    rim = smoothstep(glasses.rim + soft, glasses.rim - soft, np.abs(distance))
    arch = np.abs(y - 0.028 + 1.2 * x * x)
    bridge = smoothstep(glasses.rim + soft, glasses.rim - soft, arch) * (np.abs(x) < EYE_X)
    bridge = bridge * (distance > 0.0)
    return np.maximum(rim, bridge), smoothstep(soft, -soft, distance)


def _draw_arm(
    canvas: Canvas, pose: Pose, light: Light, shape: HeadShape, glasses: Glasses, side: int
) -> None:
    """The arm from a lens to the ear."""
    grid = canvas.grid
    hinge, ear = EYE_X + glasses.width, shape.width * 1.0
    ends = np.array(
        [[side * hinge, side * ear], [0.03, 0.02], [0.6 - 0.28 * hinge**2, 0.02]], np.float32
    )
    (x0, x1), (y0, y1) = pose.project(ends).tolist()
    length = np.hypot(x1 - x0, y1 - y0) + 1e-6
    ux, uy = float((x1 - x0) / length), float((y1 - y0) / length)
    along = (grid.x - x0) * ux + (grid.y - y0) * uy
    off = np.abs((grid.y - y0) * ux - (grid.x - x0) * uy)
    where = np.flatnonzero((along > 0.0) & (along < length) & (off < 0.06))
    soft = 0.7 * grid.spacing
    half = max(glasses.rim, 0.011) * pose.scale
    rgb = glasses.rgb * 0.8 * (light.key_rgb + light.sky_rgb)
    canvas.paint(where, rgb, smoothstep(half + soft, half - soft, off[where]))
