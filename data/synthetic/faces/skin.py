"""The face: skin, eyes, brows, mouth, beard and glasses, painted in head coordinates."""

import numpy as np

from synthetic.drawing.canvas import Canvas, colour
from synthetic.drawing.fractal import fractal
from synthetic.drawing.lighting import Light, diffuse, gloss
from synthetic.drawing.maths import Values, bell, clamp, length, mix, smoothstep
from synthetic.faces.hair import hair_shadow
from synthetic.faces.head import EYE_X, MOUTH_Y, Pose, Surface, see_face
from synthetic.faces.person import Person

# Red light travels furthest under the skin, so shadows turn warm at their edge.
SCATTER = np.array([0.42, 0.24, 0.15]).reshape(3, 1, 1)
_BLUSH = np.array([0.02, -0.26, -0.22]).reshape(3, 1, 1)
_WHITE = colour(238, 232, 223)
_EYE_WIDTH = 0.107
_IRIS_RADIUS = 0.047


def paint_face(canvas: Canvas, pose: Pose, light: Light, person: Person) -> None:
    """Paint the whole face; the light is in head coordinates."""
    box = canvas.box(pose.x - 0.7, pose.x + 0.7, pose.y - 0.9, pose.y + 0.9)
    seen = see_face(box, pose, person)
    albedo = _skin(seen, person)
    if person.beard:
        _paint_beard(albedo, seen, person)
    _paint_mouth(albedo, seen, person)
    shadow, occlusion = _shadows(seen, person, light)
    free = 1.0 - 0.6 * hair_shadow(seen, person)
    received = diffuse(seen.normal, light, SCATTER, occlusion * free, shadow * free)
    lit = albedo * received + light.key_rgb * (0.12 * gloss(seen.normal, light, 4) * shadow)
    _paint_eyes(lit, received, seen, person)
    canvas.paint(box, lit, seen.alpha)


def _skin(seen: Surface, person: Person) -> np.ndarray:
    """Return the skin's colour (3, rows, columns): mottled, folded, redder at cheeks and nose."""
    across = np.abs(seen.x)
    mottle = fractal(seen.x * 11.0 + person.noise, seen.y * 11.0, 11.0 * seen.spacing, 0.75)
    warm = bell((across - 0.27) / 0.12) * bell((seen.y + 0.19) / 0.11)
    warm = warm + 0.7 * bell(across / 0.08) * bell((seen.y - person.nose_y) / 0.08)
    fold = bell((across + 0.6 * seen.y + 0.04) / 0.024) * bell((seen.y + 0.32) / 0.06)
    fold = fold * (0.06 + 0.3 * person.old + 0.18 * max(0.0, person.smile))
    tone = (1.0 + (0.1 + 0.06 * person.old) * mottle) * (1.0 - fold)
    return person.skin * (tone * (1.0 + _BLUSH * (person.blush * warm)))


def _shadows(seen: Surface, person: Person, light: Light) -> tuple[Values, Values]:
    """Return what nose, brow and lips leave of the key light and of the sky's."""
    across = np.abs(seen.x)
    below_nose = seen.y - person.nose_y
    side = 0.085 if light.key[0] < 0.0 else -0.085
    beside = abs(light.key[0]) * bell((seen.x - side) / 0.055) * bell((below_nose - 0.03) / 0.095)
    below = 0.6 * bell(seen.x / 0.08) * bell((below_nose + 0.065) / 0.03)
    hole = 0.8 * bell((across - 0.042) / 0.03) * bell((below_nose + 0.04) / 0.02)
    socket = 0.3 * bell((across - 0.12) / 0.05) * bell((seen.y - 0.03) / 0.07)
    jaw = 0.5 * smoothstep(-0.58, -0.72, seen.y)
    shadow = (1.0 - clamp(beside + below, 0.0, 0.8)) * (1.0 - hole)
    return shadow, (1.0 - hole) * (1.0 - socket - jaw)


def _paint_beard(albedo: np.ndarray, seen: Surface, person: Person) -> None:
    """Lay stubble, a moustache, a goatee or a full beard on the skin colours."""
    cheeks, chin, lip = person.beard
    across = np.abs(seen.x)
    ragged = fractal(seen.x * 20.0, seen.y * 9.0 + person.noise, 20.0 * seen.spacing)
    edge = -0.47 + 0.5 * across + 2.2 * np.maximum(across - 0.3, 0.0)
    jaw = smoothstep(0.06, -0.06, seen.y - edge - 0.03 * ragged)
    middle = jaw * smoothstep(0.25, 0.13, across) * smoothstep(MOUTH_Y + 0.06, MOUTH_Y, seen.y)
    moustache = bell((seen.y - MOUTH_Y - 0.068 + 0.16 * across) / 0.05 + 0.2 * ragged)
    moustache = moustache * smoothstep(1.3, 0.9, across / person.mouth_width)
    cover = np.maximum(np.maximum(cheeks * jaw, chin * middle), lip * moustache)
    rgb = mix(person.hair_rgb, colour(60, 40, 30), 0.3) * (0.8 + 0.35 * ragged)
    albedo += (rgb - albedo) * cover


def _paint_mouth(albedo: np.ndarray, seen: Surface, person: Person) -> None:
    """Lay lips, the line between them, and the teeth of an open mouth on the skin colours."""
    along = seen.x / person.mouth_width
    bow = np.sqrt(np.maximum(1.0 - along * along, 0.0))
    line = MOUTH_Y + person.mouth_width * 0.2 * person.smile * (along * along - 0.45)
    above = line + 0.35 * person.mouth_open * bow
    below = line - 0.65 * person.mouth_open * bow
    top = above + 0.03 * person.lips * bow * (1.0 - 0.28 * bell(along / 0.2))
    bottom = below - 0.042 * person.lips * bow
    soft = max(0.008, 0.5 * seen.spacing)
    front = smoothstep(0.0, 0.1, seen.z) * smoothstep(1.06, 0.94, np.abs(along))
    lips = smoothstep(-soft, soft, np.minimum(top - seen.y, seen.y - bottom)) * front
    albedo += (person.lip_rgb * (1.0 - 0.2 * (seen.y > line)) - albedo) * (0.85 * lips)
    gap = smoothstep(-soft, soft, np.minimum(above - seen.y, seen.y - below)) * front
    depth = (above - seen.y) / person.mouth_open
    low = 0.9 if person.smile > 0.3 else 0.4 if person.mouth_open > 0.01 else -1.0  # end of teeth
    teeth = smoothstep(low + 0.1, low - 0.1, depth) * (1.0 - 0.7 * along * along)
    albedo += (mix(colour(60, 20, 20), _WHITE, teeth) - albedo) * gap


def _paint_eyes(lit: np.ndarray, light: np.ndarray, seen: Surface, person: Person) -> None:
    """Lay lids, eyeballs, lashes, brows and glasses on the shaded face under `light`."""
    x = np.abs(seen.x)
    along = (x - EYE_X) / _EYE_WIDTH
    height = seen.y / _EYE_WIDTH - 0.04 * along
    bow = np.sqrt(np.maximum(1.0 - along * along, 0.0))
    upper = height - person.eye_open * bow * (1.0 - 0.1 * along)
    lower = height + 0.68 * person.eye_open * bow * (0.92 + 0.2 * along)
    bag = (0.04 + 0.16 * person.old) * bell((lower + 0.34) / 0.18)
    lit *= 1.0 - bell(along / 0.9) * (0.25 * bell((upper - 0.24) / 0.09) + bag)
    soft = max(0.06, 0.5 * seen.spacing / _EYE_WIDTH)
    opening = smoothstep(-soft, soft, np.minimum(-upper, lower))
    opening = opening * smoothstep(1.06, 0.94, np.abs(along))
    dx = (seen.x - np.sign(seen.x) * EYE_X) * (1.0 / _IRIS_RADIUS)
    dy = (seen.y - 0.004) * (1.0 / _IRIS_RADIUS)
    radius = length(dx, dy)
    edge = max(0.1, seen.spacing / _IRIS_RADIUS)
    iris = person.iris * (smoothstep(0.46 - edge, 0.46 + edge, radius) * (1.2 - 0.4 * radius))
    ball = mix(
        _WHITE * (1.0 - 0.42 * along * along), iris, smoothstep(1.0 + edge, 1.0 - edge, radius)
    )
    glint = 0.8 * bell((dx - 0.3) / 0.28) * bell((dy - 0.36) / 0.28)
    ball = ball * (0.25 + 0.6 * light) * smoothstep(0.25, -0.25, upper + 0.05) + glint
    lit += (ball - lit) * opening
    lash = 0.8 * bell((upper - 0.02) / 0.13) + 0.25 * bell((lower + 0.02) / 0.08)
    lit *= 1.0 - lash * smoothstep(1.25, 0.95, np.abs(along))
    along = clamp((x - 0.088) / 0.257, -0.5, 1.5)
    centre = person.brow_y + 0.055 * along * (1.0 - 0.72 * along)
    cover = smoothstep(1.4, 0.4, np.abs(seen.y - centre) / person.brow_thick + 0.4 * along)
    cover = cover * smoothstep(1.12, 0.9, along) * smoothstep(-0.14, 0.06, along)
    lit += (person.brow_rgb * light - lit) * (0.85 * cover)
    if person.glasses > 0.0:
        lit *= 1.0 - _frame(seen, person) * (0.45 + 0.5 * person.glasses)


def _frame(seen: Surface, person: Person) -> Values:
    """Return the coverage (rows, columns) of the frame of glasses."""
    across = np.abs(seen.x)
    dx = np.abs(across - EYE_X) * (1.0 / 0.165)
    dy = np.abs(seen.y + 0.02) * (1.0 / 0.125)
    square = dx * dx * dx + dy * dy * dy
    rim = bell((square - 1.0) / (0.1 + 0.3 * person.glasses + 2.4 * seen.spacing))
    bar = bell((seen.y - 0.03) / (0.015 + 0.4 * seen.spacing))
    return np.maximum(rim, bar * np.maximum(across > 0.36, across < 0.06))
