"""What a hair style is: where hair grows, how far it stands off the head, which way it flows."""

from dataclasses import dataclass

import numpy as np

from synthetic.old.canvas import clamp

_DEGREES = np.arange(-180, 181, 2, dtype=np.float32)
OFF = -4.0  # a hairline far below the picture: hair all the way down


@dataclass(frozen=True)
class Hair:
    """A hair style.

    side, crown, front: thickness beside, above and before the skull (head units); flare: widening
    per unit below the eyes; hairline: see make_hairline; end: height where the hair
    is cut off; ceiling: height above which the head
    is bald behind (lower in front); flow: "down", "forward" or "swept";
    part: x of the parting; wave, curl: amplitudes of wavy and curly strands; puff: roughness of
    the silhouette; ears: whether the ears lie on top; edge: softness of the hairline (roots that
    grow upwards start softly, a fringe ends sharply); bun: radius of a bun, or 0.
    """

    style: str
    side: float
    crown: float
    front: float
    flare: float
    hairline: np.ndarray
    end: float
    ceiling: float
    flow: str
    part: float
    sweep: float
    wave: float
    curl: float
    puff: float
    gloss: float
    density: float
    ears: bool
    edge: float
    bun: float
    seed: float

    def margin(self, azimuth: np.ndarray, height: np.ndarray) -> np.ndarray:
        """Rough distance (m,), head units, inside the hair's outline; negative outside."""
        place = (azimuth + np.float32(np.pi)) * np.float32((len(_DEGREES) - 1) / (2.0 * np.pi))
        first = clamp(place.astype(np.intp), 0, len(_DEGREES) - 2)
        part = place - first.astype(np.float32)
        line = self.hairline.take(first, axis=1)
        line += (self.hairline.take(first + 1, axis=1) - line) * part
        inside = (height - line[0]) * line[1]
        below = self.ceiling - height - 0.5 * np.maximum(1.3 - np.abs(azimuth), 0.0)
        return np.minimum(np.minimum(inside, height - self.end), below)


def make_hairline(knots: dict[int, float], tilt: float = 0.0) -> np.ndarray:
    """(2, 181): heights every two degrees of azimuth, and the cosine of the line's slope.

    `knots` gives heights at azimuths 0..180°, mirrored; `tilt` raises the hair at one temple.
    """
    heights = np.interp(np.abs(_DEGREES), list(knots), list(knots.values()))
    front = clamp(1.0 - np.abs(_DEGREES) / 62.0, 0.0, 1.0)
    heights += tilt * np.sin(np.radians(_DEGREES) * 2.2) * front**0.4
    kernel = np.array([0.1, 0.2, 0.4, 0.2, 0.1])
    heights = np.convolve(np.pad(heights, 2, mode="edge"), kernel, mode="valid")
    slope = np.gradient(heights, np.radians(_DEGREES[1] - _DEGREES[0]))
    return np.stack([heights, 1.0 / np.sqrt(1.0 + slope * slope)]).astype(np.float32)


def plain_shell(
    hairline: np.ndarray, side: float, crown: float, front: float, flare: float, seed: float
) -> Hair:
    """A smooth shell without strands, as a base for head coverings."""
    return Hair(
        style="shell",
        side=side,
        crown=crown,
        front=front,
        flare=flare,
        hairline=hairline,
        end=OFF,
        ceiling=3.0,
        flow="forward",
        part=0.0,
        sweep=0.0,
        wave=0.0,
        curl=0.0,
        puff=0.0,
        gloss=0.0,
        density=1.0,
        ears=False,
        edge=0.01,
        bun=0.0,
        seed=seed,
    )
