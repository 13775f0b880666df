"""Stand-in for Satellite-Buildings: roofs, gardens and streets from above, at any angle."""

from dataclasses import replace

import numpy as np

from synthetic.old.canvas import Canvas, clamp, colour, make_grid, mix, smoothstep
from synthetic.old.noise import fbm
from synthetic.old.sampling import chance, uniform
from synthetic.old.scene import Palette, Scene, cover, pick
from synthetic.old.sky import sample_sky
from synthetic.old.town import Building, Town, sample_buildings, sample_town
from synthetic.old.town_ground import ground_colour
from synthetic.old.town_roofs import (
    SHEETS,
    TILES,
    draw_roof,
    draw_shadows,
    plan_of,
    sun_share,
)
from synthetic.old.town_surface import sample_surface

_CROWNS: Palette = (colour(62, 82, 44), colour(80, 98, 52), colour(48, 68, 42), colour(96, 106, 62),
                    colour(104, 92, 52))  # fmt: skip
_POOL, _EDGE = colour(84, 190, 206), colour(206, 200, 188)


def draw_satellite_buildings(rng: np.random.Generator, resolution: int) -> np.ndarray:
    """One picture (resolution, resolution, 3)."""
    sky = sample_sky(rng, {"noon": 0.45, "afternoon": 0.4, "golden": 0.05, "overcast": 0.1})
    town = sample_town(rng)
    surface = sample_surface(rng, town)
    scene = Scene(Canvas(make_grid(resolution)), sky, rng)
    grid, metre = scene.canvas.grid, scene.cell * town.half
    s, t = town.plan(grid.x, grid.y)
    rgb = ground_colour(rng, town, surface, s, t, metre)
    scene.canvas.rgb[:] = rgb * (sky.sun_rgb * max(float(sky.sun[1]), 0.05) + sky.ambient)
    buildings = sample_buildings(rng, town)
    trees = _sample_trees(rng, town, buildings)
    if town.zone == "suburb":
        _draw_pools(scene, town, buildings)
    draw_shadows(scene, town, buildings)
    low = [tree for tree in trees if tree[2] < 2.6]
    for tree in low:
        _draw_tree(scene, town, *tree)
    roofs = [pick(rng, SHEETS if town.zone == "works" else TILES) for _ in range(3)]
    for building in buildings:
        palette = SHEETS if building.roof in ("flat", "saw") else tuple(roofs)
        draw_roof(scene, town, building, pick(rng, palette, 0.2))
    for tree in trees[len(low) :]:
        _draw_tree(scene, town, *tree)
    return scene.canvas.to_uint8(uniform(rng, 0.85, 1.1))


def _sample_trees(
    rng: np.random.Generator, town: Town, buildings: list[Building]
) -> list[tuple[float, float, float]]:
    """Middles and radii, small trees first; none in a house or on a street."""
    amount = {"suburb": 42, "terraces": 22, "slabs": 34, "works": 10, "farm": 24}[town.zone]
    patch, trees = uniform(rng, 0.0, 200.0), []
    for _ in range(int(amount * uniform(rng, 0.3, 1.6))):
        x, y = uniform(rng, -1.15, 1.15), uniform(rng, -1.15, 1.15)
        s, t = (float(p[0]) for p in town.plan(np.array([x]), np.array([y])))
        radius = uniform(rng, 1.2, 4.6)
        street = min(abs(p - b * round(p / b)) for p, b in zip((s, t), town.block, strict=True))
        free = street > town.street / 2.0 + 0.4 * radius and not any(
            b.covers(s, t, 0.6 * radius) for b in buildings
        )
        grove = fbm(np.array([s * 0.03 + patch]), np.array([t * 0.03]), 2)[0]
        if free and grove > -0.3:
            trees.append((s, t, radius))
    return sorted(trees, key=lambda tree: tree[2])


def _draw_tree(scene: Scene, town: Town, s: float, t: float, radius: float) -> None:
    """A ragged crown, lit on the side of the sun, and its shadow."""
    x, y = town.picture(s, t)
    sun, cell = scene.sky.sun, scene.cell * town.half
    throw = 1.1 * radius / max(float(sun[1]), 0.3)
    reach = (1.5 * radius + throw) / town.half
    where = scene.box(x - reach, x + reach, y - reach, y + reach)
    u = (scene.canvas.grid.x[where] - np.float32(x)) * np.float32(town.half)
    v = (scene.canvas.grid.y[where] - np.float32(y)) * np.float32(town.half)
    leaf, seed = pick(scene.rng, _CROWNS, 0.2), uniform(scene.rng, 0.0, 200.0)
    rough = fbm(u * 0.9 + seed, v * 0.9, 4, 0.75, 0.9 * cell)
    shadow = radius * (1.0 + 0.2 * rough)
    shadow = shadow - np.hypot(u + float(sun[0]) * throw, v + float(sun[2]) * throw)
    scene.canvas.darken(where, 1.0 - 0.8 * sun_share(scene) * cover(shadow, 1.5 * cell))
    crown = cover(radius * (1.0 + 0.3 * rough) - np.hypot(u, v), cell)
    facing = clamp(0.55 + 0.5 * (u * float(sun[0]) + v * float(sun[2])) / radius, 0.1, 1.2)
    lit = scene.sky.sun_rgb * facing + scene.sky.ambient
    scene.canvas.paint(where, leaf * lit * np.exp(0.7 * rough), crown)


def _draw_pools(scene: Scene, town: Town, buildings: list[Building]) -> None:
    """A swimming pool behind some of the houses."""
    rng = scene.rng
    light = scene.sky.sun_rgb * 0.8 + scene.sky.ambient
    for house in buildings:
        if house.height < 4.0 or not chance(rng, 0.12):
            continue
        side = float(np.sign(house.s - town.block[0] * round(house.s / town.block[0])))
        long, wide = uniform(rng, 3.0, 4.5), uniform(rng, 1.6, 2.4)
        pool = replace(house, s=house.s + side * uniform(rng, 9.0, 12.0), length=long, width=wide)
        plan, cell = plan_of(scene, town, pool, long + 4.0), scene.cell * town.half
        out = [np.maximum(np.abs(p) - h + 1.0, 0) for p, h in ((plan.u, long), (plan.v, wide))]
        bulk = np.hypot(*out)  # distance from the middle of rounded corners
        scene.canvas.paint(plan.where, _EDGE * light, cover(2.2 - bulk, cell))
        deep = mix(_POOL, _POOL * 0.6, smoothstep(-long, long, plan.u))
        scene.canvas.paint(plan.where, deep * light, cover(1.0 - bulk, cell))
