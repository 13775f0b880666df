"""Who is in a face picture: age, presentation, skin and hair colour, and the head's pose."""

from dataclasses import dataclass

import numpy as np

from synthetic.old.canvas import colour, mix
from synthetic.old.sampling import chance, choose, normal, uniform

# Skin from very fair to very dark; a person's `melanin` in [0, 1] interpolates between these.
_SKIN = np.concatenate(
    [
        colour(250, 216, 198),
        colour(238, 190, 160),
        colour(222, 166, 128),
        colour(192, 132, 94),
        colour(146, 94, 64),
        colour(92, 58, 42),
    ],
    axis=1,
)

_HAIR = {
    "black": colour(30, 26, 26),
    "dark brown": colour(58, 40, 30),
    "brown": colour(96, 66, 44),
    "light brown": colour(138, 100, 66),
    "auburn": colour(116, 56, 34),
    "red": colour(172, 84, 40),
    "dark blond": colour(170, 134, 88),
    "blond": colour(202, 174, 128),
    "platinum": colour(222, 208, 180),
}
_GREY, _WHITE = colour(140, 138, 136), colour(220, 218, 214)
_DYES = (colour(176, 60, 96), colour(60, 96, 150), colour(110, 70, 130), colour(60, 130, 120))


@dataclass(frozen=True)
class Person:
    """Traits that several parts of the portrait depend on.

    age in years; melanin in [0, 1]; colours are linear light (3, 1).
    """

    man: bool
    age: float
    melanin: float
    skin: np.ndarray
    hair: np.ndarray
    natural_hair: np.ndarray
    brow: np.ndarray
    greyness: float

    @property
    def wrinkling(self) -> float:
        """0 for the young, 1 for the very old."""
        return float(np.clip((self.age - 32.0) / 48.0, 0.0, 1.0))


def _skin_rgb(rng: np.random.Generator, melanin: float) -> np.ndarray:
    place = melanin * (_SKIN.shape[1] - 1)
    first = min(int(place), _SKIN.shape[1] - 2)
    base = mix(_SKIN[:, first : first + 1], _SKIN[:, first + 1 : first + 2], place - first)
    redness, olive = normal(rng, 0.0, 0.05), normal(rng, 0.0, 0.04)
    tint = np.array([[1 + redness], [1 - 0.5 * redness + olive], [1 - redness - olive]], np.float32)
    return (base * tint).astype(np.float32)


def _hair_rgb(
    rng: np.random.Generator, melanin: float, greyness: float
) -> tuple[np.ndarray, np.ndarray]:
    """Hair colour as worn (a few dye it) and as grown."""
    fair = max(0.0, 1.0 - 2.0 * melanin)
    weights = {
        "black": 0.25 + 1.6 * melanin,
        "dark brown": 0.9,
        "brown": 0.75 * (1.15 - melanin),
        "light brown": 0.6 * fair + 0.05,
        "auburn": 0.25 * fair + 0.04,
        "red": 0.28 * fair,
        "dark blond": 0.6 * fair + 0.03,
        "blond": 0.6 * fair + 0.03,
        "platinum": 0.15 * fair + 0.01,
    }
    base = _HAIR[choose(rng, weights)] * uniform(rng, 0.85, 1.2)
    grey = mix(_GREY, _WHITE, uniform(rng, 0.0, 1.0))
    grown = mix(base, grey, greyness).astype(np.float32)
    dye = _DYES[int(rng.integers(len(_DYES)))]
    dyed = chance(rng, 0.025) and greyness < 0.3
    return mix(grown, dye, 0.75) if dyed else grown, grown


def sample_person(rng: np.random.Generator) -> Person:
    """A person of any age from about eight to eighty-five."""
    man = chance(rng, 0.5)
    group = choose(rng, {"child": 0.1, "young": 0.45, "middle": 0.3, "old": 0.15})
    low, high = {"child": (6, 14), "young": (17, 36), "middle": (36, 58), "old": (58, 85)}[group]
    age = uniform(rng, low, high)
    melanin = float(np.clip(rng.beta(1.25, 1.7), 0.02, 0.97))
    onset = uniform(rng, 38.0, 68.0)
    greyness = float(np.clip((age - onset) / 18.0, 0.0, 1.0))
    hair, grown = _hair_rgb(rng, melanin, greyness)
    brow = mix(grown, _HAIR["dark brown"], 0.5 if greyness < 0.5 else 0.25) * 0.75
    return Person(man, age, melanin, _skin_rgb(rng, melanin), hair, grown, brow, greyness)


@dataclass(frozen=True)
class Pose:
    """Orthographic placing of the head: picture = offset + scale · (rotation · head)[:2].

    Head coordinates: origin inside the head at eye level, x to the picture's right, y up, z out
    of the face; one unit is half a picture when scale is 1.
    """

    rotation: np.ndarray
    offset: np.ndarray
    scale: float
    yaw: float

    @property
    def view(self) -> np.ndarray:
        """(3,) direction to the viewer, in head coordinates."""
        return self.rotation[2]

    @property
    def up(self) -> np.ndarray:
        """(3,) the picture's vertical, in head coordinates."""
        return self.rotation[1]

    def project(self, points: np.ndarray) -> np.ndarray:
        """Picture coordinates (2, m) of head points (3, m)."""
        return self.offset + self.scale * (self.rotation[:2] @ points)

    def rays(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Origins (3, m), in head coordinates, of the viewing rays through picture points."""
        plane = np.stack([x, y]) - self.offset
        return (self.rotation[:2].T * (1.0 / self.scale)) @ plane


_EYES = np.array([0.0, 0.0, 0.52], dtype=np.float32)
_MOUTH = np.array([0.0, -0.42, 0.55], dtype=np.float32)
_ANCHOR = 0.0  # picture height of the point a fifth of the way from the eyes to the mouth


def sample_pose(rng: np.random.Generator) -> Pose:
    """Yaw within 30°, pitch within 12°, small roll; eyes and mouth stay where FFHQ has them."""
    yaw = float(np.clip(rng.normal(0.0, 0.24), -0.53, 0.53))
    pitch = float(np.clip(rng.normal(-0.01, 0.085), -0.2, 0.2))
    roll = normal(rng, 0.0, 0.03)
    cy, sy, cp, sp = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    cr, sr = np.cos(roll), np.sin(roll)
    turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    nod = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    tilt = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    rotation = (tilt @ nod @ turn).astype(np.float32)
    scale = normal(rng, 1.13, 0.022)
    held = rotation[:2] @ (0.8 * _EYES + 0.2 * _MOUTH)
    aim = np.array([normal(rng, 0.0, 0.008), _ANCHOR + normal(rng, 0.0, 0.008)])
    offset = (aim - scale * held).astype(np.float32)[:, None]
    return Pose(rotation, offset, scale, yaw)
