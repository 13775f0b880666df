"""`cips spectra`: spectra of a run's images beside real ones, and of its encodings (4.4, 4.5)."""

from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from cipslib.analysis.encodings import (
    CYCLES,
    mean_image_match,
    positional_encodings,
    principal_components,
    spatial_structure,
)
from cipslib.analysis.spectra import (
    NYQUIST,
    POWER_PROTOCOL,
    Spectrum,
    durall_spectrum,
    encoding_spectrum,
    joined,
    power_spectrum,
)
from cipslib.analysis.spectral_measures import (
    centroid,
    decay,
    roughness_interval,
    share_above,
    spectral_distance,
    spectral_roughness,
)
from cipslib.datasets.mean import average_image
from cipslib.metrics.measurement import Measurement, Protocol
from cipslib.networks.generator import Generator
from cipslib.networks.positional_encoding import ENCODINGS
from cipslib.utils.shapes import Float
from replication.measurements.common.run import AnalysisResults
from replication.measurements.common.trained_run import (
    Batches,
    RealSet,
    TrainedRun,
    generated_images,
    image_entries,
    real_images,
)
from replication.profile.results import Arrays

CONVENTIONS = {"ours": power_spectrum, "durall": durall_spectrum}
BANDS = {"spectral_distance": (0.0, NYQUIST), "spectral_distance_tail": (NYQUIST / 2, NYQUIST)}
HIGH = NYQUIST / 2  # cycles a pixel
DECAY_FROM = 5  # cycles across the image: docs/protocol.md
PARTS = 10  # of the images, for a jackknife
SHOWN = 4  # images that are kept (Fig. 6)
COMPARED = ("generated", "real")  # with the reference


@dataclass(frozen=True)
class SetSpectra:
    """Spectra of a set of images, by convention."""

    whole: dict[str, Spectrum]
    parts: list[Spectrum]  # of tenths of the images, in our convention


def measure(trained: TrainedRun) -> AnalysisResults:
    """Take spectra of evaluation.spectrum_images generated images, and of two sets of real ones.

    The two sets are the reference, and others in the generated ones' place; half of all real
    images, if there are fewer. Raises UserError if images are too few or too small.
    """
    reference, others = _real_sets(trained)
    spectra = {
        "generated": _of_generated(trained),
        "real": _take(real_images(trained, others.indices), len(others.indices)),
        "reference": _take(real_images(trained, reference.indices), len(reference.indices)),
    }
    without = _without_encodings(trained)
    results = _distances(trained, reference, spectra)
    results += _encodings(trained)
    how = _protocol(trained, reference, f"roughness of the mean spectrum above {HIGH:g} cycles/px")
    results.measurements["spectral_roughness"] = {
        kind: Measurement(roughness_interval(spectra[kind].parts), how) for kind in COMPARED
    }
    energy_of = {kind: spectra[kind] for kind in COMPARED}
    energy_of |= {kind: _of_generated(lacking) for kind, lacking in without.items()}
    how = _protocol(trained, reference, f"share of the power above {HIGH:g} cycles/px")
    results.measurements["high_frequency_energy"] = {
        kind: Measurement(share_above(of.whole["ours"], HIGH), how)
        for kind, of in energy_of.items()
    }
    results.details["without_interval"] = {
        kind: _without_interval(of.whole["ours"]) for kind, of in spectra.items()
    }
    for kind, of in spectra.items():
        for convention, spectrum in of.whole.items():
            results.arrays |= _arrays(f"{kind}.{convention}", spectrum)
    for kind, one in {"generated": trained, **without}.items():
        results.arrays[f"images.{kind}"] = next(generated_images(one, SHOWN))
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
    return _take(generated_images(trained, count), count)


def _take(batches: Batches, count: int) -> SetSpectra:
    """Take both spectra of all tenths of ``count`` images, in one pass."""
    parts = min(PARTS, count)
    found: dict[str, list[list[Spectrum]]] = {
        name: [[] for _ in range(parts)] for name in CONVENTIONS
    }
    first = 0
    for batch in batches:
        tenths = np.arange(first, first + len(batch)) * parts // count
        for tenth in np.unique(tenths):
            for name, spectrum_of in CONVENTIONS.items():
                found[name][tenth].append(spectrum_of(batch[tenths == tenth]))
        first += len(batch)
    whole = {
        name: joined([one for some in tenths for one in some]) for name, tenths in found.items()
    }
    return SetSpectra(whole, [joined(some) for some in found["ours"]])


def _distances(
    trained: TrainedRun, reference: RealSet, spectra: dict[str, SetSpectra]
) -> AnalysisResults:
    """Return how far curves are from the reference's, and what chance makes of each distance."""
    results = AnalysisResults(details={"chance": {}})
    for name, band in BANDS.items():
        text = f"spectral distance, {band[0]:g} to {band[1]:g} cycles/px"
        how = _protocol(trained, reference, text)
        theirs = spectra["reference"].whole["ours"]
        found = {
            kind: spectral_distance(spectra[kind].whole["ours"], theirs, band) for kind in COMPARED
        }
        results.measurements[name] = {
            kind: Measurement(one.distance, how) for kind, one in found.items()
        }
        results.details["chance"][name] = {
            kind: {"below": one.chance, "p": one.p} for kind, one in found.items()
        }
    return results


def _without_interval(spectrum: Spectrum) -> dict[str, float]:
    rough = spectral_roughness(spectrum)
    slope = decay(spectrum, (DECAY_FROM / spectrum.plane.shape[0], 0.45))
    return {"decay": slope, "strongest_peak": rough.strongest, "noise": rough.noise}


def _without_encodings(trained: TrainedRun) -> dict[str, TrainedRun]:
    """Return the run with either encoding set to zero (Fig. 6), if the generator has both.

    And without Fourier features once more, with the embeddings that its training began with: what
    an image owes to their noise alone. Where the run was imported these are not known: others,
    from the same distribution.
    """
    generator = trained.generator
    if not isinstance(generator, Generator):
        return {}
    if generator.fourier is None or generator.embedding is None:
        return {}
    without = {
        f"without_{name}": replace(
            trained, render_options=replace(trained.render_options, zero_encoding=name)
        )
        for name in ENCODINGS
    }
    first = trained.untrained().generator
    copy = deepcopy(generator)
    assert isinstance(first, Generator) and first.embedding and copy.embedding
    copy.embedding.load_state_dict(first.embedding.state_dict())
    noise = replace(without["without_fourier"], generator=copy)
    return {**without, "initial_embedding": noise}


def _protocol(trained: TrainedRun, reference: RealSet, measure: str) -> Protocol:
    count = trained.evaluation.spectrum_images
    entries = {"measure": measure, **POWER_PROTOCOL, **image_entries(trained, reference, count)}
    return Protocol(measure, entries)


def _arrays(name: str, spectrum: Spectrum) -> Arrays:
    """Return what Fig. 7 needs."""
    low, high = spectrum.curve_interval()
    return {
        f"{name}.frequencies": spectrum.frequencies,
        f"{name}.curve": spectrum.curve,
        f"{name}.low": low,
        f"{name}.high": high,
        f"{name}.plane": spectrum.plane,
    }


def _encodings(trained: TrainedRun) -> AnalysisResults:
    """Measure the trained table and Fourier features, each feature as an image (Fig. 4, 5, 14)."""
    details: dict[str, Any] = {}
    results = AnalysisResults(details={"encodings": details})
    generator = trained.generator
    if not isinstance(generator, Generator):
        return results
    mean_image = average_image(trained.real, trained.training_indices)
    for name, encoding in positional_encodings(generator).items():
        spectrum = encoding_spectrum(encoding)
        for measure, take in (("centroid", centroid), ("share_above", share_above)):
            entries = {
                "measure": measure,
                **POWER_PROTOCOL,
                "values": "as they are",
                "resolution": trained.run.generator.resolution,
            }
            how = Protocol(f"{measure.replace('_', ' ')} of encodings", entries)
            of = results.measurements.setdefault(f"encoding_{measure}", {})
            of[name] = Measurement(take(spectrum), how)
        details[name] = _structure(encoding, mean_image)
    return results


def _structure(
    encoding: Float[np.ndarray, "features h w"], mean_image: Float[np.ndarray, "side side 3"]
) -> dict[str, Any]:
    """Return what has no interval: structure, and the match with the mean image (Fig. 5, 14)."""
    height, width = encoding.shape[1:]
    # Tables may be too small for the band.
    structure = spatial_structure(encoding) if height > 2 * CYCLES else None
    found: dict[str, Any] = {"spatial_structure": structure}
    if height == width:  # a cylinder is wider than its images
        found["mean_image"] = asdict(mean_image_match(principal_components(encoding), mean_image))
    return found
