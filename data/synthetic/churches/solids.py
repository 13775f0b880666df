"""Solids with four sides, and how the rays of a camera meet them; metres, y up, z away from it."""

from dataclasses import dataclass

import numpy as np

from synthetic.drawing.canvas import Canvas
from synthetic.drawing.maths import Values, Vector, length

FACES = 6  # of a solid: front, right, back, left, top, foot


@dataclass(frozen=True)
class Camera:
    """A camera at (x, eye, -away) whose verticals stay upright.

    `zoom` is the tangent of half the field of view, `horizon` a height in the image.
    """

    canvas: Canvas
    x: float
    eye: float
    away: float
    zoom: float
    horizon: float

    def project(self, x: Values, y: Values, z: Values) -> Vector:
        """Return the place in the image of points, and how many metres a unit of it is there."""
        scale = np.maximum(z + self.away, 0.5) * self.zoom
        return (x - self.x) / scale, (y - self.eye) / scale + self.horizon, scale

    def cell(self, depth: Values) -> Values:
        """Return the distance between two samples of what is seen at a depth, in metres."""
        return depth * (self.zoom * self.canvas.spacing)

    def point(self, x: Values, y: Values, depth: Values) -> Vector:
        """Return what is seen at a place in the image, at a depth."""
        scale = depth * self.zoom
        return self.x + x * scale, self.eye + (y - self.horizon) * scale, depth - self.away


def turned(turn: tuple[float, float], x: Values, z: Values) -> tuple[Values, Values]:
    """Turn points about the vertical by an angle, given as its cosine and sine."""
    return x * turn[0] + z * turn[1], z * turn[0] - x * turn[1]


class Solids:
    """Solids as the planes of their faces, all (solids, FACES): normal · point = offset.

    They are given as rows (x, z, half sizes below in x and z, the same above, low, high); a roof
    has no width above, a spire no size. `along` (x, z), (FACES,), is the level direction in a face,
    `middle` the place of its middle in that direction, `half` half its width. `centre` (x, y, z)
    and `radius`, (solids,), are of a ball round each solid.
    """

    def __init__(self, rows: list[tuple[float, ...]], turn: tuple[float, float]) -> None:
        x, z, below_x, below_z, above_x, above_z, low, high = np.array(rows).T[:, :, None]
        right, away = turned(turn, np.array([0, 1, 0, -1, 0, 0]), np.array([-1, 0, 1, 0, 0, 0]))
        x, z = turned(turn, x, z)
        across = np.array([False, True, False, True, False, False])
        out = np.where(across, below_x, below_z)
        lean = out - np.where(across, above_x, above_z)
        slant = 1.0 / length(high - low, lean)
        up = np.where(np.arange(FACES) < 4, lean * slant, [[0.0, 0.0, 0.0, 0.0, 1.0, -1.0]])
        level = (high - low) * slant
        self.normal = (right * level, up, away * level)
        self.offset = (right * x + away * z + out) * level + low * up
        self.offset[:, 4:] = np.concatenate([high, -low], axis=1)
        self.along = (-away, right)
        self.middle = right * z - away * x
        self.half = np.where(across, below_z, below_x)
        self.centre = (x[:, 0], 0.5 * (low + high)[:, 0], z[:, 0])
        wide = np.maximum(below_x, above_x)
        self.radius = length(wide, below_z, 0.5 * (high - low))[:, 0]


def first_hits(camera: Camera, solids: Solids) -> tuple[np.ndarray, np.ndarray]:
    """Return the inverse depth of what each sample (side, side) sees, and which face it is.

    Inverse depth is 0 where there is nothing; face j of solid i is FACES * i + j.

    The inverse depth of a plane is an affine function of the place in the image. A ray is inside a
    solid where its inverse depth is less than those of all faces that look to the camera, and more
    than those of all that look away.
    """
    nx, ny, nz = solids.normal
    room = solids.offset - (nx * camera.x + ny * camera.eye - nz * camera.away)
    by_x = nx * camera.zoom / room
    by_y = ny * camera.zoom / room
    constant = nz / room - by_y * camera.horizon
    x, y, _ = camera.project(*solids.centre)
    reach = solids.radius / camera.project(0.0, 0.0, solids.centre[2] - solids.radius)[2]
    canvas = camera.canvas
    inverse = np.zeros((canvas.side, canvas.side))
    face = np.full((canvas.side, canvas.side), -1)
    for i, near in enumerate(room < 0.0):
        box = canvas.box(x[i] - reach[i], x[i] + reach[i], y[i] - reach[i], y[i] + reach[i])
        depths = constant[i, :, None, None] + by_y[i, :, None, None] * box.y
        depths = depths + by_x[i, :, None, None] * box.x
        enter = depths[near].min(axis=0)
        before = inverse[box.rows, box.columns]
        hit = (enter > depths[~near].max(axis=0)) & (enter > before)
        before[hit] = enter[hit]
        number = FACES * i + np.flatnonzero(near)
        face[box.rows, box.columns][hit] = number[depths[near].argmin(axis=0)[hit]]
    return inverse, face


def shaded(solids: Solids, point: Vector, sun: Vector) -> np.ndarray:
    """Return whether the way from points (rows, columns) to the sun passes through a solid."""
    nx, ny, nz = solids.normal
    speed = nx * sun[0] + ny * sun[1] + nz * sun[2]
    slow = 1.0 / np.where(np.abs(speed) < 1e-6, 1e-6, speed)
    offset, nx, ny, nz = (part * slow for part in (solids.offset, nx, ny, nz))
    hidden = np.zeros(np.broadcast(*point).shape, dtype=bool)
    for i, enters in enumerate(slow < 0.0):
        enter, leave = (
            [offset[i, j] - nx[i, j] * point[0] - ny[i, j] * point[1] - nz[i, j] * point[2]
             for j in np.flatnonzero(faces)]
            for faces in (enters, ~enters)
        )  # fmt: skip
        hidden |= np.maximum(np.maximum.reduce(enter), 0.05) < np.minimum.reduce(leave)
    return hidden
