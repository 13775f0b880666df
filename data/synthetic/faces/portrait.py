"""A portrait, painted in layers from the background forwards."""

from dataclasses import replace

import numpy as np

from synthetic.drawing.canvas import Canvas
from synthetic.drawing.lighting import Light, direction, warmth
from synthetic.drawing.sampling import normal, uniform
from synthetic.faces.hair import hair_shadow, paint_cap, paint_falling
from synthetic.faces.head import sample_pose, see_face
from synthetic.faces.person import sample_person
from synthetic.faces.skin import paint_face
from synthetic.faces.surroundings import paint_background, paint_body, paint_ear


def sample_light(rng: np.random.Generator) -> Light:
    """Draw the light of a portrait: a key light from above and one side, and a weaker fill."""
    fill = uniform(rng, 0.28, 0.62)
    tone = normal(rng, 0.15, 0.4)
    sky_rgb = warmth(-0.5 * tone) * fill
    return Light(
        key=direction(normal(rng, 0.0, 0.6), uniform(rng, 0.25, 0.85)),
        key_rgb=warmth(tone) * ((1.15 - 0.8 * fill) * uniform(rng, 0.9, 1.12)),
        sky_rgb=sky_rgb,
        ground_rgb=sky_rgb * warmth(0.5) * uniform(rng, 0.45, 0.75),
    )


def paint_portrait(rng: np.random.Generator, resolution: int) -> np.ndarray:
    """Return one portrait (resolution, resolution, 3) in uint8."""
    person = sample_person(rng)
    pose = sample_pose(rng, person)
    light = sample_light(rng)
    on_head = replace(light, key=pose.to_head(*light.key))
    near = -1.0 if pose.turn[1] > 0.0 else 1.0  # the side whose ear is seen whole
    canvas = Canvas(resolution)
    paint_background(canvas, rng)
    if person.hair.falls:
        paint_falling(canvas, pose, light, person, behind=True)
    paint_body(canvas, rng, pose, light, person)
    if not person.hair.falls:
        paint_ear(canvas, pose, light, person, -near)
    reach = 0.6 * pose.scale
    box = canvas.box(pose.x - reach, pose.x + reach, pose.y - 0.9, pose.y + 0.9)
    seen = see_face(box, pose, person)
    paint_face(canvas, box, seen, on_head, person, hair_shadow(seen, person.hair))
    if person.hair.falls:
        paint_falling(canvas, pose, light, person, behind=False)
    if person.hair.density > 0.0:
        paint_cap(canvas, pose, on_head, person)
    if not person.hair.falls:
        paint_ear(canvas, pose, light, person, near)
    return canvas.to_uint8()
