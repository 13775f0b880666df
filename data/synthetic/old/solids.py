"""Convex solids with flat faces, and where rays meet them.

World axes: X to the right, Y up, Z away from the viewer; lengths in metres.
"""

from dataclasses import dataclass

import numpy as np

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Solid:
    """`normal` (f, 3) and `offset` (f,): inside is normal · p <= offset for every face.

    Each face has a level axis `across` (f, 3), its `middle` (f,) and `half` width (f,) along it,
    and the height `low` (f,) of its lowest corner. `corners` is (c, 3).
    """

    normal: np.ndarray
    offset: np.ndarray
    across: np.ndarray
    middle: np.ndarray
    half: np.ndarray
    low: np.ndarray
    corners: np.ndarray


def make_solid(corners: list[Point], faces: list[list[int]], turn: float) -> Solid:
    """The hull of `corners`, faces given by their corners; turned by `turn` about the vertical."""
    cos, sin = np.cos(turn), np.sin(turn)
    spin = np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]])
    points = np.array(corners) @ spin.T
    centre = points.mean(axis=0)
    normals, acrosses, ranges = [], [], []
    for face in faces:
        own = points[face]
        normal = _cross(own[1] - own[0], own[2] - own[0])
        normal = normal / np.linalg.norm(normal) * np.sign(normal @ (own[0] - centre))
        across = np.array([-normal[2], 0.0, normal[0]])
        flat = float(np.linalg.norm(across))
        across = across / flat if flat > 1e-6 else np.array([1.0, 0.0, 0.0])
        along = own @ across
        normals.append(normal)
        acrosses.append(across)
        ranges.append((along.min(), along.max(), own[:, 1].min(), normal @ own[0]))
    left, right, low, offset = np.array(ranges, np.float32).T
    return Solid(
        normal=np.array(normals, np.float32),
        offset=offset,
        across=np.array(acrosses, np.float32),
        middle=(left + right) / 2,
        half=(right - left) / 2,
        low=low,
        corners=points.astype(np.float32),
    )


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """np.cross of two single vectors, a good deal quicker."""
    return np.array(
        [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    )


def tower(
    middle: tuple[float, float],
    radius: tuple[float, float],
    sides: int,
    heights: tuple[float, float],
    turn: float,
) -> Solid:
    """A prism over a regular polygon, from `radius[0]` at the bottom to `radius[1]` at the top.

    With four sides the radius is half the width of the square.
    """
    stretch = np.sqrt(2.0) if sides == 4 else 1.0
    angles = (np.arange(sides) + 0.5) * 2.0 * np.pi / sides
    pointed = radius[1] < 1e-3
    corners: list[Point] = [
        (middle[0] + stretch * r * float(np.sin(a)), y, middle[1] + stretch * r * float(np.cos(a)))
        for r, y in zip(radius, heights, strict=True)
        for a in angles
    ]
    following = [(i + 1) % sides for i in range(sides)]
    if pointed:
        corners = [*corners[:sides], (middle[0], heights[1], middle[1])]
        faces = [[i, j, sides] for i, j in enumerate(following)]
    else:
        faces = [[i, j, sides + j, sides + i] for i, j in enumerate(following)]
        faces.append([sides + i for i in range(sides)])
    return make_solid(corners, [*faces, list(range(sides))], turn)


def block(
    x: tuple[float, float], z: tuple[float, float], y: tuple[float, float], turn: float
) -> Solid:
    """A box; its first face is the one with the least z."""
    corners = [(a, b, c) for c in z for b in y for a in x]
    faces = [[0, 1, 3, 2], [4, 5, 7, 6], [0, 2, 6, 4], [1, 3, 7, 5], [2, 3, 7, 6], [0, 1, 5, 4]]
    return make_solid(corners, faces, turn)


def saddle(
    x: tuple[float, float],
    z: tuple[float, float],
    y: tuple[float, float],
    turn: float,
    crosswise: bool = False,
) -> Solid:
    """A roof with gables and its ridge along z, or along x if `crosswise`.

    Its first face is the gable with the least z (or x).
    """
    (left, right), (near, far) = (z, x) if crosswise else (x, z)
    low, high = y
    ridge = (left + right) / 2
    corners: list[Point] = [
        (left, low, near), (right, low, near), (right, low, far), (left, low, far),
        (ridge, high, near), (ridge, high, far),
    ]  # fmt: skip
    if crosswise:
        corners = [(b, height, a) for a, height, b in corners]
    faces = [[0, 1, 4], [3, 2, 5], [0, 4, 5, 3], [1, 4, 5, 2], [0, 1, 2, 3]]
    return make_solid(corners, faces, turn)


def meet(
    solid: Solid, origin: np.ndarray, ray: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where rays (3, m) from `origin` (3, 1 or m) enter and leave, and by which face they enter.

    A ray that misses the solid leaves before it enters.
    """
    speed = solid.normal @ ray
    room = solid.offset[:, None] - solid.normal @ origin
    with np.errstate(divide="ignore", invalid="ignore"):
        at = room / speed
    entering = np.where(speed < 0.0, at, -np.inf)
    enter = entering.max(axis=0)
    leave = np.where(speed > 0.0, at, np.inf).min(axis=0)
    return enter, leave, entering.argmax(axis=0)


def shaded(solids: list[Solid], points: np.ndarray, sun: np.ndarray) -> np.ndarray:
    """Whether (m,) the way from points (3, m) towards the sun (3,) passes through a solid."""
    hidden = np.zeros(points.shape[1], dtype=bool)
    for solid in solids:
        enter, leave, _ = meet(solid, points, sun[:, None])
        hidden |= (enter < leave) & (leave > 0.05)
    return hidden
