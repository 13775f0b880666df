"""What the ground of a town is made of, and the cars on it, seen from above."""

from dataclasses import dataclass

import numpy as np

from synthetic.old.canvas import colour, mix
from synthetic.old.noise import value_noise
from synthetic.old.sampling import chance, uniform
from synthetic.old.scene import Palette, cover, pick
from synthetic.old.town import Town

_LAWN: Palette = (colour(92, 108, 58), colour(112, 120, 70), colour(134, 130, 84),
                  colour(84, 98, 60), colour(150, 140, 100), colour(100, 122, 66))  # fmt: skip
FIELD: Palette = (*_LAWN, colour(172, 150, 100), colour(190, 170, 112), colour(130, 104, 76),
                  colour(196, 182, 90), colour(92, 112, 66))  # fmt: skip
_PAVING: Palette = (colour(150, 146, 140), colour(128, 126, 124), colour(166, 156, 142))
_ASPHALT: Palette = (colour(92, 92, 94), colour(112, 110, 108), colour(132, 130, 128),
                     colour(78, 80, 84))  # fmt: skip
_EARTH: Palette = (colour(168, 142, 108), colour(150, 126, 98))
_CARS = np.concatenate(
    [colour(226, 226, 228), colour(40, 42, 46), colour(150, 154, 160), colour(150, 40, 38),
     colour(60, 82, 120), colour(200, 200, 198), colour(84, 84, 88), colour(196, 186, 160)],
    axis=1,
)  # fmt: skip
WHITE = colour(214, 212, 204)


@dataclass(frozen=True)
class Surface:
    """What the ground is made of; colours linear (3, 1)."""

    lawn: np.ndarray
    dry: np.ndarray
    paving: np.ndarray
    asphalt: np.ndarray
    busy: float
    marked: bool
    seed: float


def sample_surface(rng: np.random.Generator, town: Town) -> Surface:
    """Green or dry, by the season; country roads may be of earth."""
    dirt = town.zone == "farm" and chance(rng, 0.6)
    return Surface(
        lawn=pick(rng, _LAWN),
        dry=pick(rng, _LAWN + _EARTH),
        paving=pick(rng, _PAVING),
        asphalt=pick(rng, _EARTH if dirt else _ASPHALT),
        busy=uniform(rng, 0.1, 0.6),
        marked=not dirt and chance(rng, 0.5),
        seed=uniform(rng, 0.0, 200.0),
    )


def chosen(i: np.ndarray, j: np.ndarray, seed: float) -> np.ndarray:
    """A number in about [-1, 1] for each pair of whole numbers."""
    return value_noise(np.floor(i) * 7.0 + np.floor(seed), np.floor(j) * 13.0)


def places(along: np.ndarray, pitch: float) -> tuple[np.ndarray, np.ndarray]:
    """Of places in a row, `pitch` metres each: which one, and how far from its middle."""
    number = np.floor(along / pitch)
    return number, along - pitch * (number + 0.5)


def draw_cars(
    surface: Surface,
    rgb: np.ndarray,
    along: np.ndarray,
    across: np.ndarray,
    lane: np.ndarray,
    share: float,
    cell: float,
) -> np.ndarray:
    """Cars in a row: one to each 6.5 m `along` at most, their middle where `across` is 0."""
    number, u = places(along, 6.5)
    which = chosen(number + 31.0 * lane, lane, surface.seed)
    there = np.abs(which) < share * surface.busy
    shade = np.minimum(cover(2.7 - np.abs(u), cell), cover(1.4 - np.abs(across), cell)) * there
    rgb = rgb * (1.0 - 0.4 * shade)
    return _cars(rgb, u, across, (which + 1.0) * 997.0, there, cell)


def draw_car_park(
    rng: np.random.Generator,
    surface: Surface,
    rgb: np.ndarray,
    s: np.ndarray,
    t: np.ndarray,
    cell: float,
) -> np.ndarray:
    """A car park: bays with white lines, rows of cars."""
    row, v = places(t, 8.5)
    bay, u = places(s, 2.6)
    which = chosen(bay, row, surface.seed + 7.0)
    ground = np.floor(s / 42.0 + np.floor(t / 34.0) * 0.37)
    used = chosen(ground, np.floor(t / 34.0), surface.seed + 5.0) > uniform(rng, -0.4, 0.3)
    rgb = mix(rgb, surface.asphalt * np.ones_like(s), 1.0 * used)
    stripe = cover(0.08 - np.abs(np.abs(u) - 1.3), cell) * cover(2.6 - np.abs(v), cell)
    rgb = mix(rgb, WHITE, 0.7 * stripe * used)
    there = used * (np.abs(which) < 1.3 * surface.busy)
    return _cars(rgb, v, u, (which + 1.0) * 911.0, there, cell)


def _cars(
    rgb: np.ndarray,
    along: np.ndarray,
    across: np.ndarray,
    number: np.ndarray,
    there: np.ndarray,
    cell: float,
) -> np.ndarray:
    """Bodies and windscreens where `there`; metres from a car's middle, its paint by `number`."""
    body = np.minimum(cover(2.2 - np.abs(along), cell), cover(0.95 - np.abs(across), cell)) * there
    paint = _CARS[:, number.astype(np.intp) % _CARS.shape[1]]
    glass = cover(1.3 - np.abs(along), cell) * cover(np.abs(along) - 0.7, cell) * 0.75
    return mix(rgb, mix(paint, colour(30, 34, 40), glass), body)
