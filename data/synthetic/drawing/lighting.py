"""A key light and the light of sky and ground, with soft diffuse shading."""

from dataclasses import dataclass

import numpy as np

from synthetic.drawing import sampling
from synthetic.drawing.maths import Values, Vector, cos, dot, mix, sin, unit


@dataclass(frozen=True)
class Light:
    """Lights of a scene; `key` is the unit vector to the key light (right, up, to the viewer)."""

    key: Vector
    key_rgb: np.ndarray
    sky_rgb: np.ndarray
    ground_rgb: np.ndarray


def direction(azimuth: float, elevation: float) -> Vector:
    """Return a unit vector; angles in radians, azimuth 0 is the viewer, positive to the right."""
    flat = cos(elevation)
    return sin(azimuth) * flat, sin(elevation), cos(azimuth) * flat


def warmth(amount: float) -> np.ndarray:
    """Return the tint (3, 1, 1) of a light: -1 bluish daylight, 0 white, 1 candle-like."""
    tint = [1.0 + 0.16 * amount, 1.0 + 0.01 * amount, 1.0 - 0.24 * amount]
    return np.array(tint).reshape(3, 1, 1)


def sample_light(rng: np.random.Generator) -> Light:
    """Draw the light of a portrait: a key light from above and one side, and a weaker fill."""
    fill = sampling.uniform(rng, 0.28, 0.62)
    tone = sampling.normal(rng, 0.15, 0.4)
    sky_rgb = warmth(-0.5 * tone) * fill
    return Light(
        key=direction(sampling.normal(rng, 0.0, 0.6), sampling.uniform(rng, 0.25, 0.85)),
        key_rgb=warmth(tone) * ((1.15 - 0.8 * fill) * sampling.uniform(rng, 0.9, 1.12)),
        sky_rgb=sky_rgb,
        ground_rgb=sky_rgb * warmth(0.5) * sampling.uniform(rng, 0.45, 0.75),
    )


def diffuse(
    normal: Vector, light: Light, wrap: Values = 0.15, occlusion: Values = 1.0, shadow: Values = 1.0
) -> np.ndarray:
    """Return the light (3, rows, columns) that arrives at surfaces with unit normals.

    `wrap` bends the key light round the form, per channel if (3, 1, 1); `occlusion` dims the sky's
    and ground's light and `shadow` the key light (1: not at all).
    """
    facing = dot(normal, light.key)
    key = np.maximum((facing + wrap) * (1.0 / (1.0 + wrap)), 0.0) * shadow
    ambient = mix(light.ground_rgb, light.sky_rgb, 0.5 + 0.5 * normal[1]) * occlusion
    return light.key_rgb * key + ambient


def gloss(normal: Vector, light: Light, doublings: int) -> Values:
    """Return the Blinn highlight of the key light, of sharpness 2**doublings."""
    half = unit(light.key[0], light.key[1], light.key[2] + 1.0)
    shine = np.maximum(dot(normal, half), 0.0)
    for _ in range(doublings):
        shine = shine * shine
    return shine
