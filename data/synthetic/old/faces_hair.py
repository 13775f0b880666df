"""Hair: a shell round the head, cut along a hairline, with strands that follow a flow.

The shell is a superellipsoid over the skull that goes on downwards as an elliptic cylinder. Its
points have an azimuth round the head (0 in front, positive to the picture's right) and a height;
hair covers those above the hairline, a height given for every azimuth.
"""

import numpy as np

from synthetic.old.canvas import Canvas, Grid, bell, clamp, mix, smoothstep
from synthetic.old.faces_hairstyles import Hair
from synthetic.old.faces_head import DEPTH, HeadShape, Surface, enter_ellipsoid
from synthetic.old.faces_person import Person, Pose
from synthetic.old.lighting import Light, diffuse
from synthetic.old.noise import fbm, fine_noise, value_noise

_STEPS = 4  # of Newton's method
_SHADE = np.array([[0.92], [1.0], [1.08]], dtype=np.float32)


def shell_surface(grid: Grid, pose: Pose, shape: HeadShape, hair: Hair) -> Surface:
    """Front of the hair shell, with the points behind it in `back`."""
    centre_x, centre_y = pose.offset[:, 0].tolist()
    radius_x, radius_z = shape.width + hair.side, DEPTH + hair.front
    top = shape.top + hair.crown
    lowest = max(hair.end, float(hair.hairline[0].min())) - 0.15
    height = (grid.y - centre_y) / pose.scale
    box = (height < 1.1 * top) & (height > lowest)
    box &= np.abs(grid.x - centre_x) < 1.7 * radius_x * pose.scale
    box = np.flatnonzero(box)
    x, y, height = grid.x[box], grid.y[box], height[box]
    start = 0.3 if hair.flare < 0.0 else 0.0  # cut hair narrows from above the ears
    width = 1.0 + hair.flare * clamp(start - height, 0.0, 1.0)
    dx = (x - centre_x) / width
    dy = y - centre_y
    if hair.puff > 0.0:
        scale = 5.5
        sway = fbm(x * scale + hair.seed, y * scale, 3, 0.6, scale * grid.spacing)
        lift = fbm(x * scale - hair.seed, y * scale + 40.0, 3, 0.6, scale * grid.spacing)
        dx = dx * (1.0 + 2.2 * hair.puff * (sway - 0.5))
        dy = dy * (1.0 + 1.5 * hair.puff * lift * (dy > 0))
    origin = pose.rays(centre_x + dx, centre_y + dy)
    ray = pose.view
    middle, half, hit = enter_ellipsoid(origin, ray, (1.01 * radius_x, 50.0, 1.01 * radius_z))
    where = box[hit]
    origin, middle, t = origin[:, hit], middle[hit], (middle + half)[hit]
    for step in range(_STEPS + 1):
        px, py, pz = origin + ray[:, None] * t
        side, deep = px / radius_x, pz / radius_z
        rise = np.maximum(py, 0.0) / top
        steep = rise**1.7
        value = side * side + deep * deep + steep * rise - 1.0
        gradient = np.stack([2.0 * side / radius_x, (2.7 / top) * steep, 2.0 * deep / radius_z])
        if step < _STEPS:
            t = t - clamp(value / np.maximum(ray @ gradient, 0.5), -0.15, 0.15)
    alpha = smoothstep(0.05, 0.0, value)
    length = np.sqrt((gradient * gradient).sum(axis=0)) + 1e-6
    back = origin + ray[:, None] * (2.0 * middle - t)
    surface = Surface(where, np.stack([px, py, pz]), gradient / length, alpha, back)
    return surface.part(alpha > 0.003)


def azimuth(point: np.ndarray) -> np.ndarray:
    """(m,) angle round the head of points (3, m), 0 in front."""
    return np.arctan2(point[0], point[2])


def _flow(hair: Hair, point: np.ndarray, top: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates across and along the strands, and unit strand directions (3, m)."""
    x, y, z = point
    zero = np.zeros_like(x)
    if hair.flow == "down":
        deep = np.arccos(clamp(z / (DEPTH + hair.front), -1.0, 1.0))
        beside = np.sign(x - hair.part)
        across = deep * 0.62 + 9.0 * beside
        along = np.where(
            y > 0.0, np.arctan2(np.abs(x - hair.part), np.maximum(y, 1e-3)) * 0.6, 0.94 - y
        )
        tangent = np.stack([np.maximum(y, 0.0) * beside, -np.abs(x) - 0.05, zero])
    elif hair.flow == "forward":
        away = top + 0.3 - y
        across = np.arctan2(x, away) * 0.55 + 0.06 * hair.sweep * away
        along = np.sqrt(x * x + away * away)
        tangent = np.stack([x, -away, zero])
    else:
        cos, sin = float(np.cos(hair.sweep)), float(np.sin(hair.sweep))
        across = x * cos - y * sin + 0.45 * x * x * sin
        along = x * sin + y * cos
        tangent = np.stack([zero + sin, zero + cos, zero])
    return across, along, tangent / (np.sqrt((tangent * tangent).sum(axis=0)) + 1e-6)


def _strands(
    hair: Hair, point: np.ndarray, top: float, cell: float
) -> tuple[np.ndarray, np.ndarray | np.float32, np.ndarray, np.ndarray]:
    """Locks and fine strands in about [-1, 1] (m,), a tone along the hair, directions (3, m).

    The fine strands are a single 0 where the grid is too coarse to show them.
    """
    across, along, tangent = _flow(hair, point, top)
    x, y = point[0], point[1]
    if hair.wave > 0.0:
        phase = 1.5 * value_noise(across * 5.0 + hair.seed, along * 1.5)
        across = across + hair.wave * np.sin(along * 14.0 + 3.0 * phase) * smoothstep(
            0.1, 0.9, along
        )
    if hair.curl > 0.0:
        size = 9.0
        across = across + hair.curl * fbm(x * size + hair.seed, y * size, 2)
        along = along + 1.5 * hair.curl * fbm(x * size, y * size + hair.seed, 2)
    locks = value_noise(across * 15.0 + hair.seed, along * 1.8)
    locks = 0.65 * locks + 0.5 * value_noise(across * 33.0 + hair.seed, along * 2.6 + 11.0)
    fine = fine_noise(across * 70.0 + hair.seed, along * 3.5, 70.0 * cell)
    fine = fine + 0.8 * fine_noise(across * 140.0 + hair.seed, along * 5.0, 140.0 * cell)
    if hair.curl > 0.0:
        lumps = fbm(x * 13.0 - hair.seed, y * 13.0, 4, 0.7, 13.0 * cell)
        locks, fine = 0.35 * locks + 1.0 * lumps, 0.6 * fine
    tone = value_noise(across * 6.0 + 50.0, along * 0.8 + hair.seed)
    return locks, fine, tone, tangent


def _shade_hair(
    hair: Hair,
    point: np.ndarray,
    normal_xyz: np.ndarray,
    inset: np.ndarray,
    pose: Pose,
    light: Light,
    person: Person,
    top: float,
    cell: float,
) -> np.ndarray:
    """(3, m) lit hair; `inset` (m,) is the distance inside its outline."""
    locks, fine, tone, tangent = _strands(hair, point, top, cell)
    base = person.hair * (1.0 + 0.16 * tone) * (_SHADE ** (2.0 * tone))
    depth = clamp(1.0 + 0.42 * locks + 0.3 * fine, 0.25, 1.9)
    root = 0.55 if hair.edge < 0.02 else 0.8
    thick = root + (1.0 - root) * smoothstep(-0.01, 0.09, inset)
    body = diffuse(normal_xyz, light, pose.up, 0.25, thick, thick)
    half = light.key + pose.view
    half = half / np.linalg.norm(half)
    bent = tangent + normal_xyz * (0.12 + 0.1 * locks + 0.08 * fine)
    along = half @ (bent / np.sqrt((bent * bent).sum(axis=0) + 1e-6))
    shine = np.maximum(1.0 - along * along, 0.0) ** 22
    facing = clamp(light.key @ normal_xyz + 0.2, 0.0, 1.0)
    shine = shine * facing * thick * clamp(0.6 + 0.6 * fine + 0.4 * locks, 0.0, 1.6)
    streak = light.key_rgb * (0.5 * base + 0.035) * (hair.gloss * shine * 1.5)
    return base * depth * body + streak


def hair_cover(hair: Hair, point: np.ndarray) -> np.ndarray:
    """(m,) inset of shell points in the hair, its edge made ragged by strands."""
    angle = azimuth(point)
    inset = hair.margin(angle, point[1])
    if hair.edge > 0.02:
        fine = value_noise(angle * 48.0 + hair.seed, point[1] * 9.0)
        return inset + (0.009 + 0.3 * hair.puff + 0.3 * hair.curl) * fine
    rough = value_noise(angle * 26.0 + hair.seed, point[1] * 3.0)
    rough = rough + 0.7 * value_noise(angle * 60.0, point[1] * 4.0 + hair.seed)
    return inset + (0.02 + 0.5 * hair.puff + 0.3 * hair.curl) * rough


def draw_back_hair(
    canvas: Canvas,
    surface: Surface,
    pose: Pose,
    light: Light,
    person: Person,
    shape: HeadShape,
    hair: Hair,
    seen: np.ndarray,
) -> None:
    """The inside of the hair behind the neck, in shade, and the bun, where `seen` (n,)."""
    if hair.density == 0.0:
        return
    cell = canvas.grid.spacing
    if hair.bun > 0.0:
        _draw_bun(canvas, pose, light, person, shape, hair)
    surface = surface.part(seen[surface.where])
    inset = hair_cover(hair, surface.back)
    alpha = smoothstep(-0.012, 0.012, inset) * surface.alpha
    part, keep = _covered(surface, alpha)
    top = shape.top + hair.crown
    lit = _shade_hair(hair, part.back, part.normal, inset[keep], pose, light, person, top, cell)
    shade = mix(0.34, 0.9, smoothstep(0.0, 0.35, part.back[1]))  # darker towards the neck
    canvas.paint(part.where, shade * lit, alpha[keep])


def _covered(surface: Surface, alpha: np.ndarray) -> tuple[Surface, np.ndarray]:
    """The part of the surface where hair is to be seen, and which of its points that are."""
    keep = np.flatnonzero(alpha > 0.01)
    return surface.part(keep), keep


def _draw_bun(
    canvas: Canvas, pose: Pose, light: Light, person: Person, shape: HeadShape, hair: Hair
) -> None:
    grid = canvas.grid
    spot = np.array([[0.0], [shape.top + hair.crown + 0.45 * hair.bun], [-0.12]], np.float32)
    centre = pose.project(spot)[:, 0]
    radius = hair.bun * pose.scale
    dx, dy = (grid.x - float(centre[0])) / (1.15 * radius), (grid.y - float(centre[1])) / radius
    where = np.flatnonzero(dx * dx + dy * dy < 1.6)
    dx, dy = dx[where], dy[where]
    angle, r = np.arctan2(dy, dx), np.sqrt(dx * dx + dy * dy)
    r = r * (1.0 + 0.1 * value_noise(angle * 5.0 + hair.seed, r))
    swirl = value_noise(r * 7.0 + angle * 1.2 + hair.seed, angle * 1.5) * 0.5
    swirl = swirl + 0.5 * fine_noise(r * 18.0 + angle * 2.0, angle * 2.0, 80.0 * grid.spacing)
    normal_xyz = np.stack([dx, dy, np.sqrt(np.maximum(1.0 - r * r, 0.05))])
    lit = person.hair * (1.0 + 0.6 * swirl)
    lit = lit * diffuse(normal_xyz, light, np.array([0.0, 1.0, 0.0], np.float32), 0.2)
    canvas.paint(where, lit * 0.9, smoothstep(1.03, 0.94, r))


def draw_hair(
    canvas: Canvas,
    surface: Surface,
    pose: Pose,
    light: Light,
    person: Person,
    shape: HeadShape,
    hair: Hair,
) -> None:
    """The hair in front of the head and, if it is long, of the shoulders."""
    if hair.density == 0.0:
        return
    cell = canvas.grid.spacing
    inset = hair_cover(hair, surface.point)
    alpha = smoothstep(-hair.edge, hair.edge, inset) * surface.alpha * hair.density
    part, keep = _covered(surface, alpha)
    inset = inset[keep]
    top = shape.top + hair.crown
    lit = _shade_hair(hair, part.point, part.normal, inset, pose, light, person, top, cell)
    if hair.flow == "down":
        parting = bell((part.point[0] - hair.part) / 0.011) * smoothstep(0.3, 0.45, part.point[1])
        lit = mix(lit, 0.25 * person.skin, 0.4 * parting)
    canvas.paint(part.where, lit, alpha[keep])


def hair_shadow(hair: Hair, surface: Surface, key: np.ndarray) -> np.ndarray:
    """(m,) darkness on the skin near the hairline; `key` (3,) in head coordinates."""
    if hair.density == 0.0:
        return np.zeros_like(surface.alpha)
    angle = azimuth(surface.point)
    lean = np.sign(angle) + 0.7 * float(key[0])
    strength = 0.85 if hair.edge < 0.02 else 0.5
    shade = np.zeros_like(angle)
    for distance in (0.02, 0.06, 0.12, 0.19):
        inset = hair.margin(angle + distance * lean, surface.point[1] + 0.7 * distance)
        shade += 0.25 * smoothstep(-0.03, 0.03, inset)
    return strength * hair.density * shade * smoothstep(-0.2, 0.1, surface.point[2])
