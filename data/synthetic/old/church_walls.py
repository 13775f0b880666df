"""The faces of a church: masonry, roofing, windows, doors, rose windows, clocks."""

from dataclasses import dataclass

import numpy as np

from synthetic.old.canvas import bell, clamp, colour, mix, smoothstep
from synthetic.old.church_parts import Part, Row
from synthetic.old.church_styles import Style
from synthetic.old.noise import far_noise
from synthetic.old.scene import cover

_GLASS = colour(34, 40, 50)
_WOOD = colour(84, 56, 40)
_LAMP = colour(255, 196, 112)


@dataclass(frozen=True)
class Face:
    """Samples (m,) on one face: `u` from its middle, `v` above its foot, footprint; metres.

    `half` is half the face's width; `first` whether it is the solid's front.
    """

    u: np.ndarray
    v: np.ndarray
    cell: np.ndarray
    half: float
    first: bool


def face_colour(
    part: Part, style: Style, face: Face, lamps: float, seed: float
) -> tuple[np.ndarray, np.ndarray]:
    """Albedo (3, m), and the light (m,) that comes from inside."""
    rgb = part.rgb * _texture(part.material, face, seed)
    glow = np.zeros_like(face.u)
    if part.material == "tiles":
        return rgb, glow
    rgb = rgb * (1.0 - 0.3 * bell(face.v / 0.9))  # damp and dirt at the foot
    for row in part.rows:
        portal = 2.0 * part.door if row.sill < 4.0 * part.door else 0.0
        rgb, glow = _windows(rgb, glow, style, face, row, lamps, portal)
    if part.rows and style.name in ("gothic", "brick") and part.rows[0].pitch < face.half:
        rgb = _buttresses(rgb, style, face, part.rows[0])
    if not face.first:
        return rgb, glow
    if part.rose[1]:
        rgb, glow = _rose(rgb, glow, style, face, part.rose, lamps)
    if part.clock:
        rgb = _clock(rgb, face, 0.66 * part.rows[0].sill / 0.76, part.clock)
    if part.door:
        rgb = _door(rgb, style, face, part.door)
    return rgb, glow


def _texture(material: str, face: Face, seed: float) -> np.ndarray:
    """(m,) relative brightness of masonry, boards or roofing."""
    u, v, cell = face.u + seed, face.v, face.cell
    stain = far_noise(u * 0.3, v * 0.2, 5, 0.65, 0.3 * cell)
    grain = far_noise(u * 3.0, v * 3.0, 4, 0.8, 3.0 * cell)
    fine = {"stone": 0.42, "brick": 0.28, "plaster": 0.16, "boards": 0.1, "tiles": 0.34}[material]
    tone = 1.0 + 0.3 * stain + fine * grain
    if material in ("boards", "tiles"):
        pitch = 0.35 if material == "boards" else 0.6
        course = np.sin(v * (2.0 * np.pi / pitch)) * clamp(1.2 - 1.6 * cell / pitch, 0.0, 1.0)
        return tone * (1.0 + 0.12 * course)
    if material == "plaster":
        return tone
    high = 0.6 if material == "stone" else 0.3
    row = np.floor(v / high)
    joint = np.abs(v / high - row - 0.5)
    seen = clamp(1.2 - 1.6 * cell / high, 0.0, 1.0)
    return tone * (1.0 - 0.25 * seen * smoothstep(0.38, 0.5, joint))


def arch(du: np.ndarray, v: np.ndarray, half: float, height: float, kind: str) -> np.ndarray:
    """Distance (m,) inside an opening with its foot at v = 0, round or pointed at the top."""
    spring = height - half * (1.0 if kind == "round" else 1.73)
    if kind == "round":
        top = half - np.hypot(du, v - spring)
    else:
        top = 2.0 * half - np.hypot(np.abs(du) + half, v - spring)
    return np.asarray(np.where(v > spring, top, np.minimum(half - np.abs(du), v)))


def _repeat(face: Face, row: Row) -> tuple[np.ndarray, float]:
    """Distance along the wall from the middle of the nearest window, and the pitch used."""
    number = max(int(2.0 * face.half / row.pitch), 1)
    pitch = 2.0 * face.half / number
    place = (face.u + face.half) / pitch
    return (place - np.floor(place) - 0.5) * pitch, pitch


def _windows(
    rgb: np.ndarray,
    glow: np.ndarray,
    style: Style,
    face: Face,
    row: Row,
    lamps: float,
    portal: float,
) -> tuple[np.ndarray, np.ndarray]:
    half = min(row.half, 0.6 * face.half)
    if half < 0.05:
        return rgb, glow
    du, _ = _repeat(face, row)
    v = face.v - row.sill
    inside = arch(du, v, half, max(row.height, 2.2 * half), style.arch)
    if face.first and portal:  # no windows above and beside the door
        inside = np.minimum(inside, np.abs(face.u - du) - portal)
    rgb = mix(rgb, style.trim, 0.8 * cover(inside + 0.3 * half + 0.12, face.cell))
    hole = cover(inside, face.cell)
    shine = _GLASS * (1.0 + 0.7 * smoothstep(0.0, row.height, v))
    bars = np.maximum(cover(0.05 - np.abs(du), face.cell), cover(0.05 - np.abs(v % 0.9), face.cell))
    pane = mix(shine, 0.6 * style.trim, 0.7 * bars * (face.cell < 0.4))
    return mix(rgb, pane, hole), glow + lamps * hole * (1.0 - 0.6 * bars)


def _buttresses(rgb: np.ndarray, style: Style, face: Face, row: Row) -> np.ndarray:
    """Piers between the windows: a light edge, a shaded one."""
    du, pitch = _repeat(face, row)
    off = 0.5 * pitch - np.abs(du)
    pier = cover(0.4 - off, face.cell)
    shade = cover(0.4 - np.abs(du - 0.5 * pitch + 0.6), face.cell)
    return mix(rgb * (1.0 - 0.35 * shade), style.wall * 1.12, 0.8 * pier)


def _rose(
    rgb: np.ndarray,
    glow: np.ndarray,
    style: Style,
    face: Face,
    rose: tuple[float, float],
    lamps: float,
) -> tuple[np.ndarray, np.ndarray]:
    height, radius = rose
    dv = face.v - height
    r, angle = np.hypot(face.u, dv), np.arctan2(dv, face.u)
    rgb = mix(rgb, style.trim * 1.1, cover(1.25 * radius - r, face.cell))
    spokes = 0.5 + 0.5 * np.cos(angle * 10.0)
    ring = bell((r / radius - 0.55) / 0.08)
    stone = clamp(smoothstep(0.75, 0.95, spokes) + ring, 0.0, 1.0)
    hole = cover(radius - r, face.cell)
    return mix(rgb, mix(_GLASS, style.trim, 0.7 * stone), hole), glow + lamps * hole * (1.0 - stone)


def _clock(rgb: np.ndarray, face: Face, height: float, radius: float) -> np.ndarray:
    dv = face.v - height
    r = np.hypot(face.u, dv)
    rgb = mix(rgb, colour(60, 52, 40), cover(1.12 * radius - r, face.cell))
    rgb = mix(rgb, colour(236, 230, 214), cover(radius - r, face.cell))
    hand = np.minimum(0.09 * radius - np.abs(face.u - 0.3 * dv), 0.7 * radius - np.abs(dv - 0.3))
    return mix(rgb, colour(40, 36, 34), cover(hand, face.cell))


def _door(rgb: np.ndarray, style: Style, face: Face, half: float) -> np.ndarray:
    """A portal of nested arches with a wooden door."""
    height = 3.4 * half
    for step in range(3):
        wide = half * (1.7 - 0.23 * step)
        inside = arch(face.u, face.v, wide, height + 0.6 * wide, style.arch)
        tone = style.trim * (1.05 if step % 2 == 0 else 0.62)
        rgb = mix(rgb, tone, cover(inside, face.cell))
    inside = arch(face.u, face.v, half, height + 0.3 * half, style.arch)
    wood = _WOOD * (1.0 - 0.5 * cover(0.05 - np.abs(face.u), face.cell))
    return mix(rgb, wood, cover(inside, face.cell))


def lamp_light(glow: np.ndarray) -> np.ndarray:
    """(3, m) warm light of windows lit from inside."""
    return _LAMP * (0.8 * glow)
