"""`cips latents`: between latents and layer by layer (Sec. 4.6, App. D; Fig. 10, 19)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from cipslib.analysis.mixing import PROPERTIES, specialisation, transfers
from cipslib.analysis.smoothness import (
    cross_fades,
    flat,
    interpolation_paths,
    midway_contrast,
    path_smoothness,
)
from cipslib.metrics.measurement import Measurements, measurements_to_json
from cipslib.networks.generator import Generator
from cipslib.sampling.latents import LATENT_SPACES, level_groups, level_layers, mix, sample_w
from cipslib.sampling.synthesis import render, sample
from cipslib.utils.shapes import Float, UInt8
from replication.measurements.common.run import Measured, measured, plane_subject, write_run
from replication.measurements.common.trained_run import Subject
from replication.profile.profile import Profile
from replication.profile.results import Arrays

PATHS, POINTS = 32, 17  # of interpolation; 16 steps
PAIRS = 200  # of mixing
SHOWN = 6  # rows of each figure
FRAMES = slice(None, None, 2)  # points of a path that are shown
GROUPS = ("early", "middle", "late")


@dataclass(frozen=True)
class Part:
    """Of one figure."""

    numbers: Measurements
    arrays: Arrays


def latents_run(profile: Profile, name: str) -> Path:
    """Write numbers.json and pictures.safetensors to one folder; returns the path of the first.

    Of a run that the profile leaves out: why. Raises UserError if generator or data are missing,
    or the generator is StyleGAN2, of a cylinder, or of fewer than three levels.
    """
    return write_run(profile, name, profile.paths.latents(name), _measure)


def _measure(profile: Profile, name: str) -> Measured:
    subject, generator = plane_subject(profile, name)
    groups = dict(zip(GROUPS, level_groups(generator), strict=True))
    parts = (_interpolation(subject, generator), _mixing(subject, generator, groups))
    content = {
        **measurements_to_json({**parts[0].numbers, **parts[1].numbers}),
        "steps": POINTS - 1,
        "levels": len(level_layers(generator)),
        "groups": groups,
    }
    return subject, content, {**parts[0].arrays, **parts[1].arrays}


def _interpolation(subject: Subject, generator: Generator) -> Part:
    seed = subject.config.seed
    numbers: Measurements = {"unevenness": {}, "jumps": {}, "midway_contrast": {}}

    def add(kind: str, paths: Float[np.ndarray, "paths points h w 3"]) -> None:
        found, how = path_smoothness(flat(paths), seed), {"paths": PATHS, "steps": POINTS - 1}
        for measure, value in (("unevenness", found.unevenness), ("jumps", found.jumps)):
            numbers[measure][kind] = measured(subject, f"{measure} of paths", value, **how)
        if not kind.startswith("unrelated"):
            value = midway_contrast(paths, seed)
            numbers["midway_contrast"][kind] = measured(subject, "contrast midway", value, **how)

    strips = {}
    for space in LATENT_SPACES:
        paths = interpolation_paths(generator, seed, PATHS, POINTS, space)
        strips[f"strips.{space}"] = _bytes(paths[:SHOWN, FRAMES])
        add(space, paths)
    fades = cross_fades(paths)
    add("cross-fade", fades)
    generated = sample(generator, PATHS * POINTS, seed)
    add("unrelated generated", _chains(generated))
    draws = np.random.default_rng(seed)
    real = [draws.choice(subject.chosen, POINTS, replace=False) for _ in range(PATHS)]
    add("unrelated real", _chains(np.array(subject.real[np.concatenate(real)])))
    return Part(numbers, {**strips, "strips.cross-fade": _bytes(fades[:SHOWN, FRAMES])})


def _chains(pictures: UInt8[np.ndarray, "_ h w 3"]) -> Float[np.ndarray, "paths points h w 3"]:
    """Pictures that have nothing to do with each other, in the place of paths."""
    chains = pictures.astype(np.float32) / 255
    return chains.reshape(PATHS, POINTS, *pictures.shape[1:])


def _bytes(paths: Float[np.ndarray, "*any"]) -> UInt8[np.ndarray, "*any"]:
    return np.rint(255 * paths.clip(0, 1)).astype(np.uint8)


def _mixing(subject: Subject, generator: Generator, groups: dict[str, tuple[int, ...]]) -> Part:
    seed = subject.config.seed
    w = sample_w(generator, 2 * PAIRS, seed)
    first, second = w[0::2], w[1::2]
    a, b = render(generator, first), render(generator, second)
    mixed = {
        group: render(generator, mix(generator, first, second, levels))
        for group, levels in groups.items()
    }
    numbers: Measurements = {}
    for group, by_property in transfers(a, b, mixed, seed).items():
        for name in PROPERTIES:
            measure = f"transfer of {name}"
            number = measured(subject, measure, by_property[name], pairs=PAIRS)
            numbers.setdefault(measure.replace(" ", "_"), {})[group] = number
    weak, strong = (render(generator, torch.lerp(first, second, share)) for share in (1 / 3, 2 / 3))
    found = {
        "groups": specialisation(a, b, mixed["early"], mixed["late"], seed),
        "control": specialisation(a, b, weak, strong, seed),
    }
    numbers["specialisation"] = {
        kind: measured(subject, "specialisation of layer groups", value, pairs=PAIRS)
        for kind, value in found.items()
    }
    arrays = {"mixing.A": a, "mixing.B": b, **{f"mixing.{g}": p for g, p in mixed.items()}}
    return Part(numbers, {name: pictures[:SHOWN] for name, pictures in arrays.items()})
