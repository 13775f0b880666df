"""The plans of churches: nave, aisles, transept, and where the towers stand."""

from dataclasses import replace

import numpy as np

from synthetic.old.church_parts import Church, Row
from synthetic.old.church_styles import sample_style
from synthetic.old.church_towers import build_drum, build_tower
from synthetic.old.sampling import chance, choose, uniform
from synthetic.old.solids import block, saddle


def sample_church(rng: np.random.Generator, turn: float) -> Church:
    """A nave, aisles and a transept as it may be, and towers where the style puts them."""
    style = sample_style(rng)
    church = Church(style, turn)
    half, long = uniform(rng, 4.0, 7.0), uniform(rng, 16.0, 36.0)
    eaves = half * uniform(rng, 1.3, 2.3)
    row = Row(0.3 * eaves, 0.52 * eaves, uniform(rng, 0.45, 0.8), uniform(rng, 3.0, 5.0))
    nave = block((-half, half), (0.0, long), (0.0, eaves), turn)
    church.wall(nave, row)
    ridge = eaves + style.pitch * half
    gable = saddle((-half, half), (0.0, long), (eaves, ridge), turn)
    church.roof(gable)
    front = chance(rng, 0.45) and style.name in ("gothic", "romanesque", "brick", "baroque")
    church.parts[-2] = replace(
        church.parts[-2],
        door=min(0.3 * half, 1.7),
        rose=(0.78 * eaves, 0.3 * half if front else 0.0),
    )
    church.add(  # the gable's own wall
        saddle((-half, half), (-0.15, 0.0), (eaves, ridge), turn), style.wall, style.texture
    )
    if chance(rng, 0.45):
        _aisles(rng, church, half, long, eaves)
    if chance(rng, 0.35):
        _transept(rng, church, half, long, eaves)
    plans = {"front": 0.5, "side": 0.2, "twin": 0.16, "crossing": 0.14}
    plan = choose(rng, plans | ({"crossing": 0.6} if style.name == "orthodox" else {}))
    width = half * uniform(rng, 0.45, 0.65)
    tall = ridge * uniform(rng, 1.0, 1.7)
    if plan == "front":
        build_tower(rng, church, (0.0, -0.4 * width), width, 0.0, tall, door=True)
    elif plan == "side":
        place = (-half - 0.8 * width, uniform(rng, 0.0, 0.8) * long)
        build_tower(rng, church, place, width, 0.0, tall)
    elif plan == "twin":
        for side in (-1.0, 1.0):
            build_tower(rng, church, (side * (half - 0.4 * width), 0.3), 0.8 * width, 0.0, tall)
    else:
        _crossing(rng, church, half, long, ridge)
    return church


def _aisles(
    rng: np.random.Generator, church: Church, half: float, long: float, eaves: float
) -> None:
    """Lower halls on both sides under lean-to roofs."""
    wide, low = half * uniform(rng, 0.4, 0.7), eaves * uniform(rng, 0.4, 0.6)
    row = Row(0.3 * low, 0.45 * low, uniform(rng, 0.4, 0.7), uniform(rng, 3.0, 4.5))
    both = (-half - wide, half + wide)
    church.wall(block(both, (0.8, long - 0.5), (0.0, low), church.turn), row)
    church.roof(saddle(both, (0.8, long - 0.5), (low, low + 0.55 * (half + wide)), church.turn))


def _transept(
    rng: np.random.Generator, church: Church, half: float, long: float, eaves: float
) -> None:
    """Arms to both sides, as high as the nave."""
    z = long * uniform(rng, 0.5, 0.75)
    deep, wide = half * uniform(rng, 0.6, 0.9), half * uniform(rng, 1.4, 1.9)
    row = Row(0.25 * eaves, 0.5 * eaves, 0.18 * deep + 0.3, 2.2 * deep)
    church.wall(block((-wide, wide), (z - deep, z + deep), (0.0, eaves), church.turn), row)
    heights = (eaves, eaves + church.style.pitch * deep)
    church.roof(saddle((-wide, wide), (z - deep, z + deep), heights, church.turn, crosswise=True))


def _crossing(
    rng: np.random.Generator, church: Church, half: float, long: float, ridge: float
) -> None:
    """Drums under domes above the middle of the nave: one, or one with four small ones round it."""
    z, radius = 0.45 * long, half * uniform(rng, 0.4, 0.6)
    top = ridge + half * uniform(rng, 0.3, 0.9)
    if church.style.name == "orthodox" and chance(rng, 0.6):
        away = 0.68 * half
        for x, dz in ((-away, -away), (away, -away), (-away, away), (away, away)):
            build_drum(church, (x, z + dz), 0.5 * radius, ridge - 0.8 * half, top - 0.45 * half)
    build_drum(church, (0.0, z), radius, ridge - 0.6 * half, top)
