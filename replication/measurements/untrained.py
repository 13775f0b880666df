"""`cips checks`: what needs no training, tried on untrained networks of the paper's own size."""

import time
from dataclasses import replace
from pathlib import Path

import torch

from cipslib.analysis.count import TABLE_4, TABLE_4_RESOLUTION, describe, preset
from cipslib.analysis.exact_properties import (
    COMPARED,
    DIFFERENTIATED,
    after_a_turn,
    blends,
    chunks,
    foveation,
)
from cipslib.analysis.independence import independence, influence
from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import (
    Measurement,
    Measurements,
    Protocol,
    ProtocolValue,
    measurements_to_json,
)
from cipslib.networks.generator import Generator, GeneratorConfig
from cipslib.presets import generator_preset, variant_name
from cipslib.sampling.latents import sample_w
from cipslib.utils.environment import describe_environment
from cipslib.utils.files import write_json
from replication.profile.profile import Profile
from replication.profile.results import CHUNK_MEMORY

SEED = 0
SHARES = (5, 25, 100)  # per cent of the pixels (Fig. 8)
AROUND = 2  # the cylinder's columns, in resolutions; the paper does not say


def checks_run(profile: Profile, config: GeneratorConfig | None = None) -> Path:
    """Write checks.json; returns its path. ``config``: another size than the paper's default."""
    start = time.perf_counter()
    if config is None:
        default = generator_preset("main", "paper", TABLE_4_RESOLUTION)
        assert isinstance(default, GeneratorConfig)
        config = default
    plane, pixels = _plane(config)
    numbers = {"parameters": _parameters(), **plane, **_cylinder(config)}
    content = {
        **measurements_to_json(numbers),
        "pixels": pixels,
        "seconds": round(time.perf_counter() - start, 1),
        "environment": describe_environment(profile.paths.root, torch.device("cpu")),
    }
    write_json(profile.paths.checks, content)
    return profile.paths.checks


def _parameters() -> dict[str, Measurement | None]:
    """Of Tab. 4's rows, in millions."""
    entries: dict[str, ProtocolValue] = {
        "measure": "all of the generator's parameters, the mapping network's included",
        "resolution": TABLE_4_RESOLUTION,
        "interval": "none: it is a count",
    }
    how = Protocol("parameters, millions", entries)
    described = {
        row: describe(preset(name, "paper", TABLE_4_RESOLUTION)) for name, row in TABLE_4.items()
    }
    return {row: _exact(one["parameters"]["total"] / 1e6, how) for row, one in described.items()}


def _plane(config: GeneratorConfig) -> tuple[Measurements, dict[str, int]]:
    """The numbers, and of how many pixels those of ``independence`` are."""
    generator = _untrained(config)
    w = sample_w(generator, 1, SEED)
    whole, in_chunks = chunks(generator, w, CHUNK_MEMORY * 2**20)
    foveated = {f"at_{share}_percent": foveation(generator, w, whole, share) for share in SHARES}
    slope = influence(generator, w, DIFFERENTIATED)
    slopes = {"other_pixels": slope.others, "own_pixel": slope.own}
    tried = independence(generator, w, COMPARED)
    compared = {check.kind: check.largest for check in tried}
    found = {
        "chunks": (in_chunks, "chunks against the whole picture at once; MiB of tensors"),
        "independence": (compared, "pixels, and the same after something was done to others"),
        "gradient": (slopes, "derivatives of colours by coordinates"),
        "foveation": (foveated, "drawn pixels against the whole picture's"),
    }
    numbers = {name: _numbers(config, values, how) for name, (values, how) in found.items()}
    return numbers, {check.kind: check.pixels for check in tried}


def _cylinder(config: GeneratorConfig) -> Measurements:
    config = replace(config, circumference=AROUND * config.resolution)
    generator = _untrained(config)
    w = sample_w(generator, 2, SEED)
    turned = {"after_a_turn": after_a_turn(generator, w[:1])}
    return {
        "cylinder": _numbers(config, turned, "places against the same ones a full turn on"),
        "blend": _numbers(config, blends(generator, w), "blended styles against single ones"),
    }


def _untrained(config: GeneratorConfig) -> Generator:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        return Generator(config).eval().requires_grad_(False)


def _numbers(
    config: GeneratorConfig, values: dict[str, float], measure: str
) -> dict[str, Measurement | None]:
    entries: dict[str, ProtocolValue] = {
        "measure": f"the largest absolute value, colours in grey levels: {measure}",
        "model": f"CIPS {variant_name(config.variant)}, untrained, "
        f"{len(config.block_widths)} blocks, {max(config.block_widths)} wide",
        "resolution": config.resolution,
        "circumference": config.circumference,
        "precision": "float32, CPU",
        "seed": SEED,
        "interval": "none: one picture, or all its pixels tried",
    }
    how = Protocol(measure, entries)
    return {kind: _exact(value, how) for kind, value in values.items()}


def _exact(value: float, how: Protocol) -> Measurement:
    return Measurement(Estimate(value, value, value), how)
