"""Stand-in for LSUN Churches: churches of many styles, upright, under all weathers."""

from dataclasses import replace

import numpy as np

from synthetic.old.canvas import Canvas, colour, make_grid
from synthetic.old.church_grounds import Camera, draw_ground, draw_trees, draw_woods
from synthetic.old.church_parts import Church, Part
from synthetic.old.church_plan import sample_church
from synthetic.old.church_walls import Face, face_colour, lamp_light
from synthetic.old.sampling import chance, normal, uniform
from synthetic.old.scene import Scene, cover, hazed
from synthetic.old.sky import brightness, exposure, sample_sky, sky_colour
from synthetic.old.solids import meet, shaded
from synthetic.old.watermark import draw_watermark

WATERMARKED = 0.2  # the share that carries a line of marks, as many of LSUN's do (Fig. 14)


def draw_church(rng: np.random.Generator, resolution: int) -> np.ndarray:
    """One picture (resolution, resolution, 3)."""
    sky = sample_sky(rng)
    if chance(rng, 0.6):  # most photographers keep the sun behind them
        sky = replace(sky, sun=sky.sun * np.sign(np.array([1.0, 1.0, -sky.sun[2]], np.float32)))
    church = sample_church(rng, normal(rng, 0.0, 0.6, 1.9))
    camera = _sample_camera(rng, church)
    scene = Scene(Canvas(make_grid(resolution)), sky, rng)
    ray = camera.rays(scene)
    unit = ray / np.sqrt((ray * ray).sum(axis=0))
    scene.canvas.rgb[:] = sky_colour(sky, unit, camera.zoom * scene.cell)
    draw_woods(scene, camera)
    draw_ground(scene, camera, church, ray)
    draw_trees(scene, camera, behind=True)
    _draw_parts(scene, camera, church, ray)
    for tip, size in church.tips:
        _draw_cross(scene, camera, tip, size, church.turn)
    draw_trees(scene, camera, behind=False)
    level = exposure(sky) * uniform(rng, 0.9, 1.15)
    if chance(rng, WATERMARKED):
        draw_watermark(scene)
    return scene.canvas.to_uint8(level)


def _sample_camera(rng: np.random.Generator, church: Church) -> Camera:
    """A standpoint from which the church fills the picture, more or less, and off the middle."""
    away = church.height * uniform(rng, 1.6, 4.0) + 8.0
    horizon = uniform(rng, -0.82, -0.5)
    fills = uniform(rng, 0.75, 1.25)  # of the picture above the horizon
    zoom = church.height / ((0.92 - horizon) * fills * away)
    shift = normal(rng, 0.0, 0.28) * zoom * away
    return Camera(shift, uniform(rng, 1.6, 4.5), away, zoom, horizon)


def _draw_parts(scene: Scene, camera: Camera, church: Church, ray: np.ndarray) -> None:
    """The church itself: nearest faces first found, then each shaded."""
    grid = scene.canvas.grid
    depth = np.full(ray.shape[1], np.inf, np.float32)
    owner, side = (np.full(ray.shape[1], -1, np.intp) for _ in range(2))
    for number, part in enumerate(church.parts):
        outline = camera.project(part.solid.corners)
        left, right, low, high = (float(f(p)) for p in outline for f in (np.min, np.max))
        margin = 2.0 * grid.spacing
        box = scene.box(left - margin, right + margin, low - margin, high + margin)
        enter, leave, face = meet(part.solid, camera.place, ray[:, box])
        hit = (enter < leave) & (enter > 0.0) & (enter < depth[box])
        depth[box[hit]], owner[box[hit]], side[box[hit]] = enter[hit], number, face[hit]
    seen = np.flatnonzero(owner >= 0)
    solids = [part.solid for part in church.parts]
    normal = _normals(church)[owner[seen], side[seen]].T
    point = camera.place + ray[:, seen] * depth[seen]
    hidden = shaded(solids, point + 0.08 * normal, scene.sky.sun)
    facing = np.maximum(scene.sky.sun @ normal, 0.0) * ~hidden
    lit = scene.sky.sun_rgb * facing + scene.sky.ambient * (0.62 + 0.38 * normal[1])
    lamps = min(max((0.5 - brightness(scene.sky)) / 0.3, 0.0), 1.0)
    keys = owner[seen] * 64 + side[seen]
    for key in np.unique(keys):
        own = np.flatnonzero(keys == key)
        part, number = church.parts[key // 64], int(key % 64)
        on = _face(part, number, point[:, own], depth[seen[own]] * (camera.zoom * scene.cell))
        rgb, glow = face_colour(part, church.style, on, lamps, 17.0 * number)
        rgb = rgb * lit[:, own] + lamp_light(glow)
        scene.canvas.rgb[:, seen[own]] = hazed(rgb, scene.sky, 0.05 * depth[seen[own]])


def _normals(church: Church) -> np.ndarray:
    """(parts, 16, 3) normals of the faces of every part."""
    normals = np.zeros((len(church.parts), 16, 3), np.float32)
    for number, part in enumerate(church.parts):
        normals[number, : len(part.solid.normal)] = part.solid.normal
    return normals


def _face(part: Part, number: int, point: np.ndarray, cell: np.ndarray) -> Face:
    solid = part.solid
    return Face(
        u=solid.across[number] @ point - solid.middle[number],
        v=point[1] - solid.low[number],
        cell=cell,
        half=float(solid.half[number]),
        first=number == 0,
    )


def _draw_cross(
    scene: Scene, camera: Camera, tip: tuple[float, float, float], size: float, turn: float
) -> None:
    """A small dark cross on a tip, drawn flat."""
    cos, sin = np.cos(turn), np.sin(turn)
    place = np.array([[tip[0] * cos + tip[2] * sin, tip[1], tip[2] * cos - tip[0] * sin]])
    u, v = (float(c[0]) for c in camera.project(place))
    s = size / ((float(place[0, 2]) + camera.away) * camera.zoom)
    where = scene.box(u - 2 * s, u + 2 * s, v - s, v + 6 * s)
    x, y = scene.canvas.grid.x[where] - u, scene.canvas.grid.y[where] - v
    upright = np.minimum(0.22 * s - np.abs(x), 2.0 * s - np.abs(y - 1.5 * s))
    arms = np.minimum(1.1 * s - np.abs(x), 0.22 * s - np.abs(y - 2.4 * s))
    blur = max(scene.cell, 0.44 * s)
    thin = min(0.44 * s / scene.cell, 1.0)
    alpha = thin * np.maximum(cover(upright, blur), cover(arms, blur))
    scene.canvas.paint(where, colour(50, 46, 40) * scene.sky.ambient, alpha)
