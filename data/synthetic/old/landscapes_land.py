"""The lie and the colours of the land: alps, hills, plains, canyons, dunes, winter, islands."""

from dataclasses import dataclass

import numpy as np

from synthetic.old.canvas import clamp, colour, mix, smoothstep
from synthetic.old.noise import far_noise
from synthetic.old.sampling import chance, choose, uniform
from synthetic.old.scene import Palette, pick

_GREY: Palette = (colour(122, 116, 112), colour(96, 90, 88), colour(150, 142, 130),
                  colour(112, 92, 78), colour(128, 124, 130))  # fmt: skip
_RED: Palette = (colour(172, 98, 62), colour(190, 124, 80), colour(150, 84, 60),
                 colour(204, 160, 112))  # fmt: skip
_GRASS: Palette = (colour(98, 124, 54), colour(126, 138, 66), colour(84, 112, 56),
                   colour(164, 150, 84), colour(142, 126, 62), colour(110, 140, 64))  # fmt: skip
_MOOR: Palette = (colour(134, 104, 64), colour(150, 122, 84), colour(112, 98, 70),
                  colour(126, 84, 84))  # fmt: skip
_WOOD: Palette = (colour(36, 58, 38), colour(50, 74, 40), colour(64, 82, 42), colour(30, 48, 42))
_AUTUMN: Palette = (colour(160, 96, 36), colour(148, 70, 34), colour(176, 132, 50))
_SAND: Palette = (colour(226, 182, 122), colour(210, 160, 104), colour(234, 206, 160),
                  colour(200, 128, 82))  # fmt: skip
_SNOW: Palette = (colour(236, 240, 248), colour(226, 232, 244))
NEVER = 1e3  # a height that no land reaches


@dataclass(frozen=True)
class Land:
    """Heights and lengths in units of the scene, colours linear (3, 1), shares in [0, 1].

    Far mountains rise from `foot` to `full` distance; `hollow` (distance, depth) digs a lake or a
    sound; `terraces` is the number of steps of a table mountain (0: none).
    """

    kind: str
    base: float
    relief: float
    spacing: float
    peaks: float
    width: float
    foot: float
    full: float
    hollow: tuple[float, float]
    ridges: bool
    terraces: float
    woods: float
    timberline: float
    snowline: float
    rock: np.ndarray
    grass: np.ndarray
    second: np.ndarray
    wood: np.ndarray
    snow: np.ndarray
    seed: tuple[float, float]


_KINDS = {"alps": 0.28, "hills": 0.24, "plain": 0.13, "canyon": 0.1, "dunes": 0.09,
          "winter": 0.08, "islands": 0.08}  # fmt: skip


def sample_land(rng: np.random.Generator) -> Land:
    """A land of one of the kinds; about half of those that may have water have some."""
    kind = choose(rng, _KINDS)
    steep = {"alps": (0.12, 0.27), "hills": (0.05, 0.16), "plain": (0.0, 0.1),
             "canyon": (0.08, 0.24), "dunes": (0.03, 0.12), "winter": (0.05, 0.25),
             "islands": (0.06, 0.3)}[kind]  # fmt: skip
    relief = {"alps": (0.1, 0.5), "hills": (0.3, 0.8), "plain": (0.03, 0.15),
              "canyon": (0.05, 0.4), "dunes": (0.3, 0.8), "winter": (0.05, 0.5),
              "islands": (0.3, 0.8)}[kind]  # fmt: skip
    wet = kind == "islands" or (kind not in ("dunes", "canyon") and chance(rng, 0.45))
    near = kind == "islands" or chance(rng, 0.4)  # the water begins at the viewer's feet
    dry = kind in ("dunes", "canyon")
    foot = float(np.exp(uniform(rng, 1.0, 2.9)))
    full = foot * uniform(rng, 2.0, 4.0)
    grass = _SAND if dry else _MOOR if chance(rng, 0.2) else _GRASS
    return Land(
        kind=kind,
        base=-0.35 if wet and near else uniform(rng, 0.12, 0.4),
        relief=uniform(rng, *relief),
        spacing=float(np.exp(uniform(rng, 0.3, 1.3))),
        peaks=uniform(rng, *steep) * full,
        width=full * uniform(rng, 0.3, 0.65),
        foot=foot,
        full=full,
        hollow=(foot * uniform(rng, 0.7, 1.3), uniform(rng, 0.5, 1.0) if wet else 0.0),
        ridges=kind in ("alps", "dunes", "winter") or chance(rng, 0.4),
        terraces=uniform(rng, 2.5, 5.0) if kind == "canyon" else 0.0,
        woods=0.0 if dry else uniform(rng, 0.2, 1.1),
        timberline=uniform(rng, 0.06, 0.16) * full,
        snowline={"alps": uniform(rng, 0.04, 0.25) * full, "winter": -1.0}.get(kind, NEVER),
        rock=pick(rng, _RED if kind == "canyon" else _GREY),
        grass=pick(rng, grass),
        second=pick(rng, grass if dry else _GRASS + _MOOR),
        wood=pick(rng, _AUTUMN if chance(rng, 0.15) else _WOOD),
        snow=pick(rng, _SNOW, 0.05),
        seed=(uniform(rng, 0.0, 200.0), uniform(rng, 0.0, 200.0)),
    )


def land_height(land: Land, x: np.ndarray, z: np.ndarray, footprint: np.ndarray) -> np.ndarray:
    """Height of the ground above the water; detail smaller than `footprint` is left out."""
    away = np.sqrt(x * x + z * z)
    near, far = 1.0 / land.spacing, 1.0 / land.width
    u, v = land.seed
    rolling = far_noise(x * near + u, z * near + v, 6, 0.42, footprint * near)
    height = land.base + land.relief * rolling * smoothstep(0.2, 4.0, away)
    if land.hollow[1]:
        ring = np.log(away / land.hollow[0]) / 0.55
        height = height - land.hollow[1] * np.exp(-ring * ring)
    rise = smoothstep(land.foot, land.full, away)
    massif = far_noise(
        x * far + v, z * far + u, 7, 0.5 if land.ridges else 0.44, footprint * far, land.ridges
    )
    massif = np.maximum(massif + 0.35, -0.2)
    if land.terraces:
        level = massif * land.terraces
        step = np.floor(level)
        rest = level - step
        massif = (step + smoothstep(0.55, 0.95, rest) * 0.8 + 0.2 * rest) / land.terraces
    if land.kind == "islands":
        massif = massif - 0.2
    return height + land.peaks * massif * rise


def canopy(
    land: Land, height: np.ndarray, x: np.ndarray, z: np.ndarray, footprint: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Share (m,) of the ground under trees, and how much the trees raise it."""
    u, v = land.seed
    patch = far_noise(x * 0.35 + v, z * 0.35 + u, 4, 0.6, footprint * 0.35)
    above = smoothstep(0.05, 0.12, height) * smoothstep(0.0, -0.8, height - land.timberline)
    above = above * smoothstep(2.0, 3.5, np.sqrt(x * x + z * z))  # none before the camera
    share = smoothstep(-0.05, 0.12, patch + 1.5 * land.woods - 1.1) * above
    crowns = far_noise(x * 9.0 + u, z * 9.0, 2, 0.6, footprint * 9.0)
    return share, share * (0.09 + 0.08 * crowns)


def ground_colour(
    land: Land,
    place: tuple[np.ndarray, np.ndarray],
    height: np.ndarray,
    normal: np.ndarray,
    wooded: np.ndarray,
    footprint: np.ndarray,
) -> np.ndarray:
    """(3, m) albedo: meadow, wood, rock where it is steep, sand by the water, snow on top."""
    x, z = place
    u, v = land.seed
    patch = far_noise(x * 0.8 + u, z * 0.8 - v, 5, 0.62, footprint * 0.8)
    fine = far_noise(x * 7.0 + v, z * 7.0, 7, 0.78, footprint * 7.0)
    rgb = mix(land.grass, land.second, clamp(0.5 + 1.1 * patch, 0.0, 1.0)) * np.exp(0.95 * fine)
    steep = 1.0 - normal[1]
    if land.terraces:
        strata = far_noise(height * 6.0 + 0.2 * patch, height * 0.0, 3, 0.7, footprint * 6.0)
        bare = land.rock * (1.0 + 0.4 * strata + 0.2 * fine)
    else:
        bare = land.rock * np.exp(0.55 * fine + 0.2 * patch)
    limit = 0.05 if land.snowline < NEVER or land.terraces else 0.22
    if land.kind != "dunes":
        rgb = mix(rgb, bare, smoothstep(limit, limit + 0.2, steep + 0.08 * patch))
    trees = land.wood * np.exp(0.8 * fine + 0.3 * patch)
    rgb = mix(rgb, trees, wooded)
    if land.kind not in ("dunes", "winter"):
        shore = smoothstep(0.07, 0.0, height + 0.03 * fine)
        rgb = mix(rgb, mix(_SAND[2], land.rock, 0.5) * (1.0 + 0.2 * fine), 0.8 * shore)
    line = land.snowline + 0.9 * patch + 0.3 * fine
    lies = smoothstep(line - 0.3, line + 0.5, height)
    lies = lies * smoothstep(0.62, 0.3, steep + 0.12 * fine) * (1.0 - 0.75 * wooded)
    return mix(rgb, land.snow * (1.0 + 0.1 * fine + 0.06 * patch), lies)
