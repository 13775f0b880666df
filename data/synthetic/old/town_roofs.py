"""Roofs from above and the shadows of what they belong to."""

from dataclasses import dataclass

import numpy as np

from synthetic.old.canvas import clamp, colour, mix
from synthetic.old.noise import fbm, visible
from synthetic.old.sampling import chance, uniform
from synthetic.old.scene import Palette, Scene, cover
from synthetic.old.town import Building, Town

TILES: Palette = (colour(154, 84, 62), colour(172, 104, 76), colour(120, 70, 58),
                  colour(92, 84, 80), colour(116, 112, 110), colour(136, 118, 100),
                  colour(78, 78, 84), colour(160, 132, 104))  # fmt: skip
SHEETS: Palette = (colour(196, 194, 190), colour(160, 158, 156), colour(130, 128, 126),
                   colour(214, 212, 206), colour(104, 102, 104), colour(150, 140, 126),
                   colour(120, 138, 148), colour(168, 120, 100))  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """Samples `where` (m,) near a building; (u, v): metres along and across from its middle."""

    where: np.ndarray
    u: np.ndarray
    v: np.ndarray


def plan_of(scene: Scene, town: Town, building: Building, reach: float) -> Plan:
    """The samples within `reach` metres of a building's middle."""
    x, y = town.picture(building.s, building.t)
    r = reach / town.half
    where = scene.box(x - r, x + r, y - r, y + r)
    angle = town.angle + building.turn
    dx = (scene.canvas.grid.x[where] - np.float32(x)) * np.float32(town.half)
    dy = (scene.canvas.grid.y[where] - np.float32(y)) * np.float32(town.half)
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return Plan(where, dx * cos + dy * sin, dy * cos - dx * sin)


def _sunward(scene: Scene, angle: float) -> tuple[float, float, float]:
    """Direction of the sun along, across and above something turned by `angle`."""
    right, up, away = map(float, scene.sky.sun)
    cos, sin = float(np.cos(angle)), float(np.sin(angle))
    return right * cos + away * sin, away * cos - right * sin, up


def draw_shadows(scene: Scene, town: Town, buildings: list[Building]) -> None:
    """Darken the ground from which buildings hide the sun, wherever several do just once."""
    shade = np.zeros(scene.canvas.rgb.shape[1], np.float32)
    for building in buildings:
        where, covered = _shadow(scene, town, building)
        shade[where] = np.maximum(shade[where], covered)
    where = np.flatnonzero(shade)
    scene.canvas.darken(where, 1.0 - 0.9 * sun_share(scene) * shade[where])


def sun_share(scene: Scene) -> float:
    """Share of the light on level ground that comes from the sun and not from the sky."""
    direct = float(scene.sky.sun_rgb.mean()) * float(scene.sky.sun[1])
    return direct / (direct + float(scene.sky.ambient.mean()))


def _shadow(scene: Scene, town: Town, building: Building) -> tuple[np.ndarray, np.ndarray]:
    """Samples (m,) and their share in shadow: there a ray to the sun meets the box."""
    along, across, up = _sunward(scene, town.angle + building.turn)
    throw = building.height / max(up, 0.25)
    along, across = along * throw, across * throw
    far = float(np.hypot(building.length, building.width) + np.hypot(along, across))
    plan = plan_of(scene, town, building, far + 1.0)
    first, last = np.zeros_like(plan.u), np.ones_like(plan.u)
    for place, run, half in ((plan.u, along, building.length), (plan.v, across, building.width)):
        run = run if abs(run) > 1e-3 else 1e-3
        near, away = (-half - place) / run, (half - place) / run
        first = np.maximum(first, np.minimum(near, away))
        last = np.minimum(last, np.maximum(near, away))
    inside = (last - first) * float(np.hypot(along, across))
    return plan.where, cover(inside, 1.2 * scene.cell * town.half)


def draw_roof(scene: Scene, town: Town, building: Building, rgb: np.ndarray) -> None:
    """The roof in the light of the sun, with courses of tiles or what stands on flat roofs."""
    cell = scene.cell * town.half
    plan = plan_of(scene, town, building, float(np.hypot(building.length, building.width)) + 1.0)
    inside_u, inside_v = building.length - np.abs(plan.u), building.width - np.abs(plan.v)
    alpha = cover(np.minimum(inside_u, inside_v), cell)
    slope_u, slope_v = _slopes(building, plan, inside_u, inside_v)
    along, across, up = _sunward(scene, town.angle + building.turn)
    steep = np.sqrt(1.0 + slope_u**2 + slope_v**2)
    facing = np.maximum((up - along * slope_u - across * slope_v) / steep, 0.0)
    lit = scene.sky.sun_rgb * facing + scene.sky.ambient / steep
    seed = uniform(scene.rng, 0.0, 200.0)
    grime = fbm(plan.u * 0.35 + seed, plan.v * 0.35, 5, 0.7, 0.35 * cell)
    rgb = rgb * (1.0 + 0.28 * grime)
    if building.roof in ("flat", "saw"):
        rgb = _flat_top(scene, building, plan, rgb, (inside_u, inside_v), cell)
    else:
        down = np.where(slope_u != 0.0, plan.u, plan.v)
        rgb = rgb * (1.0 + 0.12 * visible(2.2 * cell) * np.sin(down * 14.0))
        rgb = _on_tiles(scene, building, plan, rgb, cell)
    scene.canvas.paint(plan.where, rgb * lit, alpha)


def _slopes(
    building: Building, plan: Plan, inside_u: np.ndarray, inside_v: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rise of the roof (m,) along and across the building."""
    flat = np.zeros_like(plan.u)
    if building.roof == "flat":
        return flat, flat
    if building.roof == "saw":
        tooth = plan.u / 5.0 - np.floor(plan.u / 5.0)
        return np.where(tooth < 0.75, np.float32(0.4), np.float32(-1.2)), flat
    pitch = np.float32(0.62)
    if building.roof == "gable":
        return flat, -pitch * np.sign(plan.v)
    ends = inside_u < inside_v
    return np.where(ends, -pitch * np.sign(plan.u), 0.0), np.where(
        ends, 0.0, -pitch * np.sign(plan.v)
    )


def rectangle(plan: Plan, u: float, v: float, a: float, b: float, cell: float) -> np.ndarray:
    return cover(np.minimum(a - np.abs(plan.u - u), b - np.abs(plan.v - v)), cell)


def _flat_top(
    scene: Scene,
    building: Building,
    plan: Plan,
    rgb: np.ndarray,
    inside: tuple[np.ndarray, np.ndarray],
    cell: float,
) -> np.ndarray:
    """A parapet with its inner shade, ventilators, skylights."""
    rng = scene.rng
    edge = np.minimum(*inside)
    rgb = mix(rgb, rgb * 0.72, cover(1.3 - edge, cell))
    rgb = mix(rgb, rgb * 1.5, cover(0.45 - edge, cell))
    area = building.length * building.width
    for _ in range(min(int(area / 14.0 * uniform(rng, 0.2, 1.2)), 14)):
        size = uniform(rng, 0.6, 1.6)
        u = uniform(rng, -0.85, 0.85) * max(building.length - size, 0.0)
        v = uniform(rng, -0.85, 0.85) * max(building.width - size, 0.0)
        long = size * uniform(rng, 0.8, 2.0)
        rgb = rgb * (1.0 - 0.45 * rectangle(plan, u - 0.4, v - 0.4, long + 0.3, size + 0.3, cell))
        top = colour(208, 208, 206) if chance(rng, 0.7) else colour(60, 74, 88)
        rgb = mix(rgb, top, rectangle(plan, u, v, long, size, cell))
    return rgb


def _on_tiles(
    scene: Scene, building: Building, plan: Plan, rgb: np.ndarray, cell: float
) -> np.ndarray:
    """A light ridge, a chimney, now and then solar panels."""
    rng = scene.rng
    ridge = building.length if building.roof == "gable" else building.length - building.width
    rgb = mix(rgb, rgb * 1.25, 0.7 * rectangle(plan, 0.0, 0.0, max(ridge, 0.0), 0.22, cell))
    u, v = uniform(rng, -0.7, 0.7) * building.length, uniform(rng, 0.15, 0.5) * building.width
    if chance(rng, 0.6):
        rgb = rgb * (1.0 - 0.5 * rectangle(plan, u - 0.5, v - 0.5, 0.8, 0.8, cell))
        rgb = mix(rgb, colour(160, 132, 118), rectangle(plan, u, v, 0.45, 0.45, cell))
    if chance(rng, 0.14) and building.width > 3.0:
        panel = colour(34, 42, 64) * (1.0 + 0.3 * clamp(np.sin(plan.u * 6.0) * 9.0 - 8.0, 0.0, 1.0))
        cells = rectangle(plan, -0.3 * u, -0.5 * building.width, 0.5 * building.length, 1.4, cell)
        rgb = mix(rgb, panel, cells)
    return rgb
