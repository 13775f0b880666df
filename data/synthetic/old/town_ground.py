"""The ground of a town from above: lawns, yards, fields, streets, kerbs, drives, paths."""

import numpy as np

from synthetic.old.canvas import clamp, mix, smoothstep
from synthetic.old.noise import fbm
from synthetic.old.sampling import chance, uniform
from synthetic.old.scene import cover, pick
from synthetic.old.town import Town
from synthetic.old.town_surface import (
    FIELD,
    WHITE,
    Surface,
    chosen,
    draw_car_park,
    draw_cars,
    places,
)


def ground_colour(
    rng: np.random.Generator,
    town: Town,
    surface: Surface,
    s: np.ndarray,
    t: np.ndarray,
    cell: float,
) -> np.ndarray:
    """(3, n) colours at town coordinates (s, t); samples lie `cell` metres apart."""
    seed = surface.seed
    broad = fbm(s * 0.05 + seed, t * 0.05, 6, 0.62, 0.05 * cell)
    fine = fbm(s * 0.9 + seed, t * 0.9, 4, 0.8, 0.9 * cell)
    green = mix(surface.lawn, surface.dry, smoothstep(-0.25, 0.5, broad))
    green = green * np.exp(0.38 * fine + 0.2 * broad)
    worn = 1.0 + 0.12 * fine + 0.12 * broad
    if town.zone == "farm":
        rgb = _fields(rng, town, green, s, t, cell)
    elif town.zone == "works":
        rgb = mix(surface.paving * worn, green, smoothstep(0.1, 0.2, broad))
        rgb = draw_car_park(rng, surface, rgb, s, t, cell)
    elif town.zone == "terraces":
        rgb = mix(surface.paving * worn, green, smoothstep(-0.1, 0.15, broad))
    else:
        rgb = green
        if town.zone == "suburb":
            rgb = _drives(town, surface, rgb, s, t, cell)
        elif chance(rng, 0.6):
            rgb = _paths(rng, surface, rgb, s, t, cell)
    return _streets(town, surface, rgb, worn, (s, t), cell)


def _streets(
    town: Town,
    surface: Surface,
    rgb: np.ndarray,
    worn: np.ndarray,
    place: tuple[np.ndarray, np.ndarray],
    cell: float,
) -> np.ndarray:
    beside = [p - b * np.rint(p / b) for p, b in zip(place, town.block, strict=True)]
    off = [np.abs(b) for b in beside]
    nearest = np.minimum(*off)
    half = town.street / 2.0
    if town.zone != "farm":
        rgb = mix(rgb, surface.paving * worn, cover(half + 1.6 - nearest, cell))
    road = cover(half - nearest, cell)
    rgb = mix(rgb, surface.asphalt * worn, road)
    along = np.where(off[0] < off[1], place[1], place[0])
    if surface.marked:
        line = cover(0.12 - nearest, cell) * (np.sin(along * 0.7) > 0.0) * (np.maximum(*off) > half)
        rgb = mix(rgb, WHITE, 0.8 * line)
    lane = np.sign(np.where(off[0] < off[1], *beside))
    return draw_cars(surface, rgb, along, nearest - (half - 1.1), lane, 0.45, cell)


def _drives(
    town: Town, surface: Surface, rgb: np.ndarray, s: np.ndarray, t: np.ndarray, cell: float
) -> np.ndarray:
    """Paved drives across the front gardens, some with a car."""
    column = s / town.block[0]
    off = np.abs(column - np.rint(column)) * town.block[0] - town.street / 2.0
    number, v = places(t, 9.0)
    side = np.where(column > np.rint(column), 1.0, -1.0)
    which = chosen(number, np.rint(column) * 2.0 + side, surface.seed + 3.0)
    drive = (which > 0.0) * cover(1.6 - np.abs(v), cell) * cover(11.0 - off, cell)
    rgb = mix(rgb, surface.paving * 1.1, drive)
    return draw_cars(surface, rgb, off + 58.5, np.where(which > 0.0, v, 9.0), number, 0.9, cell)


def _paths(
    rng: np.random.Generator,
    surface: Surface,
    rgb: np.ndarray,
    s: np.ndarray,
    t: np.ndarray,
    cell: float,
) -> np.ndarray:
    """Winding footpaths through the lawns."""
    bend = fbm(s * 0.02 + surface.seed, t * 0.02, 2)
    path = np.abs(np.sin(s * uniform(rng, 0.05, 0.12) + 3.0 * bend)) / 0.08 - 1.2
    return mix(rgb, surface.paving * 1.1, 0.9 * cover(-path, cell))


def _fields(
    rng: np.random.Generator,
    town: Town,
    green: np.ndarray,
    s: np.ndarray,
    t: np.ndarray,
    cell: float,
) -> np.ndarray:
    """Strips of crops with furrows, each strip of its own colour."""
    crops = np.concatenate([pick(rng, FIELD) for _ in range(12)], axis=1)
    breadth = uniform(rng, 25.0, 60.0)
    strip, band = np.floor(s / breadth), np.floor(t / town.block[1])
    which = chosen(strip, band, town.origin[0])
    rgb = crops[:, ((which + 1.0) * 977.0).astype(np.intp) % 12]
    across = np.where(which > 0.2, s, t)
    pitch = np.where(np.abs(which) > 0.5, 1.1, 2.2)
    rows = np.sin(across * (2.0 * np.pi / pitch)) * clamp(1.4 - 1.6 * cell / pitch, 0.0, 1.0)
    tone = green / np.maximum(green.mean(axis=1, keepdims=True), 1e-3)
    rgb = rgb * (1.0 + 0.16 * rows) * tone
    edge = np.abs(s - breadth * np.rint(s / breadth))
    return mix(rgb, green * 0.8, cover(0.8 - edge, cell))
