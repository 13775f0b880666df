"""`cips resampling`: fewer pixels and more than the training grid's (Sec. 4.7; Fig. 8, 9)."""

from copy import deepcopy
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch

from cipslib.analysis.foveated import (
    REGIONS,
    Sampled,
    compare_samples,
    foveated_pictures,
    full_pictures,
    root_mean_square,
    squared_errors,
)
from cipslib.analysis.spectra import NYQUIST, power_spectrum
from cipslib.analysis.spectral_measures import energy_beyond_native, high_frequency_energy
from cipslib.metrics.bootstrap import ratio_interval
from cipslib.metrics.measurement import Measurements, measurements_to_json
from cipslib.networks.generator import Generator
from cipslib.sampling.foveation import Gaze, gazed_pixels
from cipslib.sampling.latents import sample_w
from cipslib.sampling.superresolution import dense, lanczos
from cipslib.sampling.synthesis import RenderOptions, render, to_bytes
from cipslib.utils.shapes import Float, UInt8
from replication.measurements.common.run import Measured, measured, plane_subject, write_run
from replication.measurements.common.trained_run import Subject
from replication.profile.profile import Profile
from replication.profile.results import Arrays

PICTURES = 32  # that errors are measured on
SHARES = (0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0)  # Fig. 8: 5, 25, 50 and 100 %
EVERYWHERE = 1e3  # a sigma that makes the Gaussian flat: sampling without a gaze
FACTOR = 4  # of the resolution (Fig. 9)
DENSE = 64  # pictures on the dense grid
SHOWN = 4  # of each figure
HIGH = NYQUIST / 2  # cycles a native pixel


@dataclass(frozen=True)
class Part:
    """Of one figure."""

    numbers: Measurements
    without_interval: dict[str, Any]
    arrays: Arrays


def resampling_run(profile: Profile, name: str) -> Path:
    """Write numbers.json and pictures.safetensors to one folder; returns the path of the first.

    Of a run that the profile leaves out: why. Raises UserError if generator or data are missing,
    or the generator is StyleGAN2 or of a cylinder.
    """
    return write_run(profile, name, profile.paths.resampling(name), _measure)


def _measure(profile: Profile, name: str) -> Measured:
    subject, generator = plane_subject(profile, name)
    w = sample_w(generator, max(PICTURES, DENSE), subject.config.seed)
    parts = (_foveation(subject, generator, w[:PICTURES]), _density(subject, generator, w[:DENSE]))
    content = {
        **measurements_to_json({**parts[0].numbers, **parts[1].numbers}),
        **parts[0].without_interval,
        **parts[1].without_interval,
    }
    return subject, content, {**parts[0].arrays, **parts[1].arrays}


def _foveation(
    subject: Subject, generator: Generator, w: Float[torch.Tensor, "batch style"]
) -> Part:
    seed, full = subject.config.seed, full_pictures(generator, w)
    gazes = {share: Gaze(share) for share in SHARES}
    pictures = {share: foveated_pictures(generator, w, g, seed) for share, g in gazes.items()}
    errors = {share: squared_errors(pictures[share], full, gazes[share]) for share in SHARES}
    flat = {}
    for share in SHARES:
        spread = foveated_pictures(generator, w, Gaze(share, sigma=EVERYWHERE), seed)
        flat[share] = squared_errors(spread, full, gazes[share])
    numbers: Measurements = {}
    for sampling, found in (("foveated", errors), ("uniform", flat)):
        for region in REGIONS:
            measure = f"error, {sampling}, {region}"
            numbers[measure] = {
                _percent(share): measured(
                    subject,
                    measure,
                    root_mean_square(found[share][region], seed),
                    generated_images=PICTURES,
                    filled="cubic (Clough-Tocher)",
                )
                for share in SHARES
            }
    numbers["error ratio"] = {
        f"{_percent(more)} over {_percent(fewer)}": measured(
            subject,
            "squared error over that of a smaller share",
            ratio_interval(errors[more]["all"], errors[fewer]["all"], seed),
            generated_images=PICTURES,
        )
        for fewer, more in pairwise(SHARES)
    }
    near = "near the gaze"
    numbers["gaze error ratio"] = {
        _percent(share): measured(
            subject,
            "squared error near the gaze over that of evenly spread samples",
            ratio_interval(errors[share][near], flat[share][near], seed),
            generated_images=PICTURES,
        )
        for share in SHARES
        if share < 1
    }
    sampled = {
        "float32": compare_samples(list(pictures.values()), full, list(gazes.values()), seed),
        "float64": _in_double(generator, w[:SHOWN], list(gazes.values()), seed),
    }
    arrays = {
        f"foveated.{_percent(share)}": np.concatenate(
            (_sampled(full[:1], gazes[share], seed), _bytes(pictures[share][:SHOWN]))
        )
        for share in SHARES
    }
    about = {"shares": SHARES, "sampled": {kind: asdict(one) for kind, one in sampled.items()}}
    return Part(numbers, about, arrays)


def _in_double(
    generator: Generator, w: Float[torch.Tensor, "batch style"], gazes: list[Gaze], seed: int
) -> Sampled:
    """The same comparison with 53 bits, which leaves no rounding to be mistaken for anything."""
    double = deepcopy(generator).double()
    w = w.double()
    foveated = [foveated_pictures(double, w, gaze, seed) for gaze in gazes]
    return compare_samples(foveated, full_pictures(double, w), gazes, seed)


def _sampled(
    full: Float[np.ndarray, "1 h w 3"], gaze: Gaze, seed: int
) -> UInt8[np.ndarray, "1 h w 3"]:
    """What is computed of the first picture, the other pixels white."""
    chosen = gazed_pixels(gaze, full.shape[1], full.shape[2], seed)
    return np.where(chosen[..., None], _bytes(full), np.uint8(255))


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def _bytes(colours: Float[np.ndarray, "*any"]) -> UInt8[np.ndarray, "*any"]:
    return to_bytes(torch.from_numpy(colours)).numpy()


def _density(subject: Subject, generator: Generator, w: Float[torch.Tensor, "batch style"]) -> Part:
    seed, native = subject.config.seed, render(generator, w)
    draws = np.random.default_rng(seed)
    real = np.sort(draws.choice(subject.chosen, min(DENSE, len(subject.chosen)), replace=False))
    enlarged = {
        "dense grid": dense(generator, w, FACTOR),
        "dense grid, bicubic": dense(generator, w, FACTOR, RenderOptions(interpolation="bicubic")),
        "Lanczos": lanczos(native, FACTOR),
    }
    as_large = {"generated, native": native, "real, native": np.array(subject.real[real])}
    numbers: Measurements = {
        "energy_beyond_native": {
            kind: measured(
                subject,
                "share of the power beyond the native grid",
                energy_beyond_native(pictures, FACTOR, seed),
                pictures=len(pictures),
                factor=FACTOR,
            )
            for kind, pictures in enlarged.items()
        },
        "high_frequency_energy": {
            kind: measured(
                subject,
                f"share of the power above {HIGH:g} cycles a native pixel",
                high_frequency_energy(pictures, HIGH / factor, seed),
                pictures=len(pictures),
            )
            for kinds, factor in ((enlarged, FACTOR), (as_large, 1))
            for kind, pictures in kinds.items()
        },
    }
    arrays: Arrays = {}
    for kind, pictures in {**enlarged, **as_large}.items():
        frequencies, curve = _native_curve(pictures, 1 if kind in as_large else FACTOR)
        arrays[f"frequencies.{kind}"], arrays[f"curve.{kind}"] = frequencies, curve
        arrays[f"pictures.{kind}"] = pictures[:SHOWN]
    return Part(numbers, {"factor": FACTOR}, arrays)


def _native_curve(
    pictures: UInt8[np.ndarray, "count h w 3"], factor: int
) -> tuple[Float[np.ndarray, " rings"], Float[np.ndarray, " rings"]]:
    """Frequencies in cycles a native pixel, up to that grid's limit, and mean power in dB.

    A grid of ``factor`` times as many points a side has as much of each frequency spread over
    factor^2 times as many of them: that is taken off, so that curves of both grids compare. The
    ring of the zero frequency is left out.
    """
    spectrum = power_spectrum(pictures)
    within = (spectrum.frequencies > 0) & (spectrum.frequencies <= NYQUIST)
    return (
        spectrum.frequencies[within] * factor,
        spectrum.curve[within] - 20 * np.log10(factor),
    )
