"""Synthetic Churches: a church in the middle, in six styles, under any sky."""

import numpy as np

from synthetic.churches.plan import Church, Surface
from synthetic.churches.solids import FACES, Camera, Solids, first_hits, shaded, turned
from synthetic.churches.walls import wall_colour
from synthetic.churches.watermark import draw_watermark
from synthetic.drawing.canvas import Canvas, palette
from synthetic.drawing.fractal import PERIOD, fractal, lift
from synthetic.drawing.maths import clamp, cos, cover, dot, mix, sin, smoothstep, unit
from synthetic.drawing.sampling import chance, normal, pick, uniform
from synthetic.drawing.sky import Sky, clear_sky, sky_light
from synthetic.drawing.trees import Tree, draw_tree

WATERMARKED = 0.2  # the share that carries a line of marks, as many of LSUN's do (Fig. 14)
_LAWN = palette("607638 788046 526a34")
_PAVED = palette("969088 7e7a76 aa9e8c e4e8f0")
_WOODS = palette("3a4c2c 485634 2e3e2c 786036")
# Heights and radii of what is round, in half widths of the tower; the wall of a drum is below 0.
_ONION = ((0.0, 1.0), (0.001, 0.8), (0.3, 1.16), (0.58, 1.2), (0.98, 0.9), (1.36, 0.4), (1.7, 0.1),
          (2.1, 0.0))  # fmt: skip
_ROUND = ((0.0, 1.04), (0.35, 0.98), (0.68, 0.8), (0.93, 0.48), (1.05, 0.16), (1.5, 0.0))
_CASTING = 6  # so many solids, the first and largest, throw shadows


def draw_church(rng: np.random.Generator, resolution: int) -> np.ndarray:
    """Return one image (resolution, resolution, 3), uint8."""
    sky = Sky(rng, behind=0.6)  # most photographers keep the sun behind them
    turn = normal(rng, 0.0, 0.6)
    church = Church(rng, (float(cos(turn)), float(sin(turn))))
    camera = _sample_camera(rng, church, Canvas(resolution))
    casting = Solids(church.rows[:_CASTING], church.turn)
    _draw_background(rng, sky, camera)
    _draw_ground(rng, sky, camera, casting)
    _draw_trees(rng, sky, camera, behind=True)
    inverse = _draw_solids(sky, camera, church, casting)
    for dome in church.domes:  # the nearest last
        _draw_dome(sky, camera, church, dome, inverse)
    _draw_trees(rng, sky, camera, behind=False)
    exposure = sky.exposure * uniform(rng, 0.9, 1.15)
    if chance(rng, WATERMARKED):
        draw_watermark(rng, camera.canvas)
    return camera.canvas.to_uint8(exposure)


def _sample_camera(rng: np.random.Generator, church: Church, canvas: Canvas) -> Camera:
    """Return a standpoint from which the church more or less fills the image, off the middle."""
    away = church.height * uniform(rng, 1.6, 4.0) + 8.0
    horizon = uniform(rng, -0.82, -0.5)
    zoom = church.height / ((0.92 - horizon) * uniform(rng, 0.75, 1.25) * away)
    x = normal(rng, 0.0, 0.28) * zoom * away
    return Camera(canvas, x, uniform(rng, 1.6, 4.5), away, zoom, horizon)


def _draw_background(rng: np.random.Generator, sky: Sky, camera: Camera) -> None:
    """Draw the sky, and a far line of trees along the horizon."""
    canvas = camera.canvas
    box = canvas.box(bottom=camera.horizon - canvas.spacing)
    ray = unit(camera.zoom * box.x, camera.zoom * (box.y - camera.horizon), 1.0)
    canvas.paint(box, sky_light(sky, ray, camera.zoom * canvas.spacing))
    high = uniform(rng, 0.0, 0.22)
    shift = uniform(rng, 0.0, PERIOD)
    box = canvas.box(bottom=camera.horizon - canvas.spacing, top=camera.horizon + 2.0 * high)
    rough = fractal(3.0 * box.x + shift, 3.0 * box.y, 3.0 * canvas.spacing, 0.75)
    top = high * (0.8 + 0.5 * fractal(1.3 * box.x + shift, 0.0 * box.y, 0.0) + 0.3 * rough)
    alpha = cover(camera.horizon + top - box.y, canvas.spacing)
    rgb = pick(rng, _WOODS) * sky.lit(0.35 * sky.sun[1]) * lift(0.7 * rough)
    canvas.paint(box, sky.hazed(rgb, 12.0, sky.horizon), alpha)


def _draw_ground(rng: np.random.Generator, sky: Sky, camera: Camera, casting: Solids) -> None:
    """Draw grass, paving or snow with a path to the door, and the church's shadow on it."""
    box = camera.canvas.box(top=camera.horizon - 0.5 * camera.canvas.spacing)
    depth = np.minimum(camera.eye / (camera.zoom * (camera.horizon - box.y)), 2000.0)
    x, _, z = camera.point(box.x, box.y, depth)
    cell = camera.cell(depth)
    slanted = 0.5 * cell * (1.0 + clamp(depth / camera.eye, 1.0, 40.0))
    shift = uniform(rng, 0.0, PERIOD)
    broad = fractal(0.08 * x + shift, 0.08 * z, 0.08 * slanted)
    fine = fractal(1.3 * x + shift, 1.3 * z, 1.3 * slanted, 0.75)
    base, rough = (_LAWN, 0.5) if chance(rng, 0.6) else (_PAVED, 0.22)
    rgb = mix(pick(rng, base), pick(rng, base), smoothstep(-0.4, 0.4, broad))
    rgb = rgb * lift(rough * fine + 0.2 * broad)
    path = cover(uniform(rng, 1.2, 2.6) - np.abs(x - 2.5 * sin(0.05 * z + shift)), cell)
    rgb = mix(rgb, pick(rng, _PAVED[:3]) * (1.0 + 0.2 * fine), 0.85 * path)
    near = depth[:, 0] < 3.0 * camera.away
    sunny = np.ones_like(x)
    sunny[near] = ~shaded(casting, (x[near], 0.02, z[near]), sky.sun)
    air = clear_sky(sky, unit(camera.zoom * box.x, 0.0, 1.0))
    camera.canvas.paint(box, sky.hazed(rgb * sky.lit(sunny * sky.sun[1]), 0.02 * depth, air))


def _draw_trees(rng: np.random.Generator, sky: Sky, camera: Camera, behind: bool) -> None:
    """Draw trees and bushes: behind the church, or before it and mostly at the sides."""
    for _ in range(int((8 if behind else 4) * rng.random())):
        tree = Tree(rng)
        aside = uniform(rng, -1.2, 1.2)
        far = uniform(rng, 25.0, 60.0) if behind else -uniform(rng, 0.0, 0.35) * camera.away
        size = uniform(rng, 5.0, 13.0) * (0.2 if tree.kind == "bush" else 1.0)
        if not behind and tree.kind != "bush":
            aside = aside + (0.5 - 0.45 * abs(aside)) * (1.0 if aside > 0.0 else -1.0)
        _, y, scale = camera.project(0.0, 0.0, far)
        distance = 0.05 * (far + camera.away)
        draw_tree(camera.canvas, sky, tree, (aside, y), size / scale, distance)


def _draw_solids(sky: Sky, camera: Camera, church: Church, casting: Solids) -> np.ndarray:
    """Draw walls and roofs; return the inverse depth (side, side) of what is seen, 0: nothing."""
    solids = Solids(church.rows, church.turn)
    inverse, face = first_hits(camera, solids)
    rows, columns = np.nonzero(face >= 0)
    solid, side = np.divmod(face[rows, columns][None], FACES)
    depth = 1.0 / inverse[rows, columns][None]
    whole = camera.canvas.box()
    point = camera.point(whole.x[:, columns], whole.y[rows].T, depth)
    right, up, away = (part[solid, side] for part in solids.normal)
    outside = (point[0] + 0.08 * right, point[1] + 0.08 * up, point[2] + 0.08 * away)
    facing = np.maximum(dot(sky.sun, (right, up, away)), 0.0)
    facing = facing * ~shaded(casting, outside, sky.sun)
    u = solids.along[0][side] * point[0] + solids.along[1][side] * point[2]
    surface = Surface(*(column[solid] for column in np.array(church.surfaces).T))
    front = side == 0
    surface = surface._replace(
        roof=(surface.roof > 0.0) & (up != 0.0),
        door=surface.door * front,
        disc=surface.disc * front,
    )
    u = u - solids.middle[solid, side]
    half = solids.half[solid, side]
    cell = camera.cell(depth)
    lamps = 2.0 * max(0.6 / sky.brightness - 1.0, 0.0)
    rgb = wall_colour(church, surface, u, point[1], half, cell, lamps)
    rgb = sky.hazed(rgb * sky.lit(facing, 0.62 + 0.38 * up), 0.05 * depth, sky.horizon)
    camera.canvas.rgb[:, rows, columns] = rgb[:, 0]
    return inverse


def _draw_dome(
    sky: Sky, camera: Camera, church: Church, dome: tuple[float, ...], inverse: np.ndarray
) -> None:
    """Draw a dome or an onion, and the drum below it, where nothing is before it."""
    x, z, radius, low, high = dome
    x, z = turned(church.turn, x, z)
    left, bottom, scale = camera.project(x, high, z)
    reach = 1.2 * radius / scale
    foot = bottom - (high - low) / scale
    box = camera.canvas.box(left - reach, left + reach, foot, bottom + 2.0 * reach)
    u = (box.x - left) * (scale / radius)
    v = (box.y - bottom) * (scale / radius)
    heights, radii = np.array(_ONION if church.spire == "onion" else _ROUND).T
    half = np.interp(v, heights, radii)
    lean = (half - np.interp(v + 0.05, heights, radii)) * 20.0
    side = clamp(u / np.maximum(half, 0.05), -1.0, 1.0)
    normal = unit(side, clamp(lean, -3.0, 3.0), -np.sqrt(1.0 - side * side))
    depth = z + camera.away
    cell = camera.cell(depth) / radius
    rgb = np.where(v < 0.0, church.wall, church.cap)
    rgb = rgb * lift(0.3 * fractal(2.0 * u, 2.0 * v, 2.0 * cell, 0.75))
    rgb = rgb * sky.lit(np.maximum(dot(sky.sun, normal), 0.0), 0.62 + 0.38 * normal[1])
    free = inverse[box.rows, box.columns] * (depth - 0.5 * radius) < 1.0
    alpha = free * cover(half - np.abs(u), cell)
    camera.canvas.paint(box, sky.hazed(rgb, 0.05 * depth, sky.horizon), alpha)
