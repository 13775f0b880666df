"""Trees that stand upright in an image: conifers, broad-leaved trees, poplars, bushes."""

from dataclasses import dataclass

import numpy as np

from synthetic.drawing.canvas import Canvas, colour
from synthetic.drawing.fractal import PERIOD, fractal, lift
from synthetic.drawing.maths import Values, bell, clamp, length, mix, smoothstep
from synthetic.drawing.sampling import chance, choose, pick, uniform
from synthetic.drawing.sky import Sky

_LEAVES = [colour(78, 104, 48), colour(96, 116, 56), colour(64, 90, 46), colour(112, 122, 62)]
_NEEDLES = [colour(42, 64, 44), colour(54, 76, 52), colour(36, 56, 48)]
_AUTUMN = [colour(188, 116, 44), colour(170, 76, 40), colour(196, 150, 60)]
_BARK = colour(80, 66, 54)
# Least and most of half the crown's width as a share of the height; where the crown begins.
_SHAPES = {"conifer": (0.16, 0.3, 0.08), "broad": (0.32, 0.55, 0.2), "poplar": (0.1, 0.15, 0.06),
           "bush": (0.6, 1.1, -0.2)}  # fmt: skip


@dataclass(frozen=True)
class Tree:
    """A tree. `width` is half the crown's, as a share of the height; `crown` where it begins."""

    kind: str
    leaf: np.ndarray
    width: float
    crown: float
    ragged: float
    shift: tuple[float, float]


def sample_tree(rng: np.random.Generator, kind: str = "") -> Tree:
    """Return a tree of a kind, or of any."""
    kind = kind or choose(rng, {"conifer": 0.38, "broad": 0.42, "poplar": 0.08, "bush": 0.12})
    least, most, crown = _SHAPES[kind]
    leaves = _NEEDLES if kind == "conifer" else _AUTUMN if chance(rng, 0.1) else _LEAVES
    return Tree(
        kind=kind,
        leaf=pick(rng, leaves, 0.2),
        width=uniform(rng, least, most),
        crown=crown * uniform(rng, 0.7, 1.4),
        ragged=uniform(rng, 0.5, 1.0),
        shift=(uniform(rng, 0.0, PERIOD), uniform(rng, 0.0, PERIOD)),
    )


def draw_tree(
    canvas: Canvas, sky: Sky, tree: Tree, foot: tuple[float, float], size: float, distance: float
) -> None:
    """Draw a tree, `size` high in the image, with its foot at (x, y), seen through the air."""
    reach = 1.35 * tree.width * size
    box = canvas.box(foot[0] - reach, foot[0] + reach, foot[1] - 0.12 * size, foot[1] + 1.1 * size)
    cell = canvas.spacing / size
    u = (box.x - foot[0]) / size
    v = (box.y - foot[1]) / size
    if u.size == 0 or v.size == 0:
        return
    below = canvas.below(box)
    below *= 1.0 - 0.45 * bell(1.3 * length(u / tree.width, 12.0 * v))  # the shade at its foot
    rough = fractal(u * 5.0 + tree.shift[0], v * 5.0 + tree.shift[1], 5.0 * cell, 0.75)
    inside, bulge = _outline(tree, u, v, rough)
    leafy = clamp(inside / cell + 0.5, 0.0, 1.0)
    trunk = clamp((0.028 * (1.4 - v) - np.abs(u + 0.02 * rough)) / cell + 0.5, 0.0, 1.0)
    trunk = trunk * ((v > 0.0) & (v < tree.crown + 0.3))
    side = sky.sun[0] * u / tree.width + sky.sun[1] * bulge - 0.4 * sky.sun[2]
    lit = sky.sun_rgb * (0.75 * clamp(0.45 + 0.55 * side, 0.0, 1.0))
    lit = tree.leaf * (lit + sky.ambient * (0.62 + 0.25 * bulge)) * lift(1.1 * rough)
    rgb = mix(_BARK * (sky.ambient + 0.3 * sky.sun_rgb), lit, leafy)
    canvas.paint(box, sky.hazed(rgb, distance, sky.horizon), np.maximum(leafy, trunk))


def _outline(tree: Tree, u: Values, v: Values, rough: Values) -> tuple[Values, Values]:
    """Return the distance inside the crown, in heights of the tree, and how far it faces up."""
    share = (v - tree.crown) * (1.0 / (1.0 - tree.crown))
    rest = np.maximum(1.0 - share, 0.0)
    if tree.kind in ("conifer", "poplar"):
        if tree.kind == "conifer":
            tier = 7.0 * share + u
            rest = rest * (0.9 + 0.3 * np.abs(tier - np.rint(tier)))
        else:
            rest = np.sqrt(rest)
        half = tree.width * rest * smoothstep(-0.02, 0.06, share)
        inside = half - np.abs(u) + 0.1 * tree.ragged * tree.width * rough - 0.004
        return np.minimum(inside, 1.0 - share), share - 0.5
    bulge = (share - (0.35 if tree.kind == "bush" else 0.5)) * 2.0
    inside = 1.0 - length(u / tree.width, bulge) + 0.3 * tree.ragged * rough
    return inside * (0.8 * tree.width), clamp(bulge, -1.0, 1.0)
