"""`cips spectra`: spectra of a run's pictures beside real ones, and of its encodings (4.4, 4.5)."""

from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from cipslib.analysis.encodings import CYCLES as STRUCTURE
from cipslib.analysis.encodings import (
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
from cipslib.metrics.measurement import Measurement, Measurements, Protocol, measurements_to_json
from cipslib.networks.generator import Generator
from cipslib.networks.positional_encoding import ENCODINGS
from replication.measurements.common.run import Measured, write_run
from replication.measurements.common.trained_run import (
    Draw,
    Portions,
    Subject,
    generated_files,
    open_subject,
    picture_entries,
    real_files,
)
from replication.profile.profile import Profile
from replication.profile.results import Arrays

CONVENTIONS = {"ours": power_spectrum, "durall": durall_spectrum}
BANDS = {"spectral_distance": (0.0, NYQUIST), "spectral_distance_tail": (NYQUIST / 2, NYQUIST)}
HIGH = NYQUIST / 2  # cycles a pixel
CYCLES = 5  # across the picture, from where on the decay is taken: docs/protocol.md
PARTS = 10  # of the pictures, for a jackknife
SHOWN = 4  # pictures that are kept (Fig. 6)


def spectra_run(profile: Profile, name: str) -> Path:
    """Write numbers, and curves, planes and pictures, to one folder; returns the numbers' path.

    Of evaluation.spectrum_images generated pictures, and of two sets of as many real ones: the
    reference, and others in the generated ones' place; half of all, if there are fewer. Of a run
    that the profile leaves out: why.
    Raises UserError if generator or data are missing, or pictures are too few or too small.
    """
    return write_run(profile, name, profile.paths.spectra(name), _measure)


def _measure(profile: Profile, name: str) -> Measured:
    subject = open_subject(profile, name)
    reference, others = _draws(subject)
    spectra = {
        "generated": _of_generated(subject),
        "real": _spectra(real_files(subject, others.indices), len(others.indices)),
        "reference": _spectra(real_files(subject, reference.indices), len(reference.indices)),
    }
    numbers, chance = _distances(subject, reference, spectra)
    arrays = {
        f"{kind}.{convention}.{key}": value
        for kind, found in spectra.items()
        for convention, spectrum in found.whole.items()
        for key, value in _arrays(spectrum).items()
    }
    without = _without_encodings(subject)
    numbers["high_frequency_energy"] |= {
        kind: _energy(subject, reference, _of_generated(lacking))
        for kind, lacking in without.items()
    }
    pictures = {
        f"pictures.{kind}": next(generated_files(one, SHOWN))
        for kind, one in {"generated": subject, **without}.items()
    }
    encodings = _encodings(subject)
    content = {
        **measurements_to_json({**numbers, **encodings.numbers}),
        "chance": chance,
        "without_interval": {kind: _bare(one.whole["ours"]) for kind, one in spectra.items()},
        "encodings": encodings.without_interval,
    }
    return subject, content, {**arrays, **pictures, **encodings.arrays}


@dataclass(frozen=True)
class Set:
    """Spectra of a set of pictures, by convention."""

    whole: dict[str, Spectrum]
    parts: list[Spectrum]  # of tenths of the pictures, in our convention


def _draws(subject: Subject) -> tuple[Draw, Draw]:
    """Two disjoint sets of training pictures."""
    count = min(subject.config.spectrum_images, len(subject.chosen) // 2)
    order = np.random.default_rng(subject.config.seed).permutation(subject.chosen)
    split = "two disjoint random draws from the training set"
    return Draw(np.sort(order[:count]), split), Draw(np.sort(order[count : 2 * count]), split)


def _of_generated(subject: Subject) -> Set:
    count = subject.config.spectrum_images
    return _spectra(generated_files(subject, count), count)


def _spectra(portions: Portions, count: int) -> Set:
    """In one pass for all conventions and tenths of the ``count`` pictures."""
    parts = min(PARTS, count)
    found: dict[str, list[list[Spectrum]]] = {
        name: [[] for _ in range(parts)] for name in CONVENTIONS
    }
    first = 0
    for portion in portions:
        tenths = np.arange(first, first + len(portion)) * parts // count
        for tenth in np.unique(tenths):
            for name, spectrum_of in CONVENTIONS.items():
                found[name][tenth].append(spectrum_of(portion[tenths == tenth]))
        first += len(portion)
    whole = {
        name: joined([one for some in tenths for one in some]) for name, tenths in found.items()
    }
    return Set(whole, [joined(some) for some in found["ours"]])


def _bare(spectrum: Spectrum) -> dict[str, float]:
    """What has no interval."""
    rough = spectral_roughness(spectrum)
    slope = decay(spectrum, (CYCLES / spectrum.plane.shape[0], 0.45))
    return {"decay": slope, "strongest_peak": rough.strongest, "noise": rough.noise}


def _distances(
    subject: Subject, reference: Draw, spectra: dict[str, Set]
) -> tuple[Measurements, dict[str, Any]]:
    """Of generated and other real pictures: how far their curves are from the reference's, how
    rough their mean spectra, and energies. Second: what chance makes of each distance.
    """
    numbers: Measurements = {}
    chance: dict[str, Any] = {}
    for name, band in BANDS.items():
        how = _how(subject, reference, f"spectral distance, {band[0]:g} to {band[1]:g} cycles/px")
        found = {
            kind: spectral_distance(
                spectra[kind].whole["ours"], spectra["reference"].whole["ours"], band
            )
            for kind in ("generated", "real")
        }
        numbers[name] = {kind: Measurement(one.distance, how) for kind, one in found.items()}
        chance[name] = {kind: {"below": one.chance, "p": one.p} for kind, one in found.items()}
    how = _how(subject, reference, f"roughness of the mean spectrum above {HIGH:g} cycles/px")
    numbers["spectral_roughness"] = {
        kind: Measurement(roughness_interval(spectra[kind].parts), how)
        for kind in ("generated", "real")
    }
    numbers["high_frequency_energy"] = {
        kind: _energy(subject, reference, spectra[kind]) for kind in ("generated", "real")
    }
    return numbers, chance


def _energy(subject: Subject, reference: Draw, of: Set) -> Measurement:
    how = _how(subject, reference, f"share of the power above {HIGH:g} cycles/px")
    return Measurement(share_above(of.whole["ours"], HIGH), how)


def _without_encodings(subject: Subject) -> dict[str, Subject]:
    """The same with either encoding set to zero (Fig. 6), if the generator has both.

    And without Fourier features once more, with the embeddings as they were before training: what
    a picture owes to their noise alone.
    """
    generator = subject.generator
    if not isinstance(generator, Generator):
        return {}
    if generator.fourier is None or generator.embedding is None:
        return {}
    without = {
        f"without_{name}": replace(
            subject, render_options=replace(subject.render_options, zero_encoding=name)
        )
        for name in ENCODINGS
    }
    noise = replace(without["without_fourier"], generator=_with_initial_table(subject, generator))
    return {**without, "initial_embedding": noise}


def _with_initial_table(subject: Subject, generator: Generator) -> Generator:
    """A copy of ``generator`` with the embeddings that its training began with.

    Where it was imported these are not known: others, from the same distribution.
    """
    first = subject.untrained().generator
    copy = deepcopy(generator)
    assert isinstance(first, Generator) and first.embedding and copy.embedding
    copy.embedding.load_state_dict(first.embedding.state_dict())
    return copy


def _how(subject: Subject, reference: Draw, measure: str) -> Protocol:
    entries = {
        "measure": measure,
        **POWER_PROTOCOL,
        **picture_entries(subject, reference, subject.config.spectrum_images),
    }
    return Protocol(measure, entries)


def _arrays(spectrum: Spectrum) -> Arrays:
    """What Fig. 7 needs."""
    low, high = spectrum.curve_interval()
    curve = {"frequencies": spectrum.frequencies, "curve": spectrum.curve, "low": low, "high": high}
    return {key: np.ascontiguousarray(v) for key, v in {**curve, "plane": spectrum.plane}.items()}


@dataclass(frozen=True)
class Encodings:
    """What was found out about positional encodings; empty for a network that has none."""

    numbers: Measurements
    without_interval: dict[str, Any]
    arrays: Arrays


def _encodings(subject: Subject) -> Encodings:
    """Of the trained table and Fourier features, each feature being a picture (Fig. 4, 5, 14)."""
    generator = subject.generator
    found = Encodings({}, {}, {})
    if not isinstance(generator, Generator):
        return found
    mean_image = average_image(subject.real, subject.chosen)
    for name, encoding in positional_encodings(generator).items():
        spectrum = encoding_spectrum(encoding)
        components = principal_components(encoding)
        for measure, take in (("centroid", centroid), ("share_above", share_above)):
            how = Protocol(
                f"{measure.replace('_', ' ')} of encodings",
                {
                    "measure": measure,
                    **POWER_PROTOCOL,
                    "values": "as they are",
                    "resolution": subject.run.generator.resolution,
                },
            )
            of = found.numbers.setdefault(f"encoding_{measure}", {})
            of[name] = Measurement(take(spectrum), how)
        found.without_interval[name] = {
            "features": len(encoding),
            "explained": components.explained.tolist(),
            "explained_by_chance": components.by_chance,
            "spatial_structure": _structure(encoding),
        }
        if encoding.shape[1] == encoding.shape[2]:  # a cylinder is wider than its pictures
            match = mean_image_match(components, mean_image)
            found.without_interval[name]["mean_image"] = asdict(match)
        arrays = {**_arrays(spectrum), "components": components.maps}
        found.arrays.update({f"encoding.{name}.{key}": value for key, value in arrays.items()})
    return found


def _structure(encoding: np.ndarray) -> float | None:
    """None for tables that are too small for the band."""
    side = encoding.shape[1]
    return spatial_structure(encoding) if side > 2 * STRUCTURE else None
