"""Eyes, brows and mouth, drawn on the head's surface in its front coordinates (x, y)."""

from dataclasses import dataclass

import numpy as np

from synthetic.old.canvas import bell, clamp, colour, mix, smoothstep
from synthetic.old.faces_head import EYE_X, MOUTH_Y, HeadShape
from synthetic.old.faces_person import Person
from synthetic.old.noise import fine_noise
from synthetic.old.sampling import chance, choose, normal, uniform

_IRIS = {
    "dark brown": colour(58, 36, 24),
    "brown": colour(98, 60, 34),
    "hazel": colour(118, 92, 50),
    "green": colour(98, 124, 84),
    "blue": colour(92, 130, 168),
    "grey": colour(122, 134, 142),
}
_SCLERA = colour(236, 230, 224)
_LASH = colour(24, 18, 16)
_TEETH = colour(240, 234, 222)
_GUMS = colour(92, 34, 34)
_LIPSTICKS = (colour(176, 36, 48), colour(150, 40, 70), colour(206, 96, 96), colour(120, 40, 44))


@dataclass(frozen=True)
class Eyes:
    """Lengths in head units; lids as heights over the half width; gaze is the iris offset."""

    half_width: float
    upper: float
    lower: float
    slant: float
    gaze: tuple[float, float]
    iris: np.ndarray
    iris_radius: float
    lash: float
    crease: float
    shadow: np.ndarray
    shadow_strength: float


@dataclass(frozen=True)
class Brows:
    """Height above the eyes, thickness, arch, inner and outer ends (head units), density."""

    height: float
    thickness: float
    arch: float
    droop: float
    inner: float
    outer: float
    density: float


@dataclass(frozen=True)
class Mouth:
    """Half width, lip thicknesses, opening (head units), smile in about [-0.3, 1], lip colour."""

    half_width: float
    upper: float
    lower: float
    opening: float
    smile: float
    skew: float
    lips: np.ndarray
    tint: float

    def line(self, x: np.ndarray) -> np.ndarray:
        """Height of the line between the lips at x."""
        along = x / self.half_width
        bend = 0.2 * self.smile * (along * along - 0.45)
        return MOUTH_Y + self.half_width * (bend + self.skew * along)


def sample_eyes(rng: np.random.Generator, person: Person, smile: float, yaw: float) -> Eyes:
    """Eyes for a person; a broad smile and age narrow them; most look back at the camera."""
    ahead = -0.07 * float(np.sin(yaw)) * (1.0 if chance(rng, 0.75) else uniform(rng, 0.0, 0.6))
    fair = max(0.0, 1.0 - 2.2 * person.melanin)
    weights = {
        "dark brown": 0.3 + 1.6 * person.melanin,
        "brown": 0.6,
        "hazel": 0.12 + 0.3 * fair,
        "green": 0.02 + 0.3 * fair,
        "blue": 0.02 + 0.7 * fair,
        "grey": 0.01 + 0.2 * fair,
    }
    child = 1.0 if person.age < 15 else 0.0
    narrow = 1.0 - 0.16 * max(0.0, smile) - 0.14 * person.wrinkling
    made_up = (not person.man) and person.age > 17 and chance(rng, 0.4)
    shades = (colour(92, 62, 56), colour(70, 66, 84), colour(150, 96, 80))
    return Eyes(
        half_width=normal(rng, 0.106 + 0.006 * child, 0.005),
        upper=normal(rng, 0.44 + 0.05 * child, 0.045) * narrow,
        lower=normal(rng, 0.3, 0.03) * narrow,
        slant=normal(rng, 0.05 - 0.06 * person.wrinkling, 0.06),
        gaze=(ahead + normal(rng, 0.0, 0.006), normal(rng, 0.0, 0.005)),
        iris=_IRIS[choose(rng, weights)] * uniform(rng, 0.8, 1.2),
        iris_radius=normal(rng, 0.047 + 0.003 * child, 0.0015),
        lash=(0.55 if person.man else 0.85) + (0.3 if made_up else 0.0),
        crease=uniform(rng, 0.2, 0.9),
        shadow=shades[int(rng.integers(3))],
        shadow_strength=uniform(rng, 0.25, 0.6) if made_up else 0.0,
    )


def sample_brows(rng: np.random.Generator, person: Person) -> Brows:
    """Brows for a person: thicker and straighter in men."""
    man = 1.0 if person.man and person.age > 15 else 0.0
    return Brows(
        height=normal(rng, 0.118 - 0.012 * man, 0.012),
        thickness=normal(rng, 0.02 + 0.007 * man, 0.0045),
        arch=normal(rng, 0.028 - 0.014 * man, 0.01),
        droop=normal(rng, 0.006, 0.008),
        inner=normal(rng, 0.088, 0.012),
        outer=normal(rng, 0.345, 0.014),
        density=uniform(rng, 0.75, 1.0) * (1.0 - 0.25 * person.greyness),
    )


def sample_mouth(rng: np.random.Generator, person: Person) -> Mouth:
    """A mouth from slightly sullen to a broad smile that shows the teeth."""
    smile = uniform(rng, 0.45, 1.0) if chance(rng, 0.55) else normal(rng, 0.08, 0.16)
    opened = chance(rng, 0.65 if smile > 0.45 else 0.12)
    full = normal(rng, 0.85 + 0.45 * person.melanin - 0.2 * person.wrinkling, 0.14)
    tint = np.array([[0.86], [0.5], [0.5]], np.float32)
    lips = person.skin * tint + colour(120, 48, 52) * 0.18
    painted = (not person.man) and person.age > 17 and chance(rng, 0.4)
    if painted:
        lips = mix(lips, _LIPSTICKS[int(rng.integers(4))], uniform(rng, 0.4, 0.9))
    return Mouth(
        half_width=normal(rng, 0.148, 0.01) * (1.0 + 0.2 * max(0.0, smile)),
        upper=0.03 * full,
        lower=0.042 * full,
        opening=uniform(rng, 0.028, 0.062) * (0.4 + 0.6 * max(0.0, smile)) if opened else 0.0,
        smile=smile,
        skew=normal(rng, 0.0, 0.025),
        lips=lips.astype(np.float32),
        tint=1.0 if painted else 0.8,
    )


def paint_brows(
    albedo: np.ndarray, x: np.ndarray, y: np.ndarray, brows: Brows, person: Person, cell: float
) -> np.ndarray:
    """Skin colours (3, m) with the brows' hairs laid on; `cell` is the sample spacing."""
    near = np.flatnonzero(np.abs(y - brows.height - 0.01) < 0.09)
    across, height = np.abs(x[near]), y[near]
    along = (across - brows.inner) / (brows.outer - brows.inner)
    inside = clamp(along, 0.0, 1.0)
    centre = brows.height + brows.arch * 4.0 * inside * (1.0 - 0.72 * inside) * 0.7
    centre -= brows.droop * inside * inside
    thick = brows.thickness * (1.0 - 0.62 * inside * inside) * smoothstep(-0.12, 0.12, along)
    offset = (height - centre) / np.maximum(thick, 0.004)
    hairs = fine_noise((across - 0.9 * height) * 95.0, (across + height) * 16.0, 95.0 * cell)
    cover = smoothstep(1.35, 0.55, np.abs(offset) - 0.3 * hairs)
    cover *= smoothstep(1.12, 0.92, along) * smoothstep(-0.14, 0.04, along)
    alpha = cover * brows.density * (0.88 + 0.22 * hairs)
    albedo[:, near] = mix(albedo[:, near], person.brow * (1.0 + 0.35 * hairs), alpha)
    return albedo


def paint_lids(
    albedo: np.ndarray, x: np.ndarray, y: np.ndarray, eyes: Eyes, person: Person
) -> np.ndarray:
    """Skin colours with the creases, make-up and bags around the eyes."""
    near = np.flatnonzero((np.abs(y) < 0.16) & (np.abs(x) < 0.42))
    e, v = _eye_frame(x[near], y[near], eyes)
    upper, lower = _lids(e, eyes)
    side = smoothstep(1.35, 0.85, np.abs(e))
    crease = bell((v - upper - 0.24) / 0.07) * side * eyes.crease
    bag = bell((v - lower + 0.34) / 0.16) * side * (0.1 + 0.4 * person.wrinkling)
    hollow = bell((v - 0.1) / 0.75) * bell(e / 1.25) * 0.16
    shade = (1.0 - 0.38 * crease) * (1.0 - 0.34 * bag) * (1.0 - hollow)
    lid = smoothstep(0.75, 0.1, v - upper) * smoothstep(-0.3, 0.0, v - upper) * side
    skin = albedo[:, near] * shade
    albedo[:, near] = mix(skin, eyes.shadow * (0.3 + person.skin), lid * eyes.shadow_strength)
    return albedo


def _eye_frame(x: np.ndarray, y: np.ndarray, eyes: Eyes) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of the nearer eye: e from -1 (inner corner) to 1, v upwards, in half widths."""
    e = (np.abs(x) - EYE_X) * (1.0 / eyes.half_width)
    return e, y * (1.0 / eyes.half_width) - eyes.slant * e


def _lids(e: np.ndarray, eyes: Eyes) -> tuple[np.ndarray, np.ndarray]:
    """Heights of the upper and lower lid margins."""
    bow = np.sqrt(np.maximum(1.0 - e * e, 0.0))
    upper = eyes.upper * bow * (1.0 - 0.1 * e)
    lower = -eyes.lower * bow * (0.92 + 0.2 * e)
    return upper, lower


def paint_eyes(
    lit: np.ndarray,
    light: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    eyes: Eyes,
    catch: tuple[float, float],
    cell: float,
) -> np.ndarray:
    """Shaded face (3, m) with eyeballs and lashes.

    `light` (3, m) is the diffuse light on the face; `catch` in [-1, 1]² places the reflection of
    the key light on the iris; `cell` is the sample spacing.
    """
    near = np.flatnonzero((np.abs(y) < 0.13) & (np.abs(x) < 0.4) & (np.abs(x) > 0.06))
    px, py = x[near], y[near]
    e, v = _eye_frame(px, py, eyes)
    upper, lower = _lids(e, eyes)
    soft = max(0.05, 0.5 * cell / eyes.half_width)
    opening = smoothstep(-soft, soft, np.minimum(upper - v, v - lower))
    opening *= smoothstep(1.06, 0.96, np.abs(e))
    gaze_x = np.sign(px) * EYE_X + eyes.gaze[0]
    dx, dy = px - gaze_x, py - eyes.gaze[1] - 0.004
    r = np.sqrt(dx * dx + dy * dy) / eyes.iris_radius
    angle = np.arctan2(dy, dx)
    rays = fine_noise(angle * 4.0, 2.0 * r + 9.0, 40.0 * cell)
    iris = eyes.iris * (0.7 + 0.45 * bell((r - 0.6) / 0.3) + 0.3 * rays)
    iris = iris * (1.0 - 0.75 * smoothstep(0.78, 1.0, r)) + 0.12 * eyes.iris
    glow = clamp(-(dx * catch[0] + dy * catch[1]) / eyes.iris_radius, 0.0, 1.0)
    iris = iris * (1.0 + 0.6 * glow)
    edge = max(0.1, cell / eyes.iris_radius)
    ball = mix(_SCLERA * (1.0 - 0.42 * e * e), iris, smoothstep(1.0 + edge, 1.0 - edge, r))
    ball = ball * smoothstep(0.46 - edge, 0.46 + edge, r)
    ball = ball * mix(0.5, 1.0, smoothstep(0.02, 0.26, upper - v))
    shine = light[:, near].mean(axis=0) * 0.35 + 0.5 * float(light.mean())
    glint = bell((dx / eyes.iris_radius - 0.38 * catch[0]) / 0.2)
    glint = glint * bell((dy / eyes.iris_radius - 0.42 * catch[1]) / 0.2)
    ball = ball * shine * 0.95 + 1.1 * glint
    result = mix(lit[:, near], ball, opening)
    reach = smoothstep(1.2, 1.0, e) * smoothstep(-1.12, -0.8, e)
    bristle = fine_noise(e * 13.0 - v * 4.0, v * 1.5 + 3.0, 120.0 * cell)
    width = 0.085 * (0.7 + 0.5 * clamp(e + 0.4, 0.0, 1.0)) * (0.75 + 0.5 * eyes.lash)
    lashes = bell((v - upper - 0.02) / (width * (1.0 + 0.5 * bristle))) * reach
    lower_lash = bell((v - lower + 0.02) / 0.06) * reach * 0.42
    alpha = clamp(lashes * (0.55 + 0.4 * eyes.lash) + lower_lash * eyes.lash, 0.0, 0.95)
    lit[:, near] = mix(result, _LASH * light[:, near], alpha)
    return lit


def mouth_parts(
    x: np.ndarray, y: np.ndarray, mouth: Mouth, cell: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coverage (m,) of the lips and of the gap between them, and a lip relief shade."""
    along = x / mouth.half_width
    bow = np.sqrt(np.maximum(1.0 - along * along, 0.0))
    line = mouth.line(x)
    cupid = 1.0 - 0.28 * bell(along / 0.14) - 0.12 * along * along
    open_up, open_down = 0.35 * mouth.opening * bow, 0.65 * mouth.opening * bow
    top = line + open_up + mouth.upper * bow * cupid
    bottom = line - open_down - mouth.lower * bow * (1.0 - 0.15 * along * along)
    soft = max(0.007, 0.5 * cell)
    inside = smoothstep(1.03, 0.93, np.abs(along))
    lips = smoothstep(-soft, soft, np.minimum(top - y, y - bottom)) * inside
    gap = smoothstep(-soft, soft, np.minimum(line + open_up - y, y - line + open_down)) * inside
    crease = bell((y - line) / 0.011) * smoothstep(1.12, 0.9, np.abs(along))
    gap = gap if mouth.opening > 0.0 else np.zeros_like(gap)
    upper_shade = 0.24 * smoothstep(-0.004, 0.008, y - line) * lips
    shade = (1.0 - upper_shade) * (1.0 - 0.72 * crease * (1.0 - gap))
    return lips, gap, shade


def paint_gap(
    lit: np.ndarray, light: np.ndarray, x: np.ndarray, y: np.ndarray, mouth: Mouth, gap: np.ndarray
) -> np.ndarray:
    """Shaded face with the inside of an open mouth: a row of teeth over darkness."""
    if mouth.opening <= 0.0:
        return lit
    where = np.flatnonzero(gap > 0.004)
    along = x[where] / mouth.half_width
    depth = (mouth.line(x[where]) + 0.35 * mouth.opening - y[where]) / mouth.opening
    seams = 1.0 - 0.2 * bell(np.sin(along * 14.0) / 0.22)
    teeth = _TEETH * seams * (1.0 - 0.72 * along**4) * smoothstep(-0.1, 0.2, depth)
    lower_edge = 0.45 if mouth.smile < 0.3 else 0.86  # a smile fills the gap with teeth
    inside = mix(teeth, _GUMS * 0.4, smoothstep(lower_edge - 0.08, lower_edge + 0.12, depth))
    inside = inside * mix(1.0, 0.25, smoothstep(0.78, 1.0, np.abs(along)))
    shine = 0.5 * light[:, where] + 0.4 * light.mean(axis=1, keepdims=True)
    lit[:, where] = mix(lit[:, where], inside * shine, gap[where])
    return lit


def nostrils(x: np.ndarray, y: np.ndarray, shape: HeadShape) -> np.ndarray:
    """(m,) darkness of the nostrils and the creases round the nose wings."""
    across = np.abs(x)
    hole = bell((across - 0.72 * shape.nose_width) / 0.026) * bell(
        (y - shape.nose_y + 0.04) / 0.017
    )
    wing = bell((across - shape.nose_width - 0.035) / 0.014) * bell(
        (y - shape.nose_y + 0.008) / 0.035
    )
    under = bell(across / 0.05) * bell((y - shape.nose_y + 0.05) / 0.018)
    return clamp(0.85 * hole + 0.3 * wing + 0.22 * under, 0.0, 0.9)
