"""`cips checks`: what needs no training, tried on untrained networks of the paper's own size.

Tab. 4, and what follows from independent pixels (Sec. 3, 4.7, 4.8).
"""

from dataclasses import replace
from pathlib import Path

import torch

from cipslib.analysis.count import TABLE_4, TABLE_4_RESOLUTION, describe, preset
from cipslib.analysis.equivalence import (
    COMPARED,
    DIFFERENTIATED,
    blend_differences,
    chunk_differences,
    coordinate_jacobian,
    equivalence_checks,
    foveation_difference,
    turn_difference,
)
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
    """Write checks.json; return its path. ``config``: another size than the paper's default."""
    if config is None:
        default = generator_preset("main", "paper", TABLE_4_RESOLUTION)
        assert isinstance(default, GeneratorConfig)
        config = default
    plane, pixels = _plane(config)
    content = {
        **measurements_to_json({"parameters": _parameters(), **plane, **_cylinder(config)}),
        "pixels": pixels,
        "environment": describe_environment(profile.paths.root, torch.device("cpu")),
    }
    write_json(profile.paths.checks, content)
    return profile.paths.checks


def _parameters() -> dict[str, Measurement | None]:
    """Count the parameters of Tab. 4's rows, in millions."""
    entries: dict[str, ProtocolValue] = {
        "measure": "all of the generator's parameters, the mapping network's included",
        "resolution": TABLE_4_RESOLUTION,
        "interval": "none: it is a count",
    }
    counts = {
        row: describe(preset(name, "paper", TABLE_4_RESOLUTION))["parameters"] / 1e6
        for name, row in TABLE_4.items()
    }
    return _exact(counts, Protocol("parameters, millions", entries))


def _plane(config: GeneratorConfig) -> tuple[Measurements, dict[str, int]]:
    """Return the numbers, and of how many pixels those of ``equivalence_checks`` are."""
    generator = _untrained(config)
    w = sample_w(generator, 1, SEED)
    whole, in_chunks = chunk_differences(generator, w, CHUNK_MEMORY * 2**20)
    foveated = {
        f"at_{share}_percent": foveation_difference(generator, w, whole, share) for share in SHARES
    }
    jacobian = coordinate_jacobian(generator, w, DIFFERENTIATED)
    checks = equivalence_checks(generator, w, COMPARED)
    compared = {check.kind: check.largest for check in checks}
    slopes = {"other_pixels": jacobian.others, "own_pixel": jacobian.own}
    found = {
        "chunks": (in_chunks, "chunks against the whole image at once; MiB of tensors"),
        "independence": (compared, "pixels, and the same after something was done to others"),
        "gradient": (slopes, "derivatives of colours by coordinates"),
        "foveation": (foveated, "computed pixels against the whole image's"),
    }
    numbers = {
        name: _exact(values, _protocol(config, text)) for name, (values, text) in found.items()
    }
    return numbers, {check.kind: check.pixels for check in checks}


def _cylinder(config: GeneratorConfig) -> Measurements:
    config = replace(config, circumference=AROUND * config.resolution)
    generator = _untrained(config)
    w = sample_w(generator, 2, SEED)
    turned = {"after_a_turn": turn_difference(generator, w[:1])}
    blends = blend_differences(generator, w)
    return {
        "cylinder": _exact(turned, _protocol(config, "places against the same a full turn on")),
        "blend": _exact(blends, _protocol(config, "blended styles against single ones")),
    }


def _untrained(config: GeneratorConfig) -> Generator:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        return Generator(config).eval().requires_grad_(False)


def _protocol(config: GeneratorConfig, measure: str) -> Protocol:
    entries: dict[str, ProtocolValue] = {
        "measure": f"the largest absolute value, colours in grey levels: {measure}",
        "model": f"CIPS {variant_name(config.variant)}, untrained, "
        f"{len(config.block_widths)} blocks, {max(config.block_widths)} wide",
        "resolution": config.resolution,
        "circumference": config.circumference,
        "precision": "float32, CPU",
        "seed": SEED,
        "interval": "none: one image, or all its pixels tried",
    }
    return Protocol(measure, entries)


def _exact(values: dict[str, float], how: Protocol) -> dict[str, Measurement | None]:
    return {kind: Measurement(Estimate(value, value, value), how) for kind, value in values.items()}
