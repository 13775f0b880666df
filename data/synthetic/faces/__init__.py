"""Synthetic faces in place of FFHQ: aligned portraits, painted from the background forwards."""

from dataclasses import replace

import numpy as np

from synthetic.drawing.canvas import Canvas
from synthetic.drawing.lighting import sample_light
from synthetic.faces.hair import paint_cap, paint_falling
from synthetic.faces.head import sample_pose
from synthetic.faces.person import sample_person
from synthetic.faces.skin import paint_face
from synthetic.faces.surroundings import paint_background, paint_body, paint_ear


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
    paint_face(canvas, pose, on_head, person)
    if person.hair.falls:
        paint_falling(canvas, pose, light, person, behind=False)
    if person.hair.density > 0.0:
        paint_cap(canvas, pose, on_head, person)
    if not person.hair.falls:
        paint_ear(canvas, pose, light, person, near)
    return canvas.to_uint8()
