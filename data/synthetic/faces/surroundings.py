"""What surrounds a face: background, neck, clothes and ears, painted flat."""

import numpy as np

from synthetic.drawing.canvas import Canvas, palette
from synthetic.drawing.fractal import fractal
from synthetic.drawing.lighting import Light, diffuse
from synthetic.drawing.maths import bell, clamp, length, mix, sin, smoothstep, unit
from synthetic.drawing.sampling import chance, normal, pick, uniform
from synthetic.faces.head import Pose
from synthetic.faces.person import Person
from synthetic.faces.skin import SCATTER

_WALLS = palette("5c6068 969694 3c3e42 c4beb4 70685c 526274 925c48 282a30 88949c a88e76 405450")
_CLOTHS = _WALLS + palette("22283a d6d2cc 62222a 4a6280 b0843a bc8a86 8ca8be")
_GREENS = palette("3e582c 627c3e 849252 96783e")
_SKIES = palette("b0cce6 d6dee4 e8d4be")


def paint_background(canvas: Canvas, rng: np.random.Generator) -> None:
    """Fill the canvas with a wall, a room, or leaves before the sky, out of focus."""
    box = canvas.box()
    outdoors = chance(rng, 0.3)
    scale = uniform(rng, 2.2, 5.0)
    noise = uniform(rng, 0.0, 200.0)
    texture = fractal(box.x * scale, box.y * scale + noise, scale * box.spacing, 0.75)
    if outdoors:
        leaves = mix(pick(rng, _GREENS), pick(rng, _GREENS), 0.5 + 0.5 * texture)
        edge = smoothstep(0.1, -0.1, box.y - uniform(rng, -0.4, 1.4) - 0.3 * texture)
        rgb = mix(pick(rng, _SKIES) * (1.0 - 0.2 * box.y), leaves * (1.0 + 0.7 * texture), edge)
    else:
        far = length(box.x - normal(rng, 0.0, 0.5), box.y - normal(rng, 0.0, 0.4))
        level = mix(uniform(rng, 1.0, 1.5), uniform(rng, 0.5, 0.9), far * 0.6)
        rgb = pick(rng, _WALLS) * (level * (1.0 + uniform(rng, 0.04, 0.25) * texture))
    for _ in range(0 if outdoors else int(uniform(rng, -5.0, 7.0))):
        blur = uniform(rng, 0.02, 0.09)
        wide = np.abs(box.x - uniform(rng, -1.1, 1.1)) - uniform(rng, 0.06, 0.35)
        high = np.abs(box.y - uniform(rng, -0.5, 0.7)) - uniform(rng, 0.3, 0.9)
        panel = smoothstep(blur, -blur, wide) * smoothstep(blur, -blur, high)
        rgb = mix(rgb, pick(rng, _WALLS), uniform(rng, 0.5, 0.95) * panel)
    canvas.paint(box, clamp(rgb, 0.004, 1.3))


def paint_body(
    canvas: Canvas, rng: np.random.Generator, pose: Pose, light: Light, person: Person
) -> None:
    """Paint neck and chest in skin, then a garment with a round or a pointed neckline."""
    neck = normal(rng, 0.31 if person.man else 0.26, 0.015) * (1.0 - 0.15 * person.child)
    shoulder = normal(rng, -0.78, 0.025)
    throat_x, throat_y = pose.project(0.0, -0.5, -0.08)
    box = canvas.box(bottom=-1.0, top=throat_y + 0.15)
    y = box.y
    dx = box.x - throat_x * mix(0.5, 1.0, smoothstep(-1.0, -0.55, y))
    across = np.abs(dx)
    line = shoulder - 0.3 * np.maximum(across - neck, 0.0) + 0.1 * bell((across - neck) / 0.11)
    soft = 1.2 * canvas.spacing
    cover = smoothstep(-soft, soft, np.maximum(neck - across, line - y))
    trunk = smoothstep(-0.02, 0.08, line - y)
    nx = mix(clamp(dx / neck, -0.95, 0.95), 0.5 * dx, trunk)
    ny = trunk * (0.15 + 0.6 * bell((line - y) / 0.12))
    normal_xyz = unit(nx, ny, np.sqrt(np.maximum(1.0 - nx * nx - ny * ny, 0.06)))
    ax = (dx + 0.2 * light.key[0]) / (person.width * pose.scale)
    ay = (y - pose.y) / (person.chin * pose.scale * 1.1)
    under = smoothstep(1.35, 0.75, ax * ax + ay * ay)  # the head's shadow
    received = diffuse(normal_xyz, light, SCATTER, 1.0 - 0.36 * under, 1.0 - 0.74 * under)
    canvas.paint(box, person.skin * received, cover)
    depth = uniform(rng, 0.08, 0.36)
    if chance(rng, 0.5):
        low = np.minimum(y - shoulder - 0.04, 0.0) / (0.6 * depth)
        opening = 0.1 * (length(across / (1.04 * neck), low) - 1.0)
    else:
        opening = 0.7 * (across - neck * (y - shoulder + depth) / (depth + 0.06))
    folds = fractal(dx * 5.0 + person.noise, y * 4.0 - dx, 5.0 * canvas.spacing, 0.75)
    rgb = pick(rng, _CLOTHS, 0.2) * (1.0 + 0.25 * folds)
    if chance(rng, 0.4):
        place = y + 0.3 * dx * dx if chance(rng, 0.6) else dx
        stripes = clamp(2.0 * sin(place * uniform(rng, 15.0, 40.0)), 0.0, 1.0)
        rgb = mix(rgb, pick(rng, _CLOTHS, 0.2), stripes)
    alpha = smoothstep(-soft, soft, np.minimum(line + 0.03 - y, opening))
    canvas.paint(box, rgb * received * (1.0 - 0.3 * bell((opening - 0.05) / 0.02)), alpha)


def paint_ear(canvas: Canvas, pose: Pose, light: Light, person: Person, side: float) -> None:
    """Paint the ear of one side (-1: left in the image) as a slanting oval with a darker bowl."""
    x, y = pose.project(side * person.width, -0.08, -0.06)
    box = canvas.box(x - 0.12, x + 0.12, y - 0.22, y + 0.22)
    dy = (box.y - y) / 0.17
    dx = (box.x - x) / 0.077 - side * 0.25 * dy
    rest = 1.0 - dx * dx - dy * dy
    facing = clamp(0.45 + 0.5 * side * light.key[0] + 0.3 * dy, 0.1, 1.0)
    lit = person.skin * (light.key_rgb * facing + 0.75 * light.sky_rgb)
    soft = 20.0 * canvas.spacing
    canvas.paint(box, lit * (1.0 - 0.4 * np.maximum(rest, 0.0)), smoothstep(-soft, soft, rest))
