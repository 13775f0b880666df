"""Stand-in for FFHQ: procedural portraits, aligned by eyes and mouth."""

from dataclasses import replace

import numpy as np

from synthetic.old.backgrounds import draw_background
from synthetic.old.canvas import Canvas, make_grid
from synthetic.old.faces_body import draw_body, sample_clothes
from synthetic.old.faces_extras import (
    Ears,
    draw_ear,
    draw_glasses,
    sample_ears,
    sample_glasses,
)
from synthetic.old.faces_features import sample_brows, sample_eyes, sample_mouth
from synthetic.old.faces_hair import (
    draw_back_hair,
    draw_hair,
    hair_shadow,
    shell_surface,
)
from synthetic.old.faces_haircuts import sample_hair
from synthetic.old.faces_hats import draw_hat, hat_shadow, sample_hat, under_hat
from synthetic.old.faces_head import HeadShape, head_surface, sample_head
from synthetic.old.faces_person import Person, Pose, sample_person, sample_pose
from synthetic.old.faces_skin import bearded, draw_face, sample_beard, sample_skin
from synthetic.old.lighting import Light, sample_light, turned


def draw_portrait(rng: np.random.Generator, resolution: int) -> np.ndarray:
    """One portrait (resolution, resolution, 3), laid down from the background forwards."""
    person = sample_person(rng)
    pose = sample_pose(rng)
    light = sample_light(rng)
    shape = sample_head(rng, person)
    skin = sample_skin(rng, person)
    beard = sample_beard(rng, person)
    mouth = sample_mouth(rng, person)
    eyes = sample_eyes(rng, person, mouth.smile, pose.yaw)
    brows = sample_brows(rng, person)
    hair = sample_hair(rng, person)
    clothes = sample_clothes(rng, person)
    ears = sample_ears(rng, person)
    glasses = sample_glasses(rng, person)
    hat = sample_hat(rng, person)
    hair = under_hat(hair, hat)
    if hat is not None and hat.kind == "scarf":
        clothes = replace(clothes, neckline="turtle")
    canvas = Canvas(make_grid(resolution))

    on_head = turned(light, pose.rotation)
    shell = shell_surface(canvas.grid, pose, shape, hair)
    head = head_surface(canvas.grid, pose, bearded(shape, beard))
    seen = np.ones(canvas.rgb.shape[1], dtype=bool)
    seen[head.where[head.alpha > 0.99]] = False
    draw_background(canvas, rng, seen)
    draw_back_hair(canvas, shell, pose, on_head, person, shape, hair, seen)
    if hat is not None:
        draw_hat(canvas, pose, on_head, shape, hat, behind=True)
    draw_body(canvas, pose, light, person, shape, clothes, seen)
    shade = hair_shadow(hair, head, on_head.key)
    if hat is not None:
        shade = np.maximum(shade, hat_shadow(hat, head.point))
    draw_face(canvas, head, pose, on_head, person, shape, skin, beard, (eyes, brows, mouth), shade)
    if glasses is not None:
        draw_glasses(canvas, pose, on_head, shape, glasses)
    draw_hair(canvas, shell, pose, on_head, person, shape, hair)
    if hair.ears:
        _draw_ears(canvas, pose, light, person, shape, ears)
    if hat is not None:
        draw_hat(canvas, pose, on_head, shape, hat, behind=False)
    return canvas.to_uint8()


def _draw_ears(
    canvas: Canvas, pose: Pose, light: Light, person: Person, shape: HeadShape, ears: Ears
) -> None:
    for side in (-1, 1):
        draw_ear(canvas, pose, light, person, shape, ears, side)
