"""`cips resampling`: fewer pixels and more than the training grid's (Sec. 4.7; Fig. 8, 9)."""

from copy import deepcopy
from dataclasses import asdict
from functools import partial
from itertools import pairwise

import numpy as np
import torch

from cipslib.analysis.foveated import (
    REGIONS,
    SampledPixels,
    compare_samples,
    foveated_images,
    full_images,
    root_mean_square,
    squared_errors,
)
from cipslib.analysis.spectra import NYQUIST, power_spectrum
from cipslib.analysis.spectral_measures import energy_beyond_native, high_frequency_energy
from cipslib.metrics.bootstrap import ratio_interval
from cipslib.networks.generator import Generator
from cipslib.sampling.foveation import Gaze, gazed_pixels
from cipslib.sampling.latents import sample_w
from cipslib.sampling.superresolution import dense, lanczos
from cipslib.sampling.synthesis import RenderOptions, render, to_bytes
from cipslib.utils.shapes import Float, UInt8
from replication.measurements.common.run import AnalysisResults, measurement, plane_generator
from replication.measurements.common.trained_run import TrainedRun

NUM_IMAGES = 32  # that errors are measured on
SHARES = (0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0)  # Fig. 8: 5, 25, 50 and 100 %
EVERYWHERE = 1e3  # a sigma that makes the Gaussian flat: sampling without a gaze
FACTOR = 4  # of the resolution (Fig. 9)
DENSE = 64  # images on the dense grid
SHOWN = 4  # of each figure
HIGH = NYQUIST / 2  # cycles a native pixel


def measure(trained: TrainedRun) -> AnalysisResults:
    """Measure foveated images and dense grids. Raises UserError for StyleGAN2 and cylinders."""
    generator = plane_generator(trained)
    w = sample_w(generator, max(NUM_IMAGES, DENSE), trained.evaluation.seed)
    foveated = _foveation(trained, generator, w[:NUM_IMAGES])
    return foveated + _density(trained, generator, w[:DENSE])


def _foveation(
    trained: TrainedRun, generator: Generator, w: Float[torch.Tensor, "batch style"]
) -> AnalysisResults:
    """Measure errors by the share of pixels that is computed, by region and sampling (Fig. 8)."""
    seed = trained.evaluation.seed
    full = full_images(generator, w)
    gazes = {share: Gaze(share) for share in SHARES}
    images = {share: foveated_images(generator, w, gaze, seed) for share, gaze in gazes.items()}
    errors: dict[str, dict[float, dict[str, np.ndarray]]] = {"foveated": {}, "uniform": {}}
    for share, gaze in gazes.items():
        errors["foveated"][share] = squared_errors(images[share], full, gaze)
        flat = foveated_images(generator, w, Gaze(share, sigma=EVERYWHERE), seed)
        errors["uniform"][share] = squared_errors(flat, full, gaze)
    number = partial(measurement, trained, generated_images=NUM_IMAGES)
    results = AnalysisResults()
    for sampling, by_share in errors.items():
        for region in REGIONS:
            text = f"error, {sampling}, {region}"
            results.measurements[text] = {
                _percent(share): number(
                    text,
                    root_mean_square(by_share[share][region], seed),
                    filled="cubic (Clough-Tocher)",
                )
                for share in SHARES
            }
    results += _error_ratios(trained, errors)
    sampled = {
        "float32": compare_samples(list(images.values()), full, list(gazes.values()), seed),
        "float64": _in_double(generator, w[:SHOWN], list(gazes.values()), seed),
    }
    results.details = {
        "shares": SHARES,
        "sampled": {kind: asdict(one) for kind, one in sampled.items()},
    }
    for share, gaze in gazes.items():
        shown = (_computed_pixels(full[:1], gaze, seed), _bytes(images[share][:SHOWN]))
        results.arrays[f"foveated.{_percent(share)}"] = np.concatenate(shown)
    return results


def _error_ratios(
    trained: TrainedRun, errors: dict[str, dict[float, dict[str, np.ndarray]]]
) -> AnalysisResults:
    """Compare squared errors with those of the next smaller share, and of evenly spread samples."""
    seed = trained.evaluation.seed
    number = partial(measurement, trained, generated_images=NUM_IMAGES)
    foveated, uniform = errors["foveated"], errors["uniform"]
    near = "near the gaze"
    return AnalysisResults(
        {
            "error ratio": {
                f"{_percent(more)} over {_percent(fewer)}": number(
                    "squared error over that of a smaller share",
                    ratio_interval(foveated[more]["all"], foveated[fewer]["all"], seed),
                )
                for fewer, more in pairwise(SHARES)
            },
            "gaze error ratio": {
                _percent(share): number(
                    "squared error near the gaze over that of evenly spread samples",
                    ratio_interval(foveated[share][near], uniform[share][near], seed),
                )
                for share in SHARES
                if share < 1
            },
        }
    )


def _in_double(
    generator: Generator, w: Float[torch.Tensor, "batch style"], gazes: list[Gaze], seed: int
) -> SampledPixels:
    """Compare samples with 53 bits, which leaves no rounding to be mistaken for anything."""
    double = deepcopy(generator).double()
    w = w.double()
    foveated = [foveated_images(double, w, gaze, seed) for gaze in gazes]
    return compare_samples(foveated, full_images(double, w), gazes, seed)


def _computed_pixels(
    full: Float[np.ndarray, "1 h w 3"], gaze: Gaze, seed: int
) -> UInt8[np.ndarray, "1 h w 3"]:
    """Return what is computed of the first image, the other pixels white."""
    chosen = gazed_pixels(gaze, full.shape[1], full.shape[2], seed)
    return np.where(chosen[..., None], _bytes(full), np.uint8(255))


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def _bytes(colours: Float[np.ndarray, "*any"]) -> UInt8[np.ndarray, "*any"]:
    return to_bytes(torch.from_numpy(colours)).numpy()


def _density(
    trained: TrainedRun, generator: Generator, w: Float[torch.Tensor, "batch style"]
) -> AnalysisResults:
    """Measure high frequencies of dense grids, of Lanczos and of native images (Fig. 9)."""
    seed = trained.evaluation.seed
    indices = trained.training_indices
    draws = np.random.default_rng(seed)
    real = np.sort(draws.choice(indices, min(DENSE, len(indices)), replace=False))
    native = render(generator, w)
    enlarged = {
        "dense grid": dense(generator, w, FACTOR),
        "dense grid, bicubic": dense(generator, w, FACTOR, RenderOptions("bicubic")),
        "Lanczos": lanczos(native, FACTOR),
    }
    as_large = {"generated, native": native, "real, native": np.array(trained.real[real])}
    results = AnalysisResults(
        {"energy_beyond_native": {}, "high_frequency_energy": {}}, {"factor": FACTOR}
    )
    for factor, sets in ((FACTOR, enlarged), (1, as_large)):
        for kind, images in sets.items():
            number = partial(measurement, trained, images=len(images))
            results.measurements["high_frequency_energy"][kind] = number(
                f"share of the power above {HIGH:g} cycles a native pixel",
                high_frequency_energy(images, HIGH / factor, seed),
            )
            if factor > 1:
                results.measurements["energy_beyond_native"][kind] = number(
                    "share of the power beyond the native grid",
                    energy_beyond_native(images, factor, seed),
                    factor=factor,
                )
            frequencies, curve = _native_curve(images, factor)
            results.arrays[f"frequencies.{kind}"] = frequencies
            results.arrays[f"curve.{kind}"] = curve
            results.arrays[f"images.{kind}"] = images[:SHOWN]
    return results


def _native_curve(
    images: UInt8[np.ndarray, "count h w 3"], factor: int
) -> tuple[Float[np.ndarray, " rings"], Float[np.ndarray, " rings"]]:
    """Return frequencies in cycles a native pixel, up to that grid's limit, and mean power in dB.

    A grid of ``factor`` times as many points a side has as much of each frequency spread over
    factor^2 times as many of them: that is taken off, so that curves of both grids compare. The
    ring of the zero frequency is left out.
    """
    spectrum = power_spectrum(images)
    within = (spectrum.frequencies > 0) & (spectrum.frequencies <= NYQUIST)
    return (
        spectrum.frequencies[within] * factor,
        spectrum.curve[within] - 20 * np.log10(factor),
    )
