"""What stands round a church: its ground, trees, the line of woods on the horizon."""

from dataclasses import dataclass

import numpy as np

from synthetic.old.canvas import clamp, colour, mix, smoothstep
from synthetic.old.church_parts import Church
from synthetic.old.noise import far_noise
from synthetic.old.sampling import uniform
from synthetic.old.scene import Palette, Scene, cover, hazed
from synthetic.old.sky import clear_sky
from synthetic.old.solids import shaded
from synthetic.old.trees import draw_tree, sample_tree

_LAWN: Palette = (colour(96, 118, 56), colour(120, 128, 70), colour(82, 106, 52))
_PAVED: Palette = (colour(150, 144, 136), colour(126, 122, 118), colour(170, 158, 140),
                   colour(104, 104, 106))  # fmt: skip
_SNOWY: Palette = (colour(228, 232, 240),)
_WOODS: Palette = (colour(58, 76, 44), colour(72, 86, 52), colour(46, 62, 44), colour(120, 96, 54))


@dataclass(frozen=True)
class Camera:
    """At (x, eye, -away); `zoom` is the tangent of half the field of view; verticals stay upright.

    `horizon` is its height in the picture.
    """

    x: float
    eye: float
    away: float
    zoom: float
    horizon: float

    @property
    def place(self) -> np.ndarray:
        """(3, 1) position."""
        return np.array([[self.x], [self.eye], [-self.away]], np.float32)

    def rays(self, scene: Scene) -> np.ndarray:
        """(3, n) ways through the samples, of length 1 along z."""
        grid = scene.canvas.grid
        rise = (grid.y - np.float32(self.horizon)) * np.float32(self.zoom)
        return np.stack([grid.x * np.float32(self.zoom), rise, np.ones_like(rise)])

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Picture coordinates (c,) of points (c, 3)."""
        depth = (points[:, 2] + self.away) * self.zoom
        return (points[:, 0] - self.x) / depth, (points[:, 1] - self.eye) / depth + self.horizon


def draw_woods(scene: Scene, camera: Camera) -> None:
    """A far line of trees or roofs along the horizon."""
    grid, rng = scene.canvas.grid, scene.rng
    high, seed = uniform(rng, 0.0, 0.22), uniform(rng, 0.0, 200.0)
    rough = far_noise(grid.x * 3.0 + seed, grid.y * 3.0, 5, 0.7, 3.0 * scene.cell)
    top = camera.horizon + high * (
        0.8 + 0.5 * far_noise(grid.x * 1.3 + seed, 0.0 * grid.x, 2, 0.5, 0.0)
    )
    alpha = cover(top + 0.3 * high * rough - grid.y, scene.cell)
    where = np.flatnonzero(alpha)
    light = scene.sky.ambient + scene.sky.sun_rgb * (0.35 * max(float(scene.sky.sun[1]), 0.1))
    rgb = hazed(scene.pick(_WOODS) * light * np.exp(0.7 * rough[where]), scene.sky, 12.0)
    scene.canvas.paint(where, rgb, alpha[where])


def draw_ground(scene: Scene, camera: Camera, church: Church, ray: np.ndarray) -> None:
    """Grass, paving or snow with a path to the door, and the church's shadow on it."""
    rng, sky = scene.rng, scene.sky
    where = np.flatnonzero(ray[1] < -1e-4)
    reach = np.minimum(-camera.eye / ray[1, where], 2000.0)
    x, z = camera.x + ray[0, where] * reach, reach - camera.away
    cell = reach * (camera.zoom * scene.cell)
    slant = cell * clamp(reach / camera.eye, 1.0, 40.0)
    seed = uniform(rng, 0.0, 200.0)
    broad = far_noise(x * 0.08 + seed, z * 0.08, 4, 0.6, 0.08 * 0.5 * (cell + slant))
    fine = far_noise(x * 1.3 + seed, z * 1.3, 5, 0.8, 1.3 * 0.5 * (cell + slant))
    kind = uniform(rng, 0.0, 1.0)
    base = _LAWN if kind < 0.55 else _PAVED if kind < 0.92 else _SNOWY
    rough = 0.5 if base is _LAWN else 0.22
    rgb = mix(scene.pick(base), scene.pick(base), smoothstep(-0.4, 0.4, broad))
    rgb = rgb * np.exp(rough * fine + 0.2 * broad)
    bend = 2.5 * np.sin(z * 0.05 + seed)
    path = cover(uniform(rng, 1.2, 2.6) - np.abs(x - bend), cell)
    rgb = mix(rgb, scene.pick(_PAVED) * (1.0 + 0.2 * fine), 0.85 * path)
    points = np.stack([x, np.full_like(x, 0.02), z])
    near = np.flatnonzero(reach < 3.0 * camera.away)
    sunny = np.ones_like(x)
    sunny[near] = ~shaded([p.solid for p in church.parts[:8]], points[:, near], sky.sun)
    lit = sky.sun_rgb * (sunny * max(float(sky.sun[1]), 0.03)) + sky.ambient
    level = np.array([[1.0], [0.0], [1.0]], np.float32) * ray[:, where]
    haze = clear_sky(sky, level / np.sqrt((level * level).sum(axis=0)))
    scene.canvas.rgb[:, where] = hazed(rgb * lit, sky, 0.02 * reach, haze)


def draw_trees(scene: Scene, camera: Camera, behind: bool) -> None:
    """Trees and bushes: behind the church, or before it and mostly at the sides."""
    rng = scene.rng
    for _ in range(int(rng.integers(0, 9 if behind else 4))):
        tree = sample_tree(rng)
        aside = uniform(rng, -1.2, 1.2)
        depth = camera.away + (
            uniform(rng, 25.0, 60.0) if behind else -uniform(rng, 0.0, 0.35) * camera.away
        )
        tall = uniform(rng, 5.0, 13.0) * (0.2 if tree.kind == "bush" else 1.0)
        if not behind:
            aside = (
                float(np.sign(aside)) * (0.5 + 0.55 * abs(aside)) if tree.kind != "bush" else aside
            )
        scale = 1.0 / (depth * camera.zoom)
        foot = (aside, camera.horizon - camera.eye * scale)
        draw_tree(scene, tree, foot, tall * scale, 0.05 * depth)
