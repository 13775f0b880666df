"""`cips spectra`: spectra of a run's images beside real ones, and of its encodings (4.4, 4.5)."""

from dataclasses import dataclass, replace

import numpy as np

from cipslib.analysis.encodings import measure_encoding, positional_encodings
from cipslib.analysis.spectra import (
    NYQUIST,
    POWER_PROTOCOL,
    Spectrum,
    joined,
    power_spectrum,
    roughness_interval,
    share_above,
    spectral_distance,
)
from cipslib.datasets.mean import average_image
from cipslib.metrics.measurement import Measurement, Protocol
from cipslib.networks.generator import Generator
from cipslib.networks.positional_encoding import ENCODINGS
from replication.measurements.common.run import AnalysisResults, without_interval
from replication.measurements.common.trained_run import Batches, RealSet, TrainedRun
from replication.profile.results import Arrays

BANDS = {"spectral_distance": (0.0, NYQUIST), "spectral_distance_tail": (NYQUIST / 2, NYQUIST)}
HIGH = NYQUIST / 2  # cycles a pixel
PARTS = 10  # of the images, for a jackknife
SHOWN = 4  # images that are kept (Fig. 6)
COMPARED = ("generated", "real")  # with the reference


@dataclass(frozen=True)
class SetSpectra:
    """The spectrum of a set of images, and those of tenths of it."""

    whole: Spectrum
    parts: list[Spectrum]


def measure(trained: TrainedRun) -> AnalysisResults:
    """Take spectra of evaluation.spectrum_images generated images, and of two sets of real ones.

    The two sets are the reference, and others in the generated ones' place; half of all real
    images, if there are fewer. Raises UserError if images are too few or too small.
    """
    reference, others = _real_sets(trained)
    spectra = {
        "generated": _of_generated(trained),
        "real": _take(trained.real_images(others.indices), len(others.indices)),
        "reference": _take(trained.real_images(reference.indices), len(reference.indices)),
    }
    results = _encodings(trained)
    for name, band in BANDS.items():
        how = _protocol(
            trained, reference, f"spectral distance, {band[0]:g} to {band[1]:g} cycles/px"
        )
        theirs = spectra["reference"].whole
        results.measurements[name] = {
            kind: Measurement(spectral_distance(spectra[kind].whole, theirs, band), how)
            for kind in COMPARED
        }
    how = _protocol(trained, reference, f"roughness of the mean spectrum above {HIGH:g} cycles/px")
    results.measurements["spectral_roughness"] = {
        kind: Measurement(roughness_interval(spectra[kind].parts), how) for kind in COMPARED
    }
    without = _without_encodings(trained)
    energy_of = {kind: spectra[kind] for kind in COMPARED}
    energy_of |= {kind: _of_generated(lacking) for kind, lacking in without.items()}
    how = _protocol(trained, reference, f"share of the power above {HIGH:g} cycles/px")
    results.measurements["high_frequency_energy"] = {
        kind: Measurement(share_above(of.whole, HIGH), how) for kind, of in energy_of.items()
    }
    for kind, of in spectra.items():
        results.arrays |= _arrays(kind, of.whole)
    for kind, one in {"generated": trained, **without}.items():
        results.arrays[f"images.{kind}"] = next(one.generated_images(SHOWN))
    return results


def _real_sets(trained: TrainedRun) -> tuple[RealSet, RealSet]:
    """Draw two disjoint sets of training images."""
    indices = trained.training_indices
    count = min(trained.evaluation.spectrum_images, len(indices) // 2)
    order = np.random.default_rng(trained.evaluation.seed).permutation(indices)
    split = "two disjoint random draws from the training set"
    first = RealSet(np.sort(order[:count]), split)
    return first, RealSet(np.sort(order[count : 2 * count]), split)


def _of_generated(trained: TrainedRun) -> SetSpectra:
    count = trained.evaluation.spectrum_images
    return _take(trained.generated_images(count), count)


def _take(batches: Batches, count: int) -> SetSpectra:
    """Take the spectra of all tenths of ``count`` images, in one pass."""
    parts = min(PARTS, count)
    found: list[list[Spectrum]] = [[] for _ in range(parts)]
    first = 0
    for batch in batches:
        tenths = np.arange(first, first + len(batch)) * parts // count
        for tenth in np.unique(tenths):
            found[tenth].append(power_spectrum(batch[tenths == tenth]))
        first += len(batch)
    whole = joined([one for some in found for one in some])
    return SetSpectra(whole, [joined(some) for some in found])


def _without_encodings(trained: TrainedRun) -> dict[str, TrainedRun]:
    """Return the run with either encoding set to zero (Fig. 6), if the generator has both."""
    generator = trained.generator
    if not isinstance(generator, Generator) or None in (generator.fourier, generator.embedding):
        return {}
    return {
        f"without_{name}": replace(
            trained, render_options=replace(trained.render_options, zero_encoding=name)
        )
        for name in ENCODINGS
    }


def _protocol(trained: TrainedRun, reference: RealSet, measure: str) -> Protocol:
    count = trained.evaluation.spectrum_images
    entries = {"measure": measure, **POWER_PROTOCOL, **trained.image_entries(reference, count)}
    return Protocol(measure, entries)


def _arrays(kind: str, spectrum: Spectrum) -> Arrays:
    """Return what Fig. 7 needs."""
    low, high = spectrum.curve_interval()
    return {
        f"{kind}.frequencies": spectrum.frequencies,
        f"{kind}.curve": spectrum.curve,
        f"{kind}.low": low,
        f"{kind}.high": high,
        f"{kind}.plane": spectrum.plane,
    }


def _encodings(trained: TrainedRun) -> AnalysisResults:
    """Measure the embeddings and Fourier features, each feature as an image (Fig. 4, 5, 14)."""
    results = AnalysisResults()
    generator = trained.generator
    if not isinstance(generator, Generator):
        return results
    mean_image = average_image(trained.real, trained.training_indices)
    size = {"resolution": trained.run.generator.resolution}
    for name, encoding in positional_encodings(generator).items():
        found = measure_encoding(encoding, mean_image)
        for measure, value in (("centroid", found.frequency), ("share_above", found.high)):
            entries = {"measure": measure, **POWER_PROTOCOL, "values": "as they are", **size}
            how = Protocol(f"{measure.replace('_', ' ')} of encodings", entries)
            of = results.measurements.setdefault(f"encoding_{measure}", {})
            of[name] = Measurement(value, how)
        for text, number in (
            ("spatial structure", found.structure),
            ("horizontal structure at the bottom", found.bottom),
            ("p of the match with the mean image", found.match.p),
        ):
            of = results.measurements.setdefault(text.replace(" ", "_"), {})
            of[name] = without_interval(trained, text, number)
    return results
