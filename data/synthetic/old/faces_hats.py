"""Beanies, caps and headscarves: cloth shells round the head, made like the hair's."""

from dataclasses import dataclass, replace

import numpy as np

from synthetic.old.canvas import Canvas, bell, colour, smoothstep
from synthetic.old.faces_hair import azimuth, shell_surface
from synthetic.old.faces_hairstyles import Hair, make_hairline, plain_shell
from synthetic.old.faces_head import HeadShape
from synthetic.old.faces_person import Person, Pose
from synthetic.old.lighting import Light, diffuse
from synthetic.old.noise import fbm, fine_noise, visible
from synthetic.old.sampling import chance, choose, uniform

_CLOTH = (
    colour(52, 58, 74), colour(120, 122, 126), colour(150, 52, 50), colour(196, 178, 146),
    colour(70, 84, 66), colour(34, 34, 38), colour(170, 130, 66), colour(110, 84, 104),
    colour(206, 200, 192), colour(70, 104, 130), colour(184, 128, 122),
)  # fmt: skip
_BELOW = -4.0


@dataclass(frozen=True)
class Hat:
    """A head covering; `shell` gives its form and lower edge."""

    kind: str
    rgb: np.ndarray
    shell: Hair
    brim: float
    ribs: float


def sample_hat(rng: np.random.Generator, person: Person) -> Hat | None:
    """A beanie, a cap or a headscarf for about one person in sixteen."""
    worn = chance(rng, 0.065)
    scarf = 0.0 if person.man else 0.45
    kind = choose(rng, {"beanie": 0.4, "cap": 0.3, "scarf": scarf})
    brim = uniform(rng, 0.3, 0.36) if kind == "cap" else uniform(rng, 0.24, 0.31)
    seed = uniform(rng, 0.0, 200.0)
    rgb = _CLOTH[int(rng.integers(len(_CLOTH)))] * uniform(rng, 0.8, 1.2)
    if kind == "scarf":
        oval = {0: 0.4, 22: 0.39, 38: 0.32, 48: 0.16, 54: -0.1, 57: -0.5, 62: _BELOW, 180: _BELOW}
        shell = plain_shell(
            make_hairline(oval), side=0.075, crown=0.075, front=0.04, flare=-0.02, seed=seed
        )
    else:
        level = {0: brim, 40: brim - 0.02, 80: brim - 0.14, 110: -0.05, 180: -0.15}
        high = uniform(rng, 0.06, 0.15) if kind == "beanie" else 0.07
        shell = plain_shell(
            make_hairline(level), side=0.06, crown=high, front=0.055, flare=0.0, seed=seed
        )
    return Hat(kind, rgb, shell, brim, uniform(rng, 5.0, 9.0)) if worn else None


def under_hat(hair: Hair, hat: Hat | None) -> Hair:
    """The hair flattened by a hat, or hidden by a headscarf."""
    if hat is None:
        return hair
    if hat.kind == "scarf":
        return replace(hair, density=0.0, bun=0.0, ears=False)
    return replace(
        hair,
        crown=0.02,
        side=min(hair.side, 0.035 if hair.ears else 0.055),
        front=0.02,
        puff=min(hair.puff, 0.012),
        ceiling=hat.brim + 0.3,
        bun=0.0,
    )


def hat_shadow(hat: Hat, point: np.ndarray) -> np.ndarray:
    """(m,) darkness below the hat on the points (3, m) of the face."""
    inset = hat.shell.margin(azimuth(point), point[1])
    reach = 0.3 if hat.kind == "cap" else 0.1
    return (0.75 if hat.kind == "cap" else 0.6) * smoothstep(-reach, 0.02, inset)


def draw_hat(
    canvas: Canvas, pose: Pose, light: Light, shape: HeadShape, hat: Hat, behind: bool
) -> None:
    """The part of the hat before the head, or what shows of its inside behind the neck."""
    cell = canvas.grid.spacing
    surface = shell_surface(canvas.grid, pose, shape, hat.shell)
    point = surface.back if behind else surface.point
    inset = hat.shell.margin(azimuth(point), point[1])
    alpha = smoothstep(-0.006, 0.012, inset) * surface.alpha
    keep = np.flatnonzero(alpha > 0.01)
    part, inset, alpha = surface.part(keep), inset[keep], alpha[keep]
    point = part.back if behind else part.point
    angle, y = azimuth(point), point[1]
    weave = 1.0 + 0.16 * fbm(angle * 20.0 + hat.shell.seed, y * 34.0, 3, 0.8, 34.0 * cell)
    folds = fbm(angle * 2.0 + 1.2 * y + hat.shell.seed, 3.2 * y - angle, 3, 0.55)
    thick = 0.6 + 0.4 * smoothstep(0.0, 0.03, inset)
    if hat.kind == "beanie":
        rib = np.sin(angle * hat.ribs * 6.0) * visible(hat.ribs * 3.0 * cell)
        stitch = np.sin(y * 110.0) * visible(36.0 * cell)
        band = smoothstep(0.15, 0.14, inset)
        weave = weave * (1.0 + (0.1 + 0.14 * band) * rib + 0.1 * stitch) * (1.0 + 0.12 * band)
        thick = thick * (1.0 - 0.4 * bell((inset - 0.165) / 0.022))
    elif hat.kind == "cap":
        weave = weave * (1.0 - 0.3 * bell(np.sin(angle * 3.0) / 0.07))
    else:
        weave = weave * (1.0 + 0.3 * folds)
        thick = thick * (1.0 - 0.3 * bell((inset - 0.06 - 0.02 * folds) / 0.02))
    tilt = np.stack([0.35 * folds, np.zeros_like(folds), np.zeros_like(folds)])
    normal_xyz = part.normal + (tilt if hat.kind == "scarf" else 0.3 * tilt)
    normal_xyz = normal_xyz / np.sqrt((normal_xyz * normal_xyz).sum(axis=0))
    lit = hat.rgb * weave * diffuse(normal_xyz, light, pose.up, 0.12, thick, thick)
    canvas.paint(part.where, lit * (0.35 if behind else 1.0), alpha)
    if hat.kind == "cap" and not behind:
        _draw_visor(canvas, pose, light, hat)


def _draw_visor(canvas: Canvas, pose: Pose, light: Light, hat: Hat) -> None:
    """The cap's stiff visor, a half ellipse on a plane that slopes down to the front."""
    grid = canvas.grid
    up = np.array([0.0, 0.86, 0.51], dtype=np.float32)
    origin = pose.rays(grid.x, grid.y)
    steep = float(up @ pose.view)
    if steep < 0.08:
        return
    level = 0.86 * (hat.brim + 0.02) + 0.51 * 0.55 - up @ origin
    x = origin[0] + pose.view[0] * (level / steep)
    t = (level - 0.75 * x * x) / steep  # the sides bend down
    x, z = origin[0] + pose.view[0] * t, origin[2] + pose.view[2] * t
    root = z - 0.57 + 1.1 * x * x
    r = np.sqrt((x / 0.42) ** 2 + (np.maximum(z - 0.42, 0.0) / 0.4) ** 2)
    alpha = smoothstep(1.02, 0.98, r) * smoothstep(-0.01, 0.01, root)
    where = np.flatnonzero(alpha > 0.01)
    x, r = x[where], r[where]
    curve = np.stack([1.5 * x, np.full_like(x, 0.86), np.full_like(x, 0.51)])
    curve = curve / np.sqrt((curve * curve).sum(axis=0))
    seam = (1.0 - 0.25 * bell((r - 0.9) / 0.02)) * (1.0 - 0.6 * smoothstep(0.97, 1.0, r))
    seam = seam * (1.0 - 0.55 * smoothstep(0.1, 0.0, root[where]))
    weave = 1.0 + 0.12 * fine_noise(x * 40.0, r * 40.0, 40.0 * grid.spacing)
    lit = hat.rgb * 0.85 * seam * weave * diffuse(curve, light, pose.up, 0.1)
    canvas.paint(where, lit, alpha[where])
