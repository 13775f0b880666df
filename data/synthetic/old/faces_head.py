"""Shape of the head: a tapered superellipsoid with a relief of nose, brow, sockets, lips, chin."""

from dataclasses import dataclass

import numpy as np

from synthetic.old.canvas import Grid, clamp, smoothstep
from synthetic.old.faces_person import Person, Pose
from synthetic.old.sampling import normal

EYE_X = 0.215  # half the distance of the pupils, in head units
MOUTH_Y = -0.42
DEPTH = 0.58
_SMOOTH_STEPS, _RELIEF_STEPS = 2, 3  # of Newton's method, without and with the relief
_MAIN_BUMP = 0.045  # height of the bumps that matter for where the surface is, not just its slope

Relief = tuple[tuple[float, float, float, float, float], ...]


@dataclass(frozen=True)
class HeadShape:
    """Half width, heights above and below the eyes, jaw taper and squareness, and the relief.

    Each row of `relief` is one Gaussian bump on |x|: (x, y, width x, width y, height).
    """

    width: float
    top: float
    chin: float
    taper: float
    squareness: float
    relief: Relief
    nose_y: float
    nose_width: float

    def half_width(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Half width of the head's box at height y, and its derivative."""
        drop = clamp(-y / self.chin, 0.0, 1.2)
        width = self.width * (1.0 - self.taper * drop * drop)
        return width, (2.0 * self.width * self.taper / self.chin) * drop


@dataclass(frozen=True)
class Surface:
    """Visible points of an object.

    where: (m,) sample indices; point, normal: (3, m) in head coordinates; alpha: (m,) coverage;
    back: (3, m) where the viewing ray leaves the object again (a guess, for hollow shells).
    """

    where: np.ndarray
    point: np.ndarray
    normal: np.ndarray
    alpha: np.ndarray
    back: np.ndarray

    def part(self, keep: np.ndarray) -> "Surface":
        """The samples that the (m,) mask keeps."""
        return Surface(
            self.where[keep],
            self.point[:, keep],
            self.normal[:, keep],
            self.alpha[keep],
            self.back[:, keep],
        )


def sample_head(rng: np.random.Generator, person: Person) -> HeadShape:
    """A face shape that fits the person's age and presentation."""
    child = float(np.clip((15.0 - person.age) / 8.0, 0.0, 1.0))
    old = person.wrinkling
    man = 1.0 if person.man and person.age > 15 else 0.0
    nose_y = normal(rng, -0.245, 0.014) + 0.03 * child
    nose_width = normal(rng, 0.058 + 0.006 * man + 0.012 * person.melanin, 0.006)
    nose = normal(rng, 1.0 + 0.1 * man + 0.1 * old - 0.35 * child, 0.15)
    bridge = normal(rng, 1.05 - 0.35 * person.melanin, 0.2) * (1.0 - 0.4 * child)
    cheek = normal(rng, 1.0, 0.45)
    lips = normal(rng, 0.85 + 0.5 * person.melanin, 0.15)
    chin = normal(rng, 1.0 + 0.25 * man, 0.25)
    brow = 0.022 + 0.02 * man
    relief = (
        (0.0, -0.09, 0.05, 0.15, 0.065 * bridge),
        (0.0, nose_y + 0.01, 0.062, 0.07, 0.125 * nose),
        (nose_width, nose_y - 0.005, 0.034, 0.034, 0.045 * nose),
        (0.17, 0.115, 0.15, 0.05, brow),
        (EYE_X, 0.015, 0.1, 0.055, -0.05 - 0.015 * old),
        (EYE_X, -0.003, 0.075, 0.045, 0.034),
        (0.29, -0.16, 0.11, 0.09, 0.03 * cheek),
        (0.25, -0.33, 0.08, 0.09, -0.014 * max(0.0, cheek - 0.6) - 0.02 * old),
        (0.0, -0.4, 0.17, 0.12, 0.05),
        (0.0, MOUTH_Y + 0.035, 0.11, 0.026, 0.02 * lips),
        (0.0, MOUTH_Y - 0.038, 0.1, 0.03, 0.026 * lips),
        (0.0, MOUTH_Y - 0.095, 0.1, 0.03, -0.022),
        (0.0, -0.6, 0.12, 0.08, 0.05 * chin),
        (0.43, 0.16, 0.1, 0.14, -0.02),
    )
    return HeadShape(
        width=normal(rng, 0.482 + 0.012 * man + 0.01 * child, 0.016),
        top=normal(rng, 0.665, 0.015),
        chin=normal(rng, 0.685 + 0.015 * man - 0.055 * child, 0.02),
        taper=normal(rng, 0.335 - 0.06 * man, 0.05),
        squareness=normal(rng, 2.5 + 0.25 * man, 0.16),
        relief=relief,
        nose_y=nose_y,
        nose_width=nose_width,
    )


def enter_ellipsoid(
    origin: np.ndarray, ray: np.ndarray, radii: tuple[float, float, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where rays origin + t·ray meet an ellipsoid: middle t, half chord, and a mask of hits.

    Rays that miss get a half chord of 0, so that t is their closest approach.
    """
    inverse = (1.0 / np.square(np.array(radii, dtype=np.float32)))[:, None]
    direction = ray[:, None]
    a = float((direction * direction * inverse).sum())
    b = (origin * (direction * inverse)).sum(axis=0)
    c = (origin * origin * inverse).sum(axis=0) - 1.0
    discriminant = b * b - a * c
    half = np.sqrt(np.maximum(discriminant, 0.0)) * (1.0 / a)
    return b * (-1.0 / a), half, discriminant > 0.0


def head_surface(grid: Grid, pose: Pose, shape: HeadShape) -> Surface:
    """Intersect the viewing rays with the head, relief included (Newton's method)."""
    centre_x, centre_y = pose.offset[:, 0].tolist()
    box = (np.abs(grid.x - centre_x) < 0.7) & (np.abs(grid.y - centre_y) < 0.95)
    box = np.flatnonzero(box)
    origin = pose.rays(grid.x[box], grid.y[box])
    ray = pose.view
    reach = (1.06 * shape.width, 1.07 * max(shape.top, shape.chin), 1.2 * DEPTH)
    middle, half, hit = enter_ellipsoid(origin, ray, reach)
    where = box[hit]
    origin, middle, t = origin[:, hit], middle[hit], (middle + half)[hit]
    main = tuple(bump for bump in shape.relief if abs(bump[4]) > _MAIN_BUMP)
    steps = _SMOOTH_STEPS + _RELIEF_STEPS
    for step in range(steps + 1):
        x, y, z = origin + ray[:, None] * t
        value, gradient = _field(shape, x, y, z, main if step >= _SMOOTH_STEPS else ())
        if step < steps:
            slope = np.maximum(ray @ gradient, 0.6)
            t = t - clamp(value / slope, -0.15, 0.15)
    alpha = smoothstep(0.06, 0.0, value)
    keep = np.flatnonzero(alpha > 0.003)
    point = np.stack([x, y, z])[:, keep]
    _, gradient = _field(shape, point[0], point[1], point[2], shape.relief)
    length = np.sqrt((gradient * gradient).sum(axis=0)) + 1e-6
    back = (origin + ray[:, None] * (2.0 * middle - t))[:, keep]
    return Surface(where[keep], point, gradient / length, alpha[keep], back)


def _field(
    shape: HeadShape, x: np.ndarray, y: np.ndarray, z: np.ndarray, relief: Relief
) -> tuple[np.ndarray, np.ndarray]:
    """Implicit function of the head, negative inside, and its gradient (3, m)."""
    width, width_slope = shape.half_width(y)
    front = clamp(z * 5.0, 0.0, 1.0)
    height, slope_x, slope_y = _heights(relief, x, y) if relief else (0.0, 0.0, 0.0)
    side = x / width
    forward = (z - front * height) * (1.0 / DEPTH)
    limit = np.where(y > 0.0, shape.top, shape.chin).astype(np.float32)
    power = np.where(y > 0.0, 2.7, shape.squareness).astype(np.float32)
    steep = np.abs(y / limit) ** (power - 1.0)
    value = side * side + forward * forward + steep * np.abs(y / limit) - 1.0
    pull = (2.0 / DEPTH) * forward
    gradient = np.stack(
        [
            2.0 * side / width - pull * front * slope_x,
            power * steep * np.sign(y) / limit
            - 2.0 * side * side * width_slope / width
            - pull * front * slope_y,
            pull,
        ]
    )
    return value, gradient


def _heights(
    relief: Relief, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Height of the relief towards z and its derivatives along x and y, each (m,)."""
    across = np.abs(x)
    height, slope_x, slope_y = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    for centre_x, centre_y, width_x, width_y, amount in relief:
        dx = (across - centre_x) * (1.0 / width_x)
        dy = (y - centre_y) * (1.0 / width_y)
        bump = amount * np.exp(-dx * dx - dy * dy)
        height += bump
        slope_x -= bump * dx * (2.0 / width_x)
        slope_y -= bump * dy * (2.0 / width_y)
    return height, slope_x * np.sign(x), slope_y
