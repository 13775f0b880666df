"""The sky: time of day, colour from the horizon up, clouds, the sun; its light and its haze."""

import math
from dataclasses import dataclass

import numpy as np

from synthetic.drawing.canvas import colour
from synthetic.drawing.fractal import PERIOD, fractal
from synthetic.drawing.maths import Values, Vector, clamp, cos, dot, mix, sin, smoothstep
from synthetic.drawing.sampling import chance, choose, normal, skewed, uniform

# Share of the images; elevation of the sun; its colour and power; zenith, horizon; glow round the
# sun; lit and shaded cloud; cloud cover.
_TIMES = {
    "noon": (0.2, (0.6, 1.2), (255, 248, 236), 1.5, (60, 112, 186), (188, 212, 234), 0.05,
             (250, 250, 250), (150, 160, 176), (0.0, 0.6)),
    "afternoon": (0.2, (0.3, 0.7), (255, 238, 210), 1.45, (72, 122, 188), (208, 220, 230), 0.15,
                  (252, 248, 240), (150, 156, 172), (0.1, 0.65)),
    "golden": (0.16, (0.1, 0.3), (255, 206, 140), 1.45, (92, 130, 182), (246, 214, 170), 0.5,
               (255, 226, 182), (146, 138, 150), (0.1, 0.65)),
    "sunset": (0.1, (0.02, 0.12), (255, 150, 86), 0.95, (70, 84, 138), (252, 166, 104), 0.8,
               (255, 164, 120), (92, 82, 112), (0.2, 0.75)),
    "dusk": (0.06, (0.02, 0.08), (255, 130, 110), 0.3, (34, 46, 92), (206, 138, 136), 0.5,
             (206, 124, 130), (54, 58, 92), (0.15, 0.7)),
    "overcast": (0.12, (0.5, 1.0), (255, 250, 244), 0.3, (138, 150, 164), (206, 210, 214), 0.0,
                 (206, 208, 212), (138, 144, 154), (0.85, 1.0)),
    "storm": (0.07, (0.4, 0.9), (240, 240, 255), 0.4, (74, 84, 100), (176, 182, 186), 0.0,
              (160, 166, 174), (64, 70, 82), (0.75, 1.0)),
    "mist": (0.06, (0.2, 0.7), (255, 240, 220), 0.5, (164, 178, 192), (224, 224, 220), 0.2,
             (236, 234, 230), (190, 194, 200), (0.2, 0.8)),
    "night": (0.03, (0.4, 0.9), (150, 176, 230), 0.16, (10, 16, 36), (40, 54, 88), 0.0,
              (62, 72, 100), (20, 26, 44), (0.0, 0.6)),
}  # fmt: skip
_SCATTERING = np.array([0.75, 1.0, 1.4]).reshape(3, 1, 1)  # blue first


@dataclass(frozen=True)
class Sky:
    """A sky. `sun` is the unit vector towards the sun; colours are linear light (3, 1, 1)."""

    sun: tuple[float, float, float]
    sun_rgb: np.ndarray
    zenith: np.ndarray
    horizon: np.ndarray
    glow: np.ndarray
    cloud: np.ndarray
    shade: np.ndarray
    cover: float
    puff: float
    scale: float
    stretch: float
    haze: float
    shift: tuple[float, float]

    @property
    def ambient(self) -> np.ndarray:
        """Return the light (3, 1, 1) of the whole sky on a level surface."""
        blue = 0.55 * self.zenith + 0.45 * self.horizon
        return 0.75 * mix(blue, mix(self.shade, self.cloud, 0.4), 0.8 * self.cover)

    @property
    def brightness(self) -> float:
        """Return the light on a white level surface in the open."""
        return float((self.ambient + self.sun_rgb * self.sun[1]).sum()) / 3.0

    @property
    def exposure(self) -> float:
        """Return a camera's exposure, which brightens dim scenes, but not all the way."""
        return min(max(math.sqrt(0.8 / self.brightness), 0.8), 1.9)

    def lit(self, facing: Values, open_sky: Values = 1.0) -> Values:
        """Return the light on surfaces, by the sun's cosine and the share of the sky they see."""
        return self.sun_rgb * facing + self.ambient * open_sky

    def hazed(self, rgb: Values, distance: Values, air: Values) -> Values:
        """Return colours as seen through `distance` of the air, whose colour is `air`."""
        depth = 0.25 * self.haze * _SCATTERING * distance
        clear = 1.0 / (1.0 + depth)
        clear = clear * clear
        return mix(air, rgb, clear * clear)


def sample_sky(rng: np.random.Generator, behind: float = 0.0) -> Sky:
    """Return a sky; the sun stands in any direction, `behind` the viewer with that probability."""
    time = choose(rng, {name: values[0] for name, values in _TIMES.items()})
    _, height, sun, power, zenith, horizon, glow, cloud, shade, clouds = _TIMES[time]
    azimuth = uniform(rng, -np.pi, np.pi)
    elevation = uniform(rng, *height)
    away = float(cos(azimuth) * cos(elevation))
    away = -abs(away) if chance(rng, behind) else away
    tone = np.array([normal(rng, 1.0, 0.05) for _ in range(3)]).reshape(3, 1, 1)
    level = uniform(rng, 0.85, 1.15)
    cirrus = chance(rng, 0.25)
    return Sky(
        sun=(float(sin(azimuth) * cos(elevation)), float(sin(elevation)), away),
        sun_rgb=colour(*sun) * power * uniform(rng, 0.9, 1.1),
        zenith=colour(*zenith) * tone * uniform(rng, 0.75, 1.2),
        horizon=colour(*horizon) * (0.5 + 0.5 * tone) * level,
        glow=colour(*sun) * glow,
        cloud=colour(*cloud) * level * 1.25,
        shade=colour(*shade) * level * tone,
        cover=uniform(rng, *clouds),
        puff=uniform(rng, 0.0, 0.35) if cirrus else uniform(rng, 0.3, 1.0),
        scale=skewed(rng, 0.4, 1.6),
        stretch=uniform(rng, 2.0, 4.0) if cirrus else uniform(rng, 1.0, 1.5),
        haze=skewed(rng, 0.006, 0.05) * (2.5 if time == "mist" else 1.0),
        shift=(uniform(rng, 0.0, PERIOD), uniform(rng, 0.0, PERIOD)),
    )


def clear_sky(sky: Sky, direction: Vector) -> Values:
    """Return the light of the cloudless sky, into which distant things fade."""
    low = np.square(clamp(1.0 - 0.9 * direction[1], 0.0, 1.0))
    rgb = mix(sky.zenith, sky.horizon, low * low)
    towards = np.maximum(dot(sky.sun, direction), 0.0)
    broad = np.square(towards)
    broad = np.square(broad) * broad
    return rgb + sky.glow * (0.5 * broad + 0.8 * np.square(np.square(np.square(broad))))


def sky_light(sky: Sky, direction: Vector, spacing: float) -> Values:
    """Return the light of the sky with its clouds; `spacing` radians lie between two samples."""
    up = np.maximum(direction[1], 0.0)
    disc = np.square(clamp(400.0 * dot(sky.sun, direction) - 399.0, 0.0, 1.0))
    rgb = clear_sky(sky, direction) + sky.sun_rgb * (2.0 * disc * disc)
    flat = sky.scale / (up + 0.09)
    x = direction[0] * flat + sky.shift[0]
    z = direction[2] * flat * sky.stretch + sky.shift[1]
    footprint = spacing * flat * (1.0 + 0.4 * sky.stretch / (up + 0.09))
    shape = 1.3 * fractal(x, z, footprint)
    behind = 1.3 * fractal(x + 0.35 * sky.sun[0], z + 0.35 * sky.sun[2], footprint)
    threshold = 0.75 - 1.5 * sky.cover
    edge = mix(0.9, 0.22, sky.puff)
    density = smoothstep(threshold - 0.1 * edge, threshold + edge, shape)
    density = density * mix(0.75, 1.0, sky.puff) * smoothstep(0.0, 0.1, up)
    thick = smoothstep(threshold, threshold + 1.2, shape)
    lit = clamp(0.72 + 0.7 * (shape - behind) - 0.55 * thick * (0.4 + sky.cover), 0.0, 1.0)
    return mix(rgb, mix(sky.shade, sky.cloud, lit), density)
