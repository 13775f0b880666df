"""Hair: a shell round the skull above the hairline, and locks that fall beside the face."""

import numpy as np

from synthetic.drawing.canvas import Canvas
from synthetic.drawing.fractal import fractal
from synthetic.drawing.lighting import Light, diffuse
from synthetic.drawing.maths import Values, Vector, bell, clamp, dot, mix, sin, smoothstep, unit
from synthetic.faces.head import Pose, Surface, see_egg
from synthetic.faces.person import Person


def _above_hairline(seen: Surface, person: Person) -> Values:
    """Return the height over the hairline (rows, columns), negative on bare skin."""
    hair = person.hair
    across = np.abs(seen.x)
    line = hair.line + hair.tilt * seen.x - 0.2 * across * across
    edge = 0.36 if hair.falls else 0.27
    line = mix(line, -2.0 if hair.falls else hair.burn, smoothstep(edge, edge + 0.13, across))
    line = line - 0.4 * smoothstep(0.0, -0.14, seen.z)
    ragged = fractal(seen.x * 24.0 + person.noise, seen.y * 3.0, 24.0 * seen.spacing)
    return seen.y - line + (0.015 + 0.25 * hair.puff) * ragged


def hair_shadow(seen: Surface, person: Person) -> Values:
    """Return the darkness in [0, 1] of the skin next to the hair."""
    near = smoothstep(-0.18, 0.0, _above_hairline(seen, person))
    return person.hair.density * (0.4 + 4.0 * min(person.hair.crown, 0.1)) * near * near


def _shade(
    across: Values, along: Values, normal: Vector, light: Light, person: Person, spacing: float
) -> np.ndarray:
    """Return the lit hair (3, rows, columns) with locks and strands that run along `along`."""
    hair = person.hair
    across = across + 0.03 * hair.curl * sin(along * 14.0 + person.noise)
    along = along * (11.0 if hair.style == "curly" else 1.8)
    locks = fractal(across * 17.0 + person.noise, along, 17.0 * spacing, 0.75)
    depth = clamp(1.0 + 1.1 * locks, 0.25, 1.9)
    band = bell((normal[1] - 0.5 - 0.3 * light.key[1] + 0.12 * locks) / 0.3)
    facing = clamp(0.3 + 0.6 * dot(normal, light.key), 0.0, 1.0)
    shine = 0.7 * band * facing * clamp(0.6 + 0.7 * locks, 0.0, 1.5)
    lit = person.hair_rgb * (depth * diffuse(normal, light, 0.25))
    return lit + light.key_rgb * (0.45 * person.hair_rgb + 0.03) * shine


def paint_cap(canvas: Canvas, pose: Pose, light: Light, person: Person) -> None:
    """Paint the hair on the skull; the light is in head coordinates."""
    hair = person.hair
    reach = pose.scale * (0.64 + 1.5 * hair.side)
    box = canvas.box(pose.x - reach, pose.x + reach, pose.y - 0.5)
    rough = fractal(box.x * 6.0 + person.noise, box.y * 6.0, 6.0 * canvas.spacing, 0.75)
    swell = 1.0 + hair.puff * (0.6 + rough)
    if not hair.falls:  # cut hair lies closer below
        swell = swell - 1.8 * hair.side * smoothstep(0.15, -0.3, box.y - pose.y)
    shell = see_egg(box, pose, person, hair.side, hair.crown, swell)
    away = person.top + hair.crown + 0.45 - shell.y
    beside = shell.x - 0.5 * hair.tilt
    across = beside / away + 3.0 * np.sign(beside) * hair.falls
    lit = _shade(across, away, shell.normal, light, person, canvas.spacing)
    above = _above_hairline(shell, person)
    dark = 0.45 if hair.style in ("fringe", "bob", "curly") else 0.15
    soft = {"buzz": 0.08, "receding": 0.06}.get(hair.style, 0.03)
    cover = smoothstep(-soft, soft, above) * (hair.density * shell.alpha)
    canvas.paint(box, lit * (1.0 - dark * smoothstep(0.1, 0.0, above)), cover)


def paint_falling(canvas: Canvas, pose: Pose, light: Light, person: Person, behind: bool) -> None:
    """Paint long hair: what is behind the neck, in shade, or what falls beside the face."""
    hair = person.hair
    low = pose.y + (hair.end - 0.1) * pose.scale
    reach = pose.scale * (0.64 + 1.5 * hair.side)
    box = canvas.box(pose.x - reach, pose.x + reach, low, pose.y + 0.5)
    x = (box.x - pose.x) / pose.scale
    y = (box.y - pose.y) / pose.scale
    wave = fractal(y * 3.0 + person.noise, np.sign(x) * 7.5, 0.2)
    rise = np.maximum(y, 0.0)
    half = person.width + hair.side * (1.0 - 0.3 * y) + (0.05 + 0.4 * hair.puff) * wave
    half = half - 0.7 * rise * rise
    inner = 0.43 - 0.12 * smoothstep(-0.2, -0.9, y) + 0.06 * wave
    across = np.abs(x)
    soft = 2.0 * canvas.spacing
    cover = smoothstep(-soft, soft, half - across) * smoothstep(0.0, 0.1, y - hair.end + 0.1 * wave)
    if not behind:
        cover = cover * smoothstep(-soft, soft, across - inner) * smoothstep(0.25, 0.1, y)
    bend = clamp((across - inner) / (half - inner) * 2.0 - 1.0, -0.9, 0.9) * np.sign(x)
    normal_xyz = unit(0.75 * bend, 0.2, np.sqrt(1.0 - 0.6 * bend * bend))
    lit = _shade(x + 0.12 * x * y, 0.9 - y, normal_xyz, light, person, canvas.spacing)
    dim = 0.35 if behind else mix(1.0, 0.6, bell((across - inner) / 0.05))
    canvas.paint(box, lit * dim, cover)
