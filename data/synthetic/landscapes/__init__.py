"""Synthetic Landscapes: mountains, hills, lakes, plains and deserts under all weathers.

An image is a piece of a cylinder: its columns are compass directions, so that nothing tells left
from right, or one piece of the horizon from another (Sec. 4.7 trains on pieces of a panorama).
"""

import numpy as np

from synthetic.drawing.canvas import Canvas, palette
from synthetic.drawing.fractal import PERIOD, fractal, lift
from synthetic.drawing.maths import Values, clamp, cos, dot, mix, sin, smoothstep, unit
from synthetic.drawing.sampling import chance, choose, pick, skewed, uniform
from synthetic.drawing.sky import Sky, clear_sky, sky_light
from synthetic.drawing.trees import Tree, draw_tree
from synthetic.landscapes.land import Land

_VIEW = 0.5  # half the width of an image, radians
_STEPS = 110  # of a ray along the ground
_FAR = 120.0
_DEEP = palette("163646 225460 1e2a32 28423e")


def draw_landscape(rng: np.random.Generator, resolution: int) -> np.ndarray:
    """Return one image (resolution, resolution, 3), uint8."""
    sky = Sky(rng)
    land = Land(rng)
    canvas = Canvas(resolution)
    eye = max(land.base, 0.0) + skewed(rng, 0.27, 1.2)
    view = View(canvas, land, uniform(rng, -0.5, 0.35), eye)
    whole = canvas.box(bottom=-1.0 + canvas.spacing * int(np.bincount(view.column).min()))
    rise = (whole.y - view.horizon) * _VIEW
    direction = unit(sin(view.bearing), rise, cos(view.bearing))
    canvas.paint(whole, sky_light(sky, direction, canvas.spacing * _VIEW))
    _draw_ground(view, sky, land)
    if land.hollow:
        _draw_water(view, sky, pick(rng, _DEEP), uniform(rng, 0.02, 0.2))
    if not land.dry and chance(rng, 0.75):
        _draw_trees(rng, view, sky, land)
    return canvas.to_uint8(uniform(rng, 0.9, 1.1) * sky.exposure)


class View:
    """What a viewer sees of a land: its samples, and values (1, m) of the ground at each.

    `horizon` is the horizon's height in the image, `eye` the viewer's above the water. `line` and
    `column` are the samples' places in the canvas, `ray` the level direction to them.
    """

    def __init__(self, canvas: Canvas, land: Land, horizon: float, eye: float) -> None:
        self.canvas = canvas
        self.horizon = horizon
        self.eye = eye
        self.bearing = canvas.box().x * _VIEW
        lowest = 0.3 * eye / (_VIEW * (horizon + 1.0))
        self._trace(land, lowest, float(np.sqrt(np.sqrt(np.sqrt(np.sqrt(lowest / _FAR))))))

    def row(self, height: Values, away: Values) -> Values:
        """Return the height in the image at which something at a distance is seen."""
        return self.horizon + (height - self.eye) / (_VIEW * away)

    def footprint(self, away: Values) -> Values:
        """Return the distance between two samples of what is seen at a distance."""
        return away * (self.canvas.spacing * _VIEW)

    def _trace(self, land: Land, lowest: float, last: float) -> None:
        """Follow the ground away from the viewer in each column, and keep what nothing hides."""
        steps = np.square(np.square(1.0 + (last - 1.0) * np.arange(_STEPS)[:, None] / (_STEPS - 1)))
        away = lowest / np.square(np.square(steps))  # nearly in constant ratios
        right, ahead = sin(self.bearing), cos(self.bearing)
        place = (away * right, away * ahead, away, self.footprint(away))
        bare = land.height(*place)
        trees, crowns = land.trees(bare, *place)
        row = self.row(np.maximum(bare + crowns, 0.0), away)
        self.line, self.column, index, share = _visible(row)

        def seen(values: Values) -> Values:
            flat = np.broadcast_to(values, row.shape).ravel()
            near = flat[index - self.canvas.side]
            return (near + (flat[index] - near) * share)[None]

        outward, sideways = np.gradient(-bare - crowns, away[:, 0], self.bearing[0])
        outward, sideways = seen(outward), seen(sideways / away)
        right, ahead = right[:, self.column], ahead[:, self.column]
        self.normal = unit(
            sideways * ahead + outward * right, 1.0, outward * ahead - sideways * right
        )
        self.ray = (right, 0.0, ahead)
        self.away = 1.0 / seen(1.0 / away)
        self.height = seen(bare)
        self.trees = seen(trees)


def _visible(row: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the samples where ground is seen, which step it is, and how far behind the last one.

    `row` (steps, side) is the height in the image of the ground in each column. Steps are given as
    indices into it; a share of 0 is the step before, 1 the step itself.
    """
    steps, side = row.shape
    risen = np.maximum.accumulate(row, axis=0)
    first = np.ceil(clamp((1.0 - risen) * (0.5 * side) - 0.5, 0.0, side)).astype(np.intp)
    flat = (first * side + np.arange(side)).ravel()
    higher = np.bincount(flat, minlength=(side + 1) * side).reshape(side + 1, side)
    step = steps - np.cumsum(higher[:side], axis=0)  # how many are lower than the sample
    line, column = np.nonzero(step < steps)
    index = np.maximum(step[line, column], 1) * side + column
    height = 1.0 - (2 * line + 1) / side
    low = row.ravel()[index - side]
    share = (height - low) / np.maximum(row.ravel()[index] - low, 1e-6)
    return line, column, index, clamp(share, 0.0, 1.0)


def _draw_ground(view: View, sky: Sky, land: Land) -> None:
    footprint = view.footprint(view.away)
    x, z = view.away * view.ray[0], view.away * view.ray[2]
    rgb = land.colour(x, z, view.height, view.normal[1], view.trees, footprint)
    clouds = fractal(0.12 * x + sky.shift[0], 0.12 * z, 0.12 * footprint)
    shade = 1.0 - 0.65 * sky.cover * smoothstep(0.2, -0.3, clouds)
    facing = np.maximum((dot(sky.sun, view.normal) + 0.06) * (1.0 / 1.06), 0.0)
    rgb = rgb * sky.lit(facing * shade, 0.55 + 0.45 * view.normal[1])
    rgb = sky.hazed(rgb, view.away, clear_sky(sky, view.ray))
    view.canvas.rgb[:, view.line, view.column] = rgb[:, 0]


def _draw_water(view: View, sky: Sky, deep: np.ndarray, waves: float) -> None:
    """Draw level water that mirrors what stands above the horizon, broken by ripples."""
    canvas = view.canvas
    line, column = view.line, view.column
    land = canvas.rgb[:, None, line, column]
    slanted = 2.5 * view.footprint(view.away) * (1.0 + view.away / view.eye)
    x, z = 5.0 * view.away * view.ray[0], 5.0 * view.away * view.ray[2]
    ripple = fractal(x + sky.shift[0], z, slanted, 0.75)
    rise = view.horizon - canvas.box().y[line].T
    row = view.horizon + rise * (1.0 + waves * ripple) + 0.3 * waves * ripple
    source = (np.minimum(1.0 - row, 2.0 - canvas.spacing) / canvas.spacing).astype(np.intp)
    mirrored = canvas.rgb[:, np.maximum(source, 0), column]
    ray = unit(view.ray[0], rise * _VIEW, view.ray[2])
    air = clear_sky(sky, ray)
    mirrored = mix(mirrored, air, smoothstep(0.9, 1.0, row))  # what the image's edge cuts off
    slant = np.square(1.0 - clamp(ray[1] * (1.0 + 0.3 * ripple), 0.0, 1.0))
    rgb = mix(deep * sky.lit(0.25) * lift(0.3 * ripple), mirrored, 0.06 + 0.94 * slant * slant)
    rgb = sky.hazed(rgb, view.away, air)
    canvas.rgb[:, line, column] = np.where(view.height > 0.0, land, rgb)[:, 0]


def _draw_trees(rng: np.random.Generator, view: View, sky: Sky, land: Land) -> None:
    """Draw single trees near the viewer, the far ones first, where no rise hides their feet."""
    count = 3 + int(rng.random() * 16)
    away = 1.35 + 9.0 * np.square(np.sort(rng.random(count))[::-1])
    bearing = 2.4 * _VIEW * (rng.random(count) - 0.5)
    along = np.linspace(0.2, 1.0, 10)[:, None] * away
    x, z = along * sin(bearing), along * cos(bearing)
    ground = land.height(x, z, along, 0.05)
    row = view.row(np.maximum(ground, 0.0), along)
    grove = fractal(0.5 * x[-1] + uniform(rng, 0.0, PERIOD), 0.5 * z[-1], 0.05)
    stands = (ground[-1] > 0.04) & (row[-1] > row.max(axis=0) - 0.01) & (grove > -0.15)
    kind = choose(rng, {"conifer": 0.5, "broad": 0.33, "bush": 0.17})
    for i in range(count):
        tree = Tree(rng, "" if chance(rng, 0.25) else kind)
        size = uniform(rng, 0.3, 0.8) * (0.25 if tree.kind == "bush" else 1.0)
        if stands[i]:
            foot = (bearing[i] / _VIEW, row[-1, i])
            draw_tree(view.canvas, sky, tree, foot, size / (_VIEW * away[i]), away[i])
