"""A key light, a sky-and-ground ambient and a rim light, with soft diffuse shading."""

from dataclasses import dataclass, replace

import numpy as np

from synthetic.old.canvas import mix
from synthetic.old.sampling import chance, normal, uniform


@dataclass(frozen=True)
class Light:
    """Lights of a scene; directions are unit (3,) vectors (right, up, towards the viewer)."""

    key: np.ndarray
    key_rgb: np.ndarray
    sky_rgb: np.ndarray
    ground_rgb: np.ndarray
    rim: np.ndarray
    rim_rgb: np.ndarray


def direction(azimuth: float, elevation: float) -> np.ndarray:
    """Unit vector; angles in radians, azimuth 0 is the viewer, positive to the right."""
    flat = np.cos(elevation)
    return np.array(
        [np.sin(azimuth) * flat, np.sin(elevation), np.cos(azimuth) * flat], dtype=np.float32
    )


def warmth(amount: float) -> np.ndarray:
    """(3, 1) tint of a light: -1 bluish daylight, 0 white, 1 candle-like."""
    return np.array([[1 + 0.16 * amount], [1 + 0.01 * amount], [1 - 0.24 * amount]], np.float32)


def sample_light(rng: np.random.Generator) -> Light:
    """A portrait light: key from above and one side, weaker fill, sometimes a rim light."""
    azimuth = normal(rng, 0.0, 0.62, 1.7)
    elevation = uniform(rng, 0.25, 0.85)
    tone = normal(rng, 0.15, 0.45)
    fill = uniform(rng, 0.28, 0.62)
    key_rgb = warmth(tone) * (1.15 - 0.8 * fill) * uniform(rng, 0.9, 1.12)
    sky_rgb = warmth(-0.5 * tone) * fill
    rim_strength = uniform(rng, 0.3, 0.9) if chance(rng, 0.3) else 0.0
    side = -1.0 if azimuth > 0 else 1.0
    return Light(
        key=direction(azimuth, elevation),
        key_rgb=key_rgb,
        sky_rgb=sky_rgb,
        ground_rgb=sky_rgb * warmth(0.5) * uniform(rng, 0.45, 0.75),
        rim=direction(side * uniform(rng, 2.0, 2.5), 0.5),
        rim_rgb=warmth(normal(rng, 0.0, 0.5)) * rim_strength,
    )


def turned(light: Light, rotation: np.ndarray) -> Light:
    """The same light in the coordinates of an object; `rotation` (3, 3) maps object to view."""
    return replace(light, key=light.key @ rotation, rim=light.rim @ rotation)


def dot(normal_xyz: np.ndarray, vector: np.ndarray) -> np.ndarray:
    """(m,) inner products of (3, m) normals with one (3,) vector."""
    return vector @ normal_xyz


def diffuse(
    normal_xyz: np.ndarray,
    light: Light,
    up: np.ndarray,
    softness: np.ndarray | float = 0.15,
    occlusion: np.ndarray | float = 1.0,
    shadow: np.ndarray | float = 1.0,
) -> np.ndarray:
    """Light (3, m) arriving at surfaces with unit normals (3, m).

    `softness` wraps the key light round the form, per channel if (3, 1); `occlusion` dims the
    ambient and `shadow` the key (1: none); `up` (3,) is the vertical.
    """
    facing = dot(normal_xyz, light.key)
    key = np.maximum((facing + softness) / (1.0 + softness), 0.0) * shadow
    ambient = mix(light.ground_rgb, light.sky_rgb, 0.5 + 0.5 * dot(normal_xyz, up)) * occlusion
    lit = light.key_rgb * key + ambient
    if light.rim_rgb.any():
        lit += light.rim_rgb * np.square(np.maximum(dot(normal_xyz, light.rim), 0.0))
    return lit


def gloss(normal_xyz: np.ndarray, light: Light, view: np.ndarray, sharpness: float) -> np.ndarray:
    """(m,) Blinn highlight of the key light; `view` (3,) points to the viewer."""
    half = light.key + view
    half = half / np.linalg.norm(half)
    return np.maximum(dot(normal_xyz, half.astype(np.float32)), 0.0) ** sharpness
