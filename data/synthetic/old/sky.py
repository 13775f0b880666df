"""Skies: time of day, weather, sun and clouds, for any viewing direction.

World axes: X to the right, Y up, Z away from the viewer. Directions are unit vectors.
"""

from dataclasses import dataclass

import numpy as np

from synthetic.old.canvas import bell, clamp, colour, luminance, mix, smoothstep
from synthetic.old.noise import far_noise
from synthetic.old.sampling import chance, choose, normal, uniform


@dataclass(frozen=True)
class Sky:
    """The light of the day. Colours are linear (3, 1); `sun` is the unit vector towards it.

    cover: share of the sky under cloud; puff: cloud edges from hazy (0) to hard (1); scale:
    clouds per unit; stretch: how much longer than wide; haze: extinction per unit of distance.
    """

    sun: np.ndarray
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
    seed: tuple[float, float]

    @property
    def ambient(self) -> np.ndarray:
        """(3, 1) light from the whole sky on a level surface."""
        blue = 0.55 * self.zenith + 0.45 * self.horizon
        return 0.75 * mix(blue, mix(self.shade, self.cloud, 0.4), 0.8 * self.cover)


# elevation of the sun (low, high), its colour and power, zenith, horizon, glow round the sun,
# lit and shaded cloud, cloud cover (low, high)
_TIMES = {
    "noon": ((0.6, 1.2), (255, 248, 236), 1.5, (60, 112, 186), (188, 212, 234), 0.05,
             (250, 250, 250), (150, 160, 176), (0.0, 0.6)),
    "afternoon": ((0.3, 0.7), (255, 238, 210), 1.45, (72, 122, 188), (208, 220, 230), 0.15,
                  (252, 248, 240), (150, 156, 172), (0.1, 0.65)),
    "golden": ((0.1, 0.3), (255, 206, 140), 1.45, (92, 130, 182), (246, 214, 170), 0.5,
               (255, 226, 182), (146, 138, 150), (0.1, 0.65)),
    "sunset": ((0.0, 0.12), (255, 150, 86), 0.95, (70, 84, 138), (252, 166, 104), 0.8,
               (255, 164, 120), (92, 82, 112), (0.2, 0.75)),
    "dusk": ((0.0, 0.06), (255, 130, 110), 0.3, (34, 46, 92), (206, 138, 136), 0.5,
             (206, 124, 130), (54, 58, 92), (0.15, 0.7)),
    "overcast": ((0.5, 1.0), (255, 250, 244), 0.3, (138, 150, 164), (206, 210, 214), 0.0,
                 (206, 208, 212), (138, 144, 154), (0.85, 1.0)),
    "storm": ((0.4, 0.9), (240, 240, 255), 0.4, (74, 84, 100), (176, 182, 186), 0.0,
              (160, 166, 174), (64, 70, 82), (0.75, 1.0)),
    "mist": ((0.2, 0.7), (255, 240, 220), 0.5, (164, 178, 192), (224, 224, 220), 0.2,
             (236, 234, 230), (190, 194, 200), (0.2, 0.8)),
    "night": ((0.4, 0.9), (150, 176, 230), 0.16, (10, 16, 36), (40, 54, 88), 0.0,
              (62, 72, 100), (20, 26, 44), (0.0, 0.6)),
}  # fmt: skip


def sample_sky(rng: np.random.Generator, weights: dict[str, float] | None = None) -> Sky:
    """A sky for a time of day, by `weights`; the sun may stand in any direction."""
    usual = {"noon": 0.2, "afternoon": 0.2, "golden": 0.16, "sunset": 0.1, "dusk": 0.06}
    dull = {"overcast": 0.12, "storm": 0.07, "mist": 0.06, "night": 0.03}
    time = choose(rng, weights or usual | dull)
    height, sun, power, zenith, horizon, glow, cloud, shade, clouds = _TIMES[time]
    azimuth, elevation = uniform(rng, -np.pi, np.pi), uniform(rng, *height)
    towards = [np.sin(azimuth) * np.cos(elevation), np.sin(elevation)]
    towards.append(np.cos(azimuth) * np.cos(elevation))
    tone = rng.normal(1.0, 0.05, (3, 1)).astype(np.float32)
    level = uniform(rng, 0.85, 1.15)
    cirrus = chance(rng, 0.25)
    return Sky(
        sun=np.array(towards, np.float32),
        sun_rgb=colour(*sun) * power * uniform(rng, 0.9, 1.1),
        zenith=colour(*zenith) * tone * uniform(rng, 0.75, 1.2),
        horizon=colour(*horizon) * (0.5 + 0.5 * tone) * level,
        glow=colour(*sun) * glow,
        cloud=colour(*cloud) * level * 1.25,
        shade=colour(*shade) * level * tone,
        cover=uniform(rng, *clouds),
        puff=uniform(rng, 0.0, 0.35) if cirrus else uniform(rng, 0.3, 1.0),
        scale=float(np.exp(uniform(rng, -0.9, 0.5))),
        stretch=uniform(rng, 2.0, 4.0) if cirrus else uniform(rng, 1.0, 1.5),
        haze=float(np.exp(normal(rng, -4.15, 0.6))) * (2.5 if time == "mist" else 1.0),
        seed=(uniform(rng, 0.0, 200.0), uniform(rng, 0.0, 200.0)),
    )


def sky_colour(sky: Sky, direction: np.ndarray, cell: float) -> np.ndarray:
    """(3, m) light from the unit directions (3, m); `cell` radians lie between two samples."""
    up = np.maximum(direction[1], 0.0)
    rgb = clear_sky(sky, direction)
    towards = sky.sun @ direction
    disc = bell(np.sqrt(np.maximum(2.0 - 2.0 * towards, 0.0)) / 0.035)
    rgb = rgb + 2.0 * sky.sun_rgb * disc
    density, lit = _clouds(sky, direction, up, cell)
    bright = mix(sky.shade, sky.cloud, lit)
    bright = bright + sky.glow * np.maximum(towards, 0.0) ** 12 * (1.0 - 0.7 * density)
    return mix(rgb, bright, density * smoothstep(0.0, 0.1, up))


def clear_sky(sky: Sky, direction: np.ndarray) -> np.ndarray:
    """(3, m) light of the cloudless sky, which distant things fade into."""
    up = np.maximum(direction[1], 0.0)
    rgb = mix(sky.horizon, sky.zenith, 1.0 - np.exp(-3.6 * up))
    towards = np.maximum(sky.sun @ direction, 0.0)
    return rgb + sky.glow * (0.5 * towards**6 + 0.8 * towards**60)


def _clouds(
    sky: Sky, direction: np.ndarray, up: np.ndarray, cell: float
) -> tuple[np.ndarray, np.ndarray]:
    """Opacity in [0, 1] of the clouds, and how much of the sun their sides receive."""
    flat = sky.scale / (up + 0.09)
    x = direction[0] * flat + sky.seed[0]
    z = direction[2] * flat * sky.stretch + sky.seed[1]
    footprint = cell * flat * (1.0 + 0.4 * sky.stretch / (up + 0.09))
    shape = far_noise(x, z, 6, 0.52, footprint)
    threshold = 0.75 - 1.5 * sky.cover
    edge = mix(0.9, 0.22, sky.puff)
    density = smoothstep(threshold - 0.1 * edge, threshold + edge, shape)
    sunward = sky.sun[[0, 2]] * 0.35
    behind = far_noise(x + sunward[0], z + sunward[1], 4, 0.52, footprint)
    thick = smoothstep(threshold, threshold + 1.2, shape)
    lit = clamp(0.72 + 0.7 * (shape - behind) - 0.55 * thick * (0.4 + sky.cover), 0.0, 1.0)
    return density * mix(0.75, 1.0, sky.puff), lit


def brightness(sky: Sky) -> float:
    """Luminance of a white level surface in the open."""
    lit = sky.ambient + sky.sun_rgb * max(float(sky.sun[1]), 0.0)
    return float(luminance(lit)[0, 0])


def exposure(sky: Sky) -> float:
    """A camera's: it lifts dim scenes, but not all the way."""
    return min(max((0.8 / brightness(sky)) ** 0.5, 0.8), 1.9)
