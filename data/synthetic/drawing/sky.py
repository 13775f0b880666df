"""The sky: time of day, colour from the horizon up, clouds, the sun; its light and its haze."""

import math

import numpy as np

from synthetic.drawing.canvas import palette
from synthetic.drawing.fractal import PERIOD, fractal
from synthetic.drawing.maths import Values, Vector, clamp, cos, dot, mix, sin, smoothstep
from synthetic.drawing.sampling import chance, choose, pick, skewed, uniform

# Share of the images; elevation of the sun; its power; glow round it; cloud cover; colours of the
# sun, the zenith, the horizon, lit and shaded cloud.
_TIMES = {
    "noon": (0.2, (0.6, 1.2), 1.5, 0.05, (0.0, 0.6), "fff8ec 3c70ba bcd4ea fafafa 96a0b0"),
    "afternoon": (0.2, (0.3, 0.7), 1.45, 0.15, (0.1, 0.65), "ffeed2 487abc d0dce6 fcf8f0 969cac"),
    "golden": (0.16, (0.1, 0.3), 1.45, 0.5, (0.1, 0.65), "ffce8c 5c82b6 f6d6aa ffe2b6 928a96"),
    "sunset": (0.1, (0.02, 0.12), 0.95, 0.8, (0.2, 0.75), "ff9656 46548a fca668 ffa478 5c5270"),
    "dusk": (0.06, (0.02, 0.08), 0.3, 0.5, (0.15, 0.7), "ff826e 222e5c ce8a88 ce7c82 363a5c"),
    "overcast": (0.12, (0.5, 1.0), 0.3, 0.0, (0.85, 1.0), "fffaf4 8a96a4 ced2d6 ced0d4 8a909a"),
    "storm": (0.07, (0.4, 0.9), 0.4, 0.0, (0.75, 1.0), "f0f0ff 4a5464 b0b6ba a0a6ae 404652"),
    "mist": (0.06, (0.2, 0.7), 0.5, 0.2, (0.2, 0.8), "fff0dc a4b2c0 e0e0dc eceae6 bec2c8"),
    "night": (0.03, (0.4, 0.9), 0.16, 0.0, (0.0, 0.6), "96b0e6 0a1024 283658 3e4864 141a2c"),
}
_SCATTERING = np.array([0.75, 1.0, 1.4]).reshape(3, 1, 1)  # blue first


class Sky:
    """A sky at a time of day. `sun` is the unit vector towards the sun (right, up, away).

    The sun stands in any direction, `behind` the viewer with that probability. Colours are linear
    light (3, 1, 1).
    """

    def __init__(self, rng: np.random.Generator, behind: float = 0.0) -> None:
        time = choose(rng, {name: values[0] for name, values in _TIMES.items()})
        _, height, power, glow, cover, colours = _TIMES[time]
        sun, zenith, horizon, cloud, shade = palette(colours)
        azimuth = uniform(rng, -np.pi, np.pi)
        elevation = uniform(rng, *height)
        away = float(cos(azimuth) * cos(elevation))
        away = -abs(away) if chance(rng, behind) else away
        self.sun = (float(sin(azimuth) * cos(elevation)), float(sin(elevation)), away)
        tone = pick(rng, palette("ffffff"), 0.15)
        self.sun_rgb = sun * power * uniform(rng, 0.9, 1.1)
        self.zenith = zenith * tone * uniform(rng, 0.75, 1.2)
        self.horizon = horizon * (0.5 + 0.5 * tone)
        self.glow = sun * glow
        self.cloud = cloud * uniform(rng, 1.1, 1.4)
        self.shade = shade * tone
        self.cover = uniform(rng, *cover)
        cirrus = chance(rng, 0.25)
        self.puff = uniform(rng, 0.0, 0.35) if cirrus else uniform(rng, 0.3, 1.0)
        self.scale = skewed(rng, 0.4, 1.6)
        self.stretch = uniform(rng, 2.0, 4.0) if cirrus else uniform(rng, 1.0, 1.5)
        self.haze = skewed(rng, 0.006, 0.05) * (2.5 if time == "mist" else 1.0)
        self.shift = (uniform(rng, 0.0, PERIOD), uniform(rng, 0.0, PERIOD))

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
