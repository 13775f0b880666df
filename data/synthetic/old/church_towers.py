"""Towers and drums, and the spires, domes and onions that end them."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from synthetic.old.church_parts import Church, Row
from synthetic.old.sampling import chance, uniform
from synthetic.old.solids import block, tower


def build_drum(
    church: Church,
    middle: tuple[float, float],
    radius: float,
    low: float,
    high: float,
) -> None:
    tall = high - low
    row = Row(0.35 * tall, 0.45 * tall, 0.16 * radius, 0.7 * radius)
    church.wall(tower(middle, (radius, radius), 12, (low, high), church.turn), row)
    top_out(church, middle, radius, high, "onion" if church.style.spire == "onion" else "dome")


def build_tower(
    rng: np.random.Generator,
    church: Church,
    middle: tuple[float, float],
    width: float,
    low: float,
    high: float,
    door: bool = False,
) -> None:
    """A square tower of one or two stages with its belfry and its spire, dome or battlements."""
    x, z = middle
    belfry = Row(0.76 * high, 0.16 * high, 0.16 * width, 0.8 * width)
    slit = Row(0.42 * high, 0.1 * high, 0.1 * width, 2.2 * width)
    shaft = block((x - width, x + width), (z - width, z + width), (low, high), church.turn)
    church.wall(shaft, belfry, slit)
    clock = 0.36 * width if chance(rng, 0.35) else 0.0
    church.parts[-1] = replace(church.parts[-1], door=0.4 * width if door else 0.0, clock=clock)
    rim = (1.08 * width, 1.08 * width)
    church.add(tower(middle, rim, 4, (high, high + 0.5), church.turn), church.style.trim, "plaster")
    high += 0.5
    if chance(rng, 0.4) and church.style.spire != "flat":
        lift, inner = width * uniform(rng, 0.7, 1.3), 0.8 * width
        sides = 8 if chance(rng, 0.6) else 4
        row = Row(0.2 * lift, 0.55 * lift, 0.18 * inner, 0.9 * inner)
        church.wall(tower(middle, (inner, inner), sides, (high, high + lift), church.turn), row)
        high, width = high + lift, inner
    top_out(church, middle, width, high, church.style.spire, uniform(rng, 0.8, 1.25))


def top_out(
    church: Church,
    middle: tuple[float, float],
    width: float,
    high: float,
    kind: str,
    stretch: float = 1.0,
) -> None:
    """What ends a tower or a drum, with the cross on its tip."""
    (x, z), cap, turn = middle, church.style.cap, church.turn
    profile = {
        "needle": ((1.0, 0.0), (0.86, 0.25), (0.0, 3.6 * stretch)),
        "pyramid": ((1.12, 0.0), (0.0, 1.5 * stretch)),
        "dome": ((1.04, 0.0), (0.98, 0.35), (0.8, 0.68), (0.48, 0.93), (0.16, 1.05), (0.0, 1.5)),
        "onion": ((0.8, 0.0), (1.16, 0.3), (1.2, 0.58), (0.9, 0.98), (0.4, 1.36), (0.1, 1.7),
                  (0.0, 2.1)),
        "flat": (),
    }[kind]  # fmt: skip
    sides = {"needle": 8, "pyramid": 4}.get(kind, 12)
    for (inner, low), (outer, top) in pairwise(profile):
        radius = (width * inner, width * outer)
        heights = (high + low * width, high + top * width)
        church.add(tower(middle, radius, sides, heights, turn), cap, "tiles")
    if kind == "flat":
        corner = 0.16 * width
        for dx in (-1.0, 1.0):
            for dz in (-1.0, 1.0):
                at = (x + dx * (width - corner), z + dz * (width - corner))
                pinnacle = tower(at, (corner, 0.0), 4, (high, high + width), turn)
                church.add(pinnacle, church.style.trim, "stone")
        return
    church.tips.append(((x, high + profile[-1][1] * width, z), 0.16 * width + 0.3))
