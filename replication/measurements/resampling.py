"""`cips resampling`: fewer pixels and more than the training grid's (Sec. 4.7; Fig. 8, 9)."""

from functools import partial
from itertools import pairwise

import numpy as np
import torch
from tqdm import tqdm

from cipslib.analysis.foveated import foveated_images, full_images, squared_errors
from cipslib.analysis.spectra import (
    NYQUIST,
    energy_beyond_native,
    power_spectrum,
    share_above,
    share_difference,
    spectral_distance,
)
from cipslib.datasets.prepared import open_images
from cipslib.metrics.bootstrap import ratio_interval
from cipslib.metrics.measurement import Measurements
from cipslib.networks.generator import Generator
from cipslib.sampling.foveation import Gaze
from cipslib.sampling.latents import sample_w
from cipslib.sampling.superresolution import dense, lanczos
from cipslib.sampling.synthesis import render
from cipslib.utils.shapes import Float, UInt8
from replication.measurements.common.run import AnalysisResults, cips_generator, measurement
from replication.measurements.common.trained_run import TrainedRun

NUM_IMAGES = 256  # that errors are measured on
SHARES = (0.05, 0.1, 0.25, 0.5)  # of the pixels (Fig. 8)
EVERYWHERE = 1e3  # a sigma that makes the Gaussian flat: sampling without a gaze
FACTOR = 4  # of the resolution (Fig. 9)
DENSE = 64  # images on the dense grid
HIGH = NYQUIST / 2  # cycles a native pixel


def measure(trained: TrainedRun) -> AnalysisResults:
    """Measure foveated images and dense grids. Raises UserError for StyleGAN2 and cylinders."""
    generator = cips_generator(trained, cylinder=False)
    w = sample_w(generator, max(NUM_IMAGES, DENSE), trained.evaluation.seed)
    foveated = _foveation(trained, generator, w[:NUM_IMAGES])
    return foveated + _density(trained, generator, w[:DENSE])


def _foveation(
    trained: TrainedRun, generator: Generator, w: Float[torch.Tensor, "batch style"]
) -> AnalysisResults:
    """Compare squared errors with those of the next smaller share, and of evenly spread samples
    (Fig. 8).
    """
    seed = trained.evaluation.seed
    full = full_images(generator, w)
    foveated = {}
    uniform = {}
    for share in tqdm(SHARES, "foveated", disable=None):
        gaze = Gaze(share)
        images = foveated_images(generator, w, gaze, seed)
        foveated[share] = squared_errors(images, full, gaze)
        flat = foveated_images(generator, w, Gaze(share, sigma=EVERYWHERE), seed)
        uniform[share] = squared_errors(flat, full, gaze)
    number = partial(measurement, trained, generated_images=NUM_IMAGES)
    near = "near the gaze"
    numbers: Measurements = {
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
        },
    }
    return AnalysisResults(numbers)


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def _density(
    trained: TrainedRun, generator: Generator, w: Float[torch.Tensor, "batch style"]
) -> AnalysisResults:
    """Measure high frequencies of dense grids and of images that Lanczos enlarged (Fig. 9)."""
    seed = trained.evaluation.seed
    native = render(generator, w)
    enlarged = {
        "dense grid": dense(generator, w, FACTOR),
        "Lanczos": lanczos(native, FACTOR),
        "repeated pixels": native.repeat(FACTOR, axis=1).repeat(FACTOR, axis=2),
    }
    number = partial(measurement, trained, images=len(w), factor=FACTOR)
    spectra = {kind: power_spectrum(images) for kind, images in enlarged.items()}
    numbers: Measurements = {
        "energy_beyond_native": {
            kind: number(
                "share of the power beyond the native grid",
                energy_beyond_native(images, FACTOR, seed),
            )
            for kind, images in enlarged.items()
        },
        "high_frequency_energy": {
            kind: number(
                f"share of the power above {HIGH:g} cycles a native pixel",
                share_above(spectrum, HIGH / FACTOR, seed),
            )
            for kind, spectrum in spectra.items()
        },
        "high_frequency_gain": {
            "generated": number(
                f"share of the power above {HIGH:g} cycles a native pixel less that of Lanczos",
                share_difference(spectra["dense grid"], spectra["Lanczos"], HIGH / FACTOR, seed),
            )
        },
    }
    real = _dense_real_images(trained)
    if real is not None:
        of_real = power_spectrum(real)
        band = (NYQUIST / FACTOR, NYQUIST)
        text = "distance to the spectrum of real images beyond the native grid, dB"
        numbers["distance_beyond_native"] = {
            kind: number(text, spectral_distance(spectrum, of_real, band, seed), real=len(real))
            for kind, spectrum in spectra.items()
        }
    return AnalysisResults(numbers)


def _dense_real_images(trained: TrainedRun) -> UInt8[np.ndarray, "count H W 3"] | None:
    """Return the images of the data set NAME-dense, of what NAME is of; None if there is none."""
    name = f"{trained.run.dataset}-dense"
    side = FACTOR * trained.run.generator.resolution
    if not trained.paths.images(name).is_file():
        return None
    return np.array(open_images(trained.paths.images(name), side))
