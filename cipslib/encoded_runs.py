"""The positional encodings of a profile's runs, measured: what Fig. 4, 5, 6 and 14 are made of."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cipslib.checkpoints import load_generator
from cipslib.config import Profile
from cipslib.datasets.cards import centres, open_images, read_prepared
from cipslib.datasets.moments import mean_and_deviation
from cipslib.generator import Generator, GeneratorConfig
from cipslib.metrics.encodings import (
    Components,
    Match,
    mean_image_match,
    positional_encodings,
    principal_components,
    spatial_structure,
)
from cipslib.metrics.spectra import Spectrum, centroid, share_above, spectrum_of_encoding
from cipslib.metrics.uncertainty import Estimate
from cipslib.shapes import Float, UInt8

WORDS = {"fourier": "Fourier features", "embedding": "coordinate embeddings"}
REAL = 2000  # pictures, evenly spaced in the set, that its mean is taken of


@dataclass(frozen=True)
class Measured:
    """One encoding of one run; the numbers are explained where they are computed."""

    spectrum: Spectrum
    frequency: Estimate  # mean, in cycles a pixel
    high: Estimate  # share of the power above a quarter of a cycle a pixel
    components: Components
    structure: float
    match: Match  # of the components and the mean picture

    @property
    def explained(self) -> str:
        """For below a picture of the components."""
        found = self.components
        return f"explain {found.explained.sum():.1%}\nnoise: {found.by_chance:.1%}"


@dataclass(frozen=True)
class EncodedRun:
    """A trained generator, its encodings ("fourier", "embedding"), and what it was trained on."""

    name: str
    plays: str | None  # the paper's data set whose part the run's plays
    generator: Generator
    real: UInt8[np.ndarray, "count h w 3"]
    mean: Float[np.ndarray, "h w 3"]
    encodings: dict[str, Measured]


def encoded_runs(profile: Profile) -> dict[str, EncodedRun]:
    """Every run of the model cips that was trained on whole pictures of the plane, by name.

    On a cylinder or on patches positions are not those of the pictures, so that no mean picture
    belongs to them. A profile may have no such run. Raises UserError if generator or data of a run
    are missing.
    """
    found = {}
    for name, run in profile.runs.items():
        config = run.generator
        if not isinstance(config, GeneratorConfig) or config.circumference or run.training.patches:
            continue
        generator = load_generator(profile.paths.generator(name))
        assert isinstance(generator, Generator)  # as the configuration says
        stored = open_images(profile.paths.images(run.dataset), profile.datasets[run.dataset].side)
        chosen = np.linspace(0, len(stored) - 1, min(len(stored), REAL)).astype(int)
        real = centres(stored[chosen], config.resolution)
        mean = mean_and_deviation(real)[0]
        encodings = positional_encodings(generator)
        found[name] = EncodedRun(
            name,
            read_prepared(profile.paths.card(run.dataset))["plays"],
            generator,
            real,
            mean,
            {kind: measure(values, mean) for kind, values in encodings.items()},
        )
    return found


def measure(
    values: Float[np.ndarray, "features h w"], mean: Float[np.ndarray, "h w 3"]
) -> Measured:
    """All numbers of an encoding, beside the mean picture of what it was trained on."""
    spectrum = spectrum_of_encoding(values)
    components = principal_components(values)
    return Measured(
        spectrum,
        frequency=centroid(spectrum),
        high=share_above(spectrum),
        components=components,
        structure=spatial_structure(values),
        match=mean_image_match(components, mean),
    )


def untrained(run: EncodedRun, seed: int = 0) -> Measured:
    """A table of embeddings as it starts, N(0, 1), of the size of the run's."""
    config = run.generator.config
    shape = (config.embedding_dim, config.resolution, config.resolution)
    return measure(np.random.default_rng(seed).standard_normal(shape), run.mean)


def described(profile: Profile, run: EncodedRun) -> str:
    """What it is and what it was trained on, whose part that plays being no claim to be it."""
    config = profile.runs[run.name]
    part = f", in {run.plays}'s part" if run.plays else ""
    seen = f"images seen: {config.length_text}, of `{config.dataset}`{part}"
    return f"`{run.name}`: the variant *{run.generator.config.variant}*, {seen}"


def encodings_table(runs: Iterable[EncodedRun], white: Measured | None) -> pd.DataFrame:
    """A row for each encoding, and for ``white``, an untrained table."""
    entries = [
        (run.name, WORDS[kind], found) for run in runs for kind, found in run.encodings.items()
    ]
    if white is not None:
        entries.append(("–", "untrained table", white))
    return pd.DataFrame(
        {
            "Run": name,
            "Encoding": encoding,
            "Mean frequency": _with_interval(found.frequency, ".3f"),
            "Above 0.25": _with_interval(found.high, ".1%"),
            "Three components": f"{found.components.explained.sum():.1%}",
            "Structure": f"{found.structure:.3f}",
            "Mean picture": f"{found.match.r2:.2f} ({found.match.by_chance:.2f}, "
            f"p = {found.match.p:.3f})",
        }
        for name, encoding, found in entries
    )


def _with_interval(estimate: Estimate, digits: str) -> str:
    value, low, high = (
        f"{each:{digits}}" for each in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value} [{low}, {high}]"


def findings(run: EncodedRun, white: Measured) -> list[str]:
    """Fig. 4 and 5 in numbers, of a run that has both encodings."""
    fourier, table = run.encodings["fourier"], run.encodings["embedding"]
    return [
        f"**Fig. 4**, of `{run.name}`: the mean frequency of the Fourier features is "
        f"{fourier.frequency.value:.3f} cycles a pixel, that of the embeddings "
        f"{table.frequency.value:.3f}; an untrained table has {white.frequency.value:.3f}.",
        f"**Fig. 5:** structure is {table.structure:.3f} of the embeddings' variance; the averaged "
        f"picture is explained to {table.match.r2:.2f}, moved ones to {table.match.by_chance:.2f} "
        f"(p = {table.match.p:.3f}).",
    ]
