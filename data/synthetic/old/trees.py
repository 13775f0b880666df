"""Single trees and bushes, drawn upright in the picture."""

from dataclasses import dataclass

import numpy as np

from synthetic.old.canvas import bell, clamp, colour, mix, smoothstep
from synthetic.old.noise import far_noise
from synthetic.old.sampling import chance, choose, uniform
from synthetic.old.scene import Palette, Scene, cover, hazed, pick

_LEAVES: Palette = (colour(62, 86, 42), colour(84, 104, 48), colour(46, 72, 40),
                    colour(100, 116, 58), colour(74, 96, 58))  # fmt: skip
_NEEDLES: Palette = (colour(34, 54, 38), colour(44, 64, 42), colour(30, 50, 46))
_AUTUMN: Palette = (colour(178, 112, 40), colour(160, 74, 36), colour(190, 150, 60))
_BARK = colour(74, 60, 48)


@dataclass(frozen=True)
class Tree:
    """`width` is half the crown's, as a share of the height; `crown` where the crown begins."""

    kind: str
    leaf: np.ndarray
    width: float
    crown: float
    ragged: float
    seed: tuple[float, float]


def sample_tree(rng: np.random.Generator, kind: str | None = None) -> Tree:
    """A conifer, a broad-leaved tree, a poplar or a bush."""
    usual = {"conifer": 0.38, "broad": 0.42, "poplar": 0.08, "bush": 0.12}
    kind = kind or choose(rng, usual)
    width = {"conifer": (0.16, 0.3), "broad": (0.32, 0.55), "poplar": (0.1, 0.15),
             "bush": (0.6, 1.1)}[kind]  # fmt: skip
    leaves = _NEEDLES if kind == "conifer" else _AUTUMN if chance(rng, 0.1) else _LEAVES
    return Tree(
        kind=kind,
        leaf=pick(rng, leaves, 0.2),
        width=uniform(rng, *width),
        crown={"conifer": uniform(rng, 0.04, 0.12), "bush": -0.2, "poplar": 0.06}.get(
            kind, uniform(rng, 0.14, 0.3)
        ),
        ragged=uniform(rng, 0.5, 1.0),
        seed=(uniform(rng, 0.0, 200.0), uniform(rng, 0.0, 200.0)),
    )


def draw_tree(
    scene: Scene, tree: Tree, foot: tuple[float, float], size: float, distance: float
) -> None:
    """The tree with its foot at (x, y), `size` high in the picture, seen through the air."""
    reach = 1.35 * tree.width * size
    where = scene.box(foot[0] - reach, foot[0] + reach, foot[1], foot[1] + 1.1 * size)
    grid, cell = scene.canvas.grid, scene.cell / size
    u, v = (grid.x[where] - foot[0]) / size, (grid.y[where] - foot[1]) / size
    seed_u, seed_v = tree.seed
    rough = far_noise(u * 8.0 + seed_u, v * 8.0 + seed_v, 6, 0.8, 8.0 * cell)
    inside, bulge = _outline(tree, u, v, rough)
    leafy = cover(inside, cell)
    trunk = cover(0.028 * (1.4 - v) - np.abs(u + 0.02 * rough), cell)
    trunk = trunk * (v < tree.crown + 0.3)
    sun = scene.sky.sun
    facing = clamp(
        0.45 + 0.55 * (sun[0] * u / tree.width + sun[1] * bulge - 0.4 * sun[2]), 0.0, 1.0
    )
    lumps = np.exp(1.15 * rough - 0.05)
    lit = scene.sky.sun_rgb * (0.75 * facing) + scene.sky.ambient * (0.62 + 0.25 * bulge)
    rgb = mix(_BARK * (scene.sky.ambient + 0.3 * scene.sky.sun_rgb), tree.leaf * lumps * lit, leafy)
    alpha = np.maximum(leafy, trunk)
    shown = np.flatnonzero(alpha > 0.0)
    rgb = hazed(rgb[:, shown], scene.sky, distance)
    scene.canvas.paint(where[shown], rgb, alpha[shown])


def _outline(
    tree: Tree, u: np.ndarray, v: np.ndarray, rough: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Distance inside the crown, in heights of the tree, and how far it faces up, -1 to 1."""
    share = (v - tree.crown) / (1.0 - tree.crown)
    if tree.kind in ("conifer", "poplar"):
        tiers = 0.13 * np.abs(np.sin(share * 22.0 + 3.0 * u)) if tree.kind == "conifer" else 0.0
        round_off = 1.0 if tree.kind == "conifer" else 0.45
        half = tree.width * np.maximum(1.0 - share, 0.0) ** round_off * (0.92 + tiers)
        half = half * smoothstep(-0.02, 0.06, share)
        inside = half - np.abs(u) + 0.08 * tree.ragged * tree.width * rough - 0.004
        return np.minimum(inside, 1.0 - share), share - 0.5
    middle = 0.5 if tree.kind != "bush" else 0.35
    r = np.sqrt((u / tree.width) ** 2 + ((share - middle) / 0.5) ** 2)
    inside = (1.0 - r + 0.24 * tree.ragged * rough) * tree.width * 0.8
    return inside, clamp((share - middle) / 0.5, -1.0, 1.0)


def draw_shadow(scene: Scene, foot: tuple[float, float], size: float, squash: float) -> None:
    """A soft shade on level ground round a tree's foot; `squash` is its height over its width."""
    reach = 0.6 * size
    where = scene.box(foot[0] - reach, foot[0] + reach, foot[1] - squash * reach, foot[1] + reach)
    grid = scene.canvas.grid
    u = (grid.x[where] - foot[0]) / reach
    v = (grid.y[where] - foot[1]) / (reach * squash)
    scene.canvas.darken(where, 1.0 - 0.45 * bell(1.6 * np.sqrt(u * u + v * v)))
