"""Stand-in for Landscapes: mountains, hills, lakes, plains and deserts under all weathers.

Nothing tells left from right or one piece of the horizon from another (Sec. 4.7 trains on pieces
of a cylinder).
"""

import numpy as np

from synthetic.old.canvas import Canvas, clamp, colour, make_grid, mix, smoothstep
from synthetic.old.landscapes_land import (
    Land,
    canopy,
    ground_colour,
    land_height,
    sample_land,
)
from synthetic.old.noise import far_noise
from synthetic.old.sampling import chance, choose, uniform
from synthetic.old.scene import Palette, Scene, hazed, pick
from synthetic.old.sky import Sky, clear_sky, exposure, sample_sky, sky_colour
from synthetic.old.terrain import VIEW, Seen, View, slopes, trace
from synthetic.old.trees import draw_shadow, draw_tree, sample_tree

_DEEP: Palette = (colour(22, 54, 70), colour(34, 84, 96), colour(30, 42, 50), colour(40, 66, 62))


def draw_landscape(rng: np.random.Generator, resolution: int) -> np.ndarray:
    """One picture (resolution, resolution, 3)."""
    sky = sample_sky(rng)
    land = sample_land(rng)
    scene = Scene(Canvas(make_grid(resolution)), sky, rng)
    view = View(
        scene.canvas.grid,
        horizon=uniform(rng, -0.5, 0.35),
        eye=max(land.base, 0.0) + float(np.exp(uniform(rng, -1.3, 0.2))),
    )
    deep = pick(rng, _DEEP)
    waves = uniform(rng, 0.0, 1.0)

    def height(x: np.ndarray, z: np.ndarray, footprint: np.ndarray) -> np.ndarray:
        ground = land_height(land, x, z, footprint)
        return np.maximum(ground + canopy(land, ground, x, z, footprint)[1], 0.0)

    seen, _ = trace(view, height)
    above = np.ones(scene.canvas.rgb.shape[1], dtype=bool)
    above[seen.where] = False
    open_sky = np.flatnonzero(above)
    cell = scene.cell * VIEW
    scene.canvas.rgb[:, open_sky] = sky_colour(sky, view.directions(open_sky), cell)
    footprint = view.footprint(seen.distance)
    raised, normal = slopes(height, seen, footprint)
    dry = raised > 0.0
    _draw_ground(scene, view, land, _part(seen, dry), raised[dry], normal[:, dry])
    _draw_water(scene, view, _part(seen, ~dry), deep, waves, land.seed)
    _draw_trees(scene, view, land)
    return scene.canvas.to_uint8(uniform(rng, 0.9, 1.1) * exposure(sky))


def _part(seen: Seen, keep: np.ndarray) -> Seen:
    return Seen(seen.where[keep], seen.x[keep], seen.z[keep], seen.distance[keep])


def _draw_ground(
    scene: Scene, view: View, land: Land, seen: Seen, raised: np.ndarray, normal: np.ndarray
) -> None:
    sky = scene.sky
    footprint = view.footprint(seen.distance)
    ground = land_height(land, seen.x, seen.z, footprint)
    wooded, _ = canopy(land, ground, seen.x, seen.z, footprint)
    rgb = ground_colour(land, (seen.x, seen.z), ground, normal, wooded, footprint)
    facing = np.maximum((sky.sun @ normal + 0.06) / 1.06, 0.0)
    facing = facing * _sunlit(land, sky, seen, ground, footprint)
    hollow = clamp(1.0 + 1.2 * (raised - ground - 0.09 * wooded), 0.55, 1.2)
    lit = sky.sun_rgb * facing + sky.ambient * ((0.55 + 0.45 * normal[1]) * hollow)
    air = clear_sky(sky, view.directions(seen.where) * np.array([[1.0], [0.0], [1.0]], np.float32))
    scene.canvas.rgb[:, seen.where] = hazed(rgb * lit, sky, seen.distance, air)


def _sunlit(
    land: Land, sky: Sky, seen: Seen, ground: np.ndarray, footprint: np.ndarray
) -> np.ndarray:
    """Share of the sun (m,) that hills and clouds let through."""
    lit = np.ones_like(ground)
    rise = max(float(sky.sun[1]), 0.04) / float(np.hypot(sky.sun[0], sky.sun[2]) + 1e-3)
    for step in (0.4, 1.0, 2.2):
        along = step * (0.5 + 0.08 * seen.distance)
        x, z = seen.x + sky.sun[0] * along, seen.z + sky.sun[2] * along
        over = land_height(land, x, z, footprint + along) - ground - rise * along
        lit = lit * smoothstep(0.12 * along, -0.04 * along, over)
    clouds = far_noise(seen.x * 0.12 + sky.seed[0], seen.z * 0.12, 3, 0.5, footprint * 0.12)
    return lit * (1.0 - 0.65 * sky.cover * smoothstep(0.2, -0.3, clouds))


def _draw_water(
    scene: Scene, view: View, seen: Seen, deep: np.ndarray, waves: float, seed: tuple[float, float]
) -> None:
    """Level water that mirrors what stands above the horizon, broken by ripples."""
    if not len(seen.where):
        return
    grid, sky = scene.canvas.grid, scene.sky
    footprint = view.footprint(seen.distance)
    long = footprint * seen.distance / max(view.eye, 0.1)  # seen at a slant
    ripple = far_noise(seen.x * 5.0 + seed[0], seen.z * 5.0, 6, 0.7, 0.5 * (footprint + long) * 5.0)
    row = 2.0 * view.horizon - grid.y[seen.where]
    row = row + (0.02 + 0.16 * waves) * ripple * (0.3 + row - view.horizon)
    line = np.rint((1.0 - clamp(row, -1.0, 1.0 - grid.spacing)) * grid.side / 2.0 - 0.5)
    column = seen.where % grid.side
    source = np.maximum(line.astype(np.intp), 0) * grid.side + column
    mirrored = scene.canvas.rgb[:, source]
    ray = view.directions(seen.where) * np.array([[1.0], [-1.0], [1.0]], np.float32)
    beyond = smoothstep(0.9, 1.0, row)  # what the picture's edge cuts off
    mirrored = mix(mirrored, clear_sky(sky, ray), beyond)
    shine = 0.06 + 0.94 * (1.0 - clamp(ray[1] * (1.0 + 0.3 * ripple), 0.0, 1.0)) ** 4
    body = deep * (sky.ambient + 0.25 * sky.sun_rgb) * (1.0 + 0.3 * ripple)
    glint = np.maximum(sky.sun @ ray, 0.0) ** 60 * np.maximum(ripple, 0.0)
    rgb = mix(body, mirrored, shine) + sky.sun_rgb * (0.6 * glint)
    scene.canvas.rgb[:, seen.where] = hazed(rgb, sky, seen.distance, clear_sky(sky, ray))


def _draw_trees(scene: Scene, view: View, land: Land) -> None:
    """Single trees near the viewer, the far ones first; those behind a rise are left out."""
    rng = scene.rng
    if land.kind in ("dunes", "canyon") or chance(rng, 0.25):
        return
    count = int(rng.integers(4, 36))
    away = np.exp(rng.uniform(0.3, 2.4, count)).astype(np.float32)
    bearing = (VIEW * rng.uniform(-1.2, 1.2, count)).astype(np.float32)
    foot, stands = _feet(view, land, away, bearing, uniform(rng, 0.0, 200.0))
    kind = choose(rng, {"conifer": 0.5, "broad": 0.33, "bush": 0.17})
    for i in map(int, np.argsort(-away)):
        tree = sample_tree(rng, None if chance(rng, 0.25) else kind)
        tall = uniform(rng, 0.3, 0.8) * (0.25 if tree.kind == "bush" else 1.0)
        if stands[i]:
            place = (float(bearing[i]) / VIEW, float(foot[i]))
            far = float(away[i])
            size = float(view.row(tall, far) - view.row(0.0, far))
            draw_shadow(scene, place, size, 0.25)
            draw_tree(scene, tree, place, size, far)


def _feet(
    view: View, land: Land, away: np.ndarray, bearing: np.ndarray, grove: float
) -> tuple[np.ndarray, np.ndarray]:
    """Rows (n,) of the trees' feet, and which of them stand on dry ground in full view."""
    along = np.linspace(0.15, 1.0, 30, dtype=np.float32)[:, None] * away
    x, z = along * np.sin(bearing), along * np.cos(bearing)
    ground = land_height(land, x, z, np.full_like(x, 0.05))
    row = view.row(np.maximum(ground, 0.0), along)
    patch = far_noise(x[-1] * 0.5 + grove, z[-1] * 0.5, 2, 0.5, 0.0)
    stands = (ground[-1] > 0.04) & (row[-1] > row.max(axis=0) - 0.01) & (patch > -0.15)
    return row[-1], stands
