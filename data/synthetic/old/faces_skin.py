"""Skin of the face: tone, blush, freckles, wrinkles, beard, and how light falls on it."""

import math
from dataclasses import dataclass, replace

import numpy as np

from synthetic.old.canvas import Canvas, bell, clamp, colour, mix, smoothstep
from synthetic.old.faces_features import (
    Brows,
    Eyes,
    Mouth,
    mouth_parts,
    nostrils,
    paint_brows,
    paint_eyes,
    paint_gap,
    paint_lids,
)
from synthetic.old.faces_head import MOUTH_Y, HeadShape, Surface
from synthetic.old.faces_person import Person, Pose
from synthetic.old.lighting import Light, diffuse, dot, gloss
from synthetic.old.noise import fbm, fine_noise, value_noise, visible
from synthetic.old.sampling import chance, choose, uniform

# Red light travels furthest under the skin, so shadows turn warm at their edge.
SCATTER = np.array([[0.42], [0.24], [0.15]], dtype=np.float32)


@dataclass(frozen=True)
class Beard:
    """Densities in [0, 1] of the moustache, of the chin and of the cheeks; length in head units."""

    moustache: float
    chin: float
    cheeks: float
    length: float
    rgb: np.ndarray


@dataclass(frozen=True)
class Skin:
    """Blemishes and sheen of the skin; `seed` (2 numbers) shifts its noise."""

    blush: float
    freckles: float
    mottle: float
    shine: float
    seed: tuple[float, float]


def sample_skin(rng: np.random.Generator, person: Person) -> Skin:
    """Skin surface for a person; freckles are for the fair."""
    freckled = person.melanin < 0.35 and chance(rng, 0.22)
    return Skin(
        blush=uniform(rng, 0.25, 1.0) * (1.1 - 0.8 * person.melanin),
        freckles=uniform(rng, 0.35, 0.9) if freckled else 0.0,
        mottle=uniform(rng, 0.04, 0.1) + 0.06 * person.wrinkling,
        shine=uniform(rng, 0.04, 0.13) + 0.03 * person.melanin,
        seed=(uniform(rng, 0.0, 200.0), uniform(rng, 0.0, 200.0)),
    )


def sample_beard(rng: np.random.Generator, person: Person) -> Beard:
    """No beard for most; stubble, moustache, goatee or full beard for about half the men."""
    kinds = {"none": 0.42, "stubble": 0.2, "moustache": 0.08, "goatee": 0.1, "full": 0.2}
    kind = choose(rng, kinds) if person.man and person.age > 19 else "none"
    dense, light = uniform(rng, 0.8, 1.0), uniform(rng, 0.22, 0.5)
    amounts = {
        "none": (0.0, 0.0, 0.0),
        "stubble": (light, light, 0.8 * light),
        "moustache": (dense, 0.12 * light, 0.1 * light),
        "goatee": (dense, dense, 0.3 * light),
        "full": (dense, dense, dense),
    }[kind]
    length = uniform(rng, 0.01, 0.1) if kind == "full" else 0.0
    rgb = mix(person.natural_hair, colour(60, 40, 30), 0.3) * uniform(rng, 0.7, 0.95)
    return Beard(*amounts, length, rgb.astype(np.float32))


def bearded(shape: HeadShape, beard: Beard) -> HeadShape:
    """The head grown by the beard's length."""
    if beard.length == 0.0:
        return shape
    return replace(
        shape, chin=shape.chin + 0.8 * beard.length, taper=shape.taper - 0.8 * beard.length
    )


def _beard_cover(
    x: np.ndarray, y: np.ndarray, beard: Beard, mouth: Mouth, ragged: np.ndarray
) -> np.ndarray:
    """(m,) density of facial hair before the lips are cut out."""
    across = np.abs(x)
    edge = np.interp(
        across, [0.0, 0.1, 0.2, 0.32, 0.4, 0.44], [-0.47, -0.44, -0.37, -0.27, -0.1, 0.2]
    )
    edge = edge.astype(np.float32) + 0.03 * ragged
    cheeks = smoothstep(0.035, -0.05, y - edge)
    front = smoothstep(0.23, 0.15, across + 0.03 * ragged)
    chin = cheeks * front * smoothstep(MOUTH_Y + 0.06, MOUTH_Y - 0.03, y)
    middle = MOUTH_Y + 0.068 - 0.16 * np.maximum(across - 0.05, 0.0) + 0.1 * mouth.smile * across
    lip = smoothstep(0.052, 0.02, np.abs(y - middle) + 0.012 * ragged)
    lip = lip * smoothstep(1.3, 1.0, across / mouth.half_width)
    link = bell((across - mouth.half_width * 1.08) / 0.045) * smoothstep(-0.33, -0.4, y)
    link = link * smoothstep(-0.62, -0.5, y)
    cover = np.maximum(beard.moustache * lip, beard.chin * np.maximum(chin, 0.85 * link))
    return np.maximum(cover, beard.cheeks * cheeks)


def _wrinkles(
    x: np.ndarray, y: np.ndarray, person: Person, mouth: Mouth, shape: HeadShape, skin: Skin
) -> np.ndarray:
    """(m,) darkness of the folds of age and of smiling."""
    across = np.abs(x)
    old = person.wrinkling
    smile = max(0.0, mouth.smile)
    start, end = shape.nose_y + 0.02, MOUTH_Y - 0.04
    down = clamp((start - y) / (start - end), 0.0, 1.0)
    curve = shape.nose_width + 0.035 + (mouth.half_width - 0.035) * (0.25 * down + 0.75 * down**1.3)
    fold = (
        bell((across - curve) / 0.019) * smoothstep(-0.05, 0.2, down) * smoothstep(1.0, 0.8, down)
    )
    dark = fold * min(0.1 + 0.5 * old + 0.28 * smile, 0.75)
    if old > 0.08:
        wave = value_noise(x * 4.0 + skin.seed[0], y * 3.0) * 0.22
        lines = bell(np.sin((y * 7.5 + wave) * 2.0 * np.pi + skin.seed[1]) / 0.35)
        brow = lines * smoothstep(0.17, 0.22, y) * smoothstep(0.46, 0.38, y)
        brow = brow * smoothstep(0.34, 0.2, across)
        fan = np.arctan2(y + 0.01, across - 0.26)
        feet = bell(np.sin(fan * 7.0) / 0.4) * smoothstep(0.3, 0.34, across)
        feet = feet * smoothstep(0.42, 0.37, across) * smoothstep(0.1, 0.05, np.abs(y + 0.01))
        frown = bell((across - 0.03) / 0.009) * bell((y - 0.12) / 0.04)
        jowl = (
            bell((across - 0.19) / 0.02) * smoothstep(-0.48, -0.52, y) * smoothstep(-0.62, -0.57, y)
        )
        dark = dark + old * (0.4 * brow + 0.35 * feet + 0.35 * frown + 0.25 * jowl)
    return clamp(dark, 0.0, 0.8)


def _skin_albedo(
    x: np.ndarray, y: np.ndarray, person: Person, skin: Skin, shape: HeadShape, cell: float
) -> np.ndarray:
    """(3, m) bare skin: mottling, redder cheeks and nose, freckles, grain."""
    across = np.abs(x)
    shift_x, shift_y = skin.seed
    mottle = fbm(x * 7.0 + shift_x, y * 7.0 + shift_y, 5, 0.72, 7.0 * cell)
    albedo = person.skin * (1.0 + skin.mottle * 1.6 * mottle)
    warm = bell((across - 0.27) / 0.11) * bell((y + 0.19) / 0.1)
    warm = warm + 0.7 * bell(across / 0.07) * bell((y - shape.nose_y) / 0.07)
    warm = warm + 0.3 * bell((y + 0.6) / 0.1) * bell(across / 0.12)
    tint = np.array([[0.02], [-0.26], [-0.22]], dtype=np.float32)
    albedo = albedo * (1.0 + tint * (skin.blush * warm))
    if skin.freckles > 0.0:
        spots = value_noise(x * 52.0 + shift_y, y * 52.0 + shift_x)
        spots = smoothstep(0.4, 0.75, spots) * visible(52.0 * cell)
        spread = bell((y + 0.12) / 0.17) * smoothstep(0.42, 0.3, across)
        spread = spread + 0.35 * bell((y - 0.25) / 0.12)
        albedo = mix(albedo, albedo * colour(205, 160, 130), skin.freckles * spots * spread)
    return albedo


def _nose_shadow(x: np.ndarray, y: np.ndarray, key: np.ndarray, shape: HeadShape) -> np.ndarray:
    """(m,) fraction of the key light left beside and below the nose; `key` in head coordinates."""
    away = -float(key[0])
    side = math.copysign(0.085, away)
    beside = bell((x - side) / 0.05) * bell((y - shape.nose_y - 0.03) / 0.085) * abs(away) * 1.1
    below = bell((x - 0.07 * away) / 0.09) * bell((y - shape.nose_y + 0.075) / 0.035)
    return 1.0 - clamp(0.8 * beside + max(0.0, float(key[1])) * 0.75 * below, 0.0, 0.85)


def draw_face(
    canvas: Canvas,
    surface: Surface,
    pose: Pose,
    light: Light,
    person: Person,
    shape: HeadShape,
    skin: Skin,
    beard: Beard,
    features: tuple[Eyes, Brows, Mouth],
    hair_shadow: np.ndarray,
) -> None:
    """Paint the head's surface; `light` is in head coordinates, `hair_shadow` (m,) in [0, 1]."""
    eyes, brows, mouth = features
    cell = canvas.grid.spacing
    x, y, z = surface.point
    albedo = _skin_albedo(x, y, person, skin, shape, cell)
    front = smoothstep(0.0, 0.12, z)
    albedo = paint_lids(albedo, x, y, eyes, person)
    folds = _wrinkles(x, y, person, mouth, shape, skin) * front
    fold_tint = np.array([[0.8], [1.0], [1.05]], dtype=np.float32)
    albedo = albedo * clamp(1.0 - fold_tint * 0.62 * folds, 0.05, 1.0)

    lips, gap, lip_shade = mouth_parts(x, y, mouth, cell)
    ragged = fine_noise(x * 48.0 + skin.seed[1], y * 13.0, 48.0 * cell)
    ragged = ragged + 0.6 * value_noise(x * 20.0, y * 9.0 + skin.seed[0])
    hairs = _beard_cover(x, y, beard, mouth, ragged) * front * (1.0 - 0.92 * lips)
    albedo = mix(
        albedo, beard.rgb * (1.0 + 0.5 * ragged), clamp(hairs * (0.9 + 0.2 * ragged), 0, 0.97)
    )
    lines = fine_noise(x * 42.0, y * 6.0, 42.0 * cell)
    lip_rgb = mouth.lips * (1.0 + 0.1 * lines)
    albedo = mix(albedo, lip_rgb, lips * mouth.tint * front) * mix(1.0, lip_shade, front)
    albedo = paint_brows(albedo, x, y, brows, person, cell)

    facing = clamp(dot(surface.normal, pose.view), 0.0, 1.0)
    holes = nostrils(x, y, shape) * front * smoothstep(0.1, 0.5, facing)
    under_lip = bell((y - MOUTH_Y + 0.1) / 0.022) * bell(x / 0.09)
    socket = bell((np.abs(x) - 0.115) / 0.04) * bell((y - 0.03) / 0.06)
    occlusion = (1.0 - 0.85 * holes) * (1.0 - 0.3 * under_lip) * (1.0 - 0.4 * socket)
    occlusion = occlusion * (1.0 - 0.6 * hair_shadow)
    shadow = _nose_shadow(x, y, light.key, shape) * (1.0 - 0.75 * holes)
    shadow = shadow * (1.0 - 0.7 * hair_shadow)
    received = diffuse(surface.normal, light, pose.up, SCATTER, occlusion, shadow)
    lit = albedo * received
    spots = 1.0 + 0.3 * fbm(x * 40.0, y * 40.0 + skin.seed[0], 2, 0.6, 40.0 * cell)
    sheen = gloss(surface.normal, light, pose.view, 14.0) * skin.shine * spots
    sheen = sheen * (1.0 - hairs) * shadow + 0.25 * lips * gloss(
        surface.normal, light, pose.view, 30.0
    )
    edge = (1.0 - facing) ** 3
    lit = lit + light.key_rgb * sheen + light.sky_rgb * (0.07 * edge)
    lit = paint_gap(lit, received, x, y, mouth, gap * front)
    catch = (float(np.clip(1.6 * light.key[0], -1, 1)), float(np.clip(1.6 * light.key[1], 0.2, 1)))
    lit = paint_eyes(lit, received, x, y, eyes, catch, cell)
    canvas.paint(surface.where, lit, surface.alpha)
