"""Where the head is seen: pose, visible surface and the relief of the face."""

from dataclasses import dataclass, replace

import numpy as np

from synthetic.drawing.canvas import Box
from synthetic.drawing.maths import Values, Vector, bell, clamp, cos, sin, smoothstep, unit
from synthetic.drawing.sampling import normal
from synthetic.faces.person import Person

EYE_X = 0.215  # half the distance of the pupils, in head units
MOUTH_Y = -0.42


@dataclass(frozen=True)
class Pose:
    """Placing of the head, which turns to the right and nods upwards by angles (cos, sin).

    x, y: image coordinates of the head's centre at eye level; scale: half images per head unit.
    """

    turn: tuple[float, float]
    nod: tuple[float, float]
    scale: float
    x: float = 0.0
    y: float = 0.0

    def to_head(self, x: Values, y: Values, z: Values) -> Vector:
        """Rotate view coordinates (right, up, to the viewer) into head coordinates."""
        deep = self.nod[1] * y + self.nod[0] * z
        upright = self.nod[0] * y - self.nod[1] * z
        across = self.turn[0] * x - self.turn[1] * deep
        return across, upright, self.turn[1] * x + self.turn[0] * deep

    def project(self, x: float, y: float, z: float) -> tuple[float, float]:
        """Return the image coordinates of a point in head coordinates."""
        across = self.turn[0] * x + self.turn[1] * z
        height = self.nod[0] * y + self.nod[1] * (self.turn[0] * z - self.turn[1] * x)
        return self.x + self.scale * across, self.y + self.scale * height


def sample_pose(rng: np.random.Generator, person: Person) -> Pose:
    """Draw a pose; eyes and mouth stay where FFHQ has them."""
    yaw = clamp(normal(rng, 0.0, 0.24), -0.55, 0.55)
    pitch = clamp(normal(rng, -0.01, 0.08), -0.18, 0.18)
    turn, nod = ((float(cos(angle)), float(sin(angle))) for angle in (yaw, pitch))
    centred = Pose(turn, nod, scale=normal(rng, 1.13, 0.022))
    x, y = centred.project(0.0, 0.2 * MOUTH_Y, person.width)
    return replace(centred, x=normal(rng, -x, 0.008), y=normal(rng, -y, 0.008))


@dataclass(frozen=True)
class Surface:
    """The visible side of a head: points and unit normals in head coordinates, and coverage."""

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    normal: Vector
    alpha: np.ndarray
    spacing: float


def see_egg(
    box: Box, pose: Pose, person: Person, side: float = 0.0, crown: float = 0.0, swell: Values = 1.0
) -> Surface:
    """Find the visible points of an egg: the person's head, or hair so thick on side and crown.

    The egg is squeezed into a unit sphere, and the sphere is turned. `swell` scales its radius.
    """
    width = person.width + side
    top = person.top + crown
    height = (box.y - pose.y) / pose.scale
    rise = height * np.where(height > 0.0, 1.0 / top, 1.0 / person.chin)
    drop = clamp(-rise, 0.0, 1.1)
    half = width * (1.0 - person.taper * drop * drop)
    p = (box.x - pose.x) / (pose.scale * half * swell)
    q = rise * (0.7 + 0.3 * np.abs(rise)) / swell  # a squarer curve than a circle
    rest = 1.0 - p * p - q * q
    x, squeezed, z = pose.to_head(p, q, np.sqrt(np.maximum(rest, 0.0)))
    stretched = (np.sqrt(0.49 + 1.2 * np.abs(squeezed)) - 0.7) * (np.sign(squeezed) / 0.6)
    y = stretched * np.where(squeezed > 0.0, top, person.chin)
    facing = unit(x / width, squeezed / 0.67, z / 0.55)
    soft = 1.6 * box.spacing / width
    return Surface(x * half, y, z * width, facing, smoothstep(-soft, soft, rest), box.spacing)


def see_face(box: Box, pose: Pose, person: Person) -> Surface:
    """Find the visible points of a head with its relief; the nose covers what is behind it."""
    egg = see_egg(box, pose, person)
    front = smoothstep(0.0, 0.15, egg.z)
    nose = 0.13 * person.nose * bell(egg.x / 0.07) * bell((egg.y - person.nose_y) / 0.1) * front
    x = egg.x - pose.turn[1] * nose
    y = egg.y - pose.nod[1] * nose
    relief = (
        (0.0, -0.09, 0.05, 0.15, (0.07 - 0.025 * person.melanin) * (1.0 - 0.4 * person.child)),
        (0.0, person.nose_y + 0.01, 0.062, 0.07, 0.125 * person.nose),
        (0.06 + 0.012 * person.melanin, person.nose_y - 0.005, 0.034, 0.034, 0.045 * person.nose),
        (0.17, 0.115, 0.15, 0.05, 0.022 + 0.02 * person.man),  # brows
        (EYE_X, 0.015, 0.1, 0.055, -0.05 - 0.015 * person.old),  # sockets
        (EYE_X, -0.003, 0.075, 0.045, 0.034),  # eyeballs
        (0.29, -0.16, 0.11, 0.09, 0.03),
        (0.0, MOUTH_Y + 0.035, 0.11, 0.026, 0.02 * person.lips),
        (0.0, MOUTH_Y - 0.04, 0.1, 0.03, 0.026 * person.lips),
        (0.0, MOUTH_Y - 0.1, 0.1, 0.03, -0.025),
        (0.0, -0.6, 0.12, 0.08, 0.055),  # chin
    )
    slope_x, slope_y = _slopes(relief, x, y)
    nx, ny, nz = egg.normal
    facing = unit(nx - front * slope_x, ny - front * slope_y, nz)
    return replace(egg, x=x, y=y, normal=facing)


def _slopes(bumps: tuple[tuple[float, ...], ...], x: Values, y: Values) -> tuple[Values, Values]:
    """Return the slopes along x and y of bumps (x, y, width, height, peak), mirrored in x."""
    across = np.abs(x)
    slope_x = np.zeros_like(x)
    slope_y = np.zeros_like(x)
    for centre_x, centre_y, width_x, width_y, peak in bumps:
        dx = (across - centre_x) * (1.0 / width_x)
        dy = (y - centre_y) * (1.0 / width_y)
        t = np.maximum(1.0 - 0.25 * (dx * dx + dy * dy), 0.0)
        cube = t * t * t
        slope_x += cube * dx * (-2.0 * peak / width_x)
        slope_y += cube * dy * (-2.0 * peak / width_y)
    return slope_x * np.sign(x), slope_y
