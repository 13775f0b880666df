"""Trees that stand upright in an image: conifers, broad-leaved trees, bushes."""

import numpy as np

from synthetic.drawing.canvas import Canvas, palette
from synthetic.drawing.fractal import PERIOD, fractal, lift
from synthetic.drawing.maths import Values, bell, clamp, cover, length, mix, smoothstep
from synthetic.drawing.sampling import chance, choose, pick, uniform
from synthetic.drawing.sky import Sky

_LEAVES = palette("4e6830 607438 405a2e 707a3e")
_NEEDLES = palette("2a402c 364c34 243830")
_AUTUMN = palette("bc742c aa4c28 c4963c")
(_BARK,) = palette("504236")
# Share of the trees; least and most of the crown's half width; where the crown begins.
_KINDS = {
    "conifer": (0.38, 0.16, 0.3, 0.08),
    "broad": (0.42, 0.32, 0.55, 0.2),
    "bush": (0.12, 0.6, 1.1, -0.2),
}


class Tree:
    """A tree of a `kind`, or of any. `width` is half its crown's, as a share of the height."""

    def __init__(self, rng: np.random.Generator, kind: str = "") -> None:
        self.kind = kind or choose(rng, {name: values[0] for name, values in _KINDS.items()})
        _, least, most, crown = _KINDS[self.kind]
        autumn = self.kind != "conifer" and chance(rng, 0.1)
        leaves = _AUTUMN if autumn else _NEEDLES if self.kind == "conifer" else _LEAVES
        self.leaf = pick(rng, leaves, 0.2)
        self.width = uniform(rng, least, most)
        self.crown = crown * uniform(rng, 0.7, 1.4)  # where it begins
        self.ragged = uniform(rng, 0.5, 1.0)
        self.shift = uniform(rng, 0.0, PERIOD)


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
    rough = fractal(u * 5.0 + tree.shift, v * 5.0, 5.0 * cell, 0.75)
    inside, bulge = _outline(tree, u, v, rough)
    leafy = cover(inside, cell)
    trunk = cover(0.028 * (1.4 - v) - np.abs(u + 0.02 * rough), cell)
    trunk = trunk * ((v > 0.0) & (v < tree.crown + 0.3))
    side = sky.sun[0] * u / tree.width + sky.sun[1] * bulge - 0.4 * sky.sun[2]
    lit = sky.sun_rgb * (0.75 * clamp(0.45 + 0.55 * side, 0.0, 1.0))
    lit = tree.leaf * (lit + sky.ambient * (0.62 + 0.25 * bulge)) * lift(1.1 * rough)
    rgb = mix(_BARK * (sky.ambient + 0.3 * sky.sun_rgb), lit, leafy)
    canvas.paint(box, sky.hazed(rgb, distance, sky.horizon), np.maximum(leafy, trunk))


def _outline(tree: Tree, u: Values, v: Values, rough: Values) -> tuple[Values, Values]:
    """Return the distance inside the crown, in heights of the tree, and how far it faces up."""
    share = (v - tree.crown) * (1.0 / (1.0 - tree.crown))
    if tree.kind == "conifer":
        tier = 7.0 * share + u
        half = (1.0 - share) * (0.9 + 0.3 * np.abs(tier - np.rint(tier)))
        half = tree.width * half * smoothstep(-0.02, 0.06, share)
        inside = half - np.abs(u) + 0.1 * tree.ragged * tree.width * rough - 0.004
        return np.minimum(inside, 1.0 - share), share - 0.5
    bulge = (share - (0.35 if tree.kind == "bush" else 0.5)) * 2.0
    inside = 1.0 - length(u / tree.width, bulge) + 0.3 * tree.ragged * rough
    return inside * (0.8 * tree.width), clamp(bulge, -1.0, 1.0)
