"""The positional encodings of a profile's runs, measured: what Fig. 4, 5, 6 and 14 are made of."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from cipslib.checkpoints import load_generator
from cipslib.config import Profile
from cipslib.datasets.cards import centres, open_images, read_prepared
from cipslib.datasets.moments import average_picture
from cipslib.datasets.splits import training_indices
from cipslib.errors import UserError
from cipslib.generator import Generator, GeneratorConfig
from cipslib.metrics.encodings import (
    Components,
    Match,
    mean_image_match,
    positional_encodings,
    principal_components,
    share_of_start,
    spatial_structure,
)
from cipslib.metrics.spectra import Spectrum, centroid, share_above, spectrum_of_encoding
from cipslib.metrics.uncertainty import Estimate
from cipslib.shapes import Float
from cipslib.state import initial_generator

WORDS = {"fourier": "Fourier features", "embedding": "coordinate embeddings"}


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
    mean: Float[np.ndarray, "h w 3"]  # of its training pictures
    encodings: dict[str, Measured]
    start: Float[np.ndarray, "features h w"] | None  # the table before training; None: has none
    kept: float | None  # share of the table's variance that is its start's; None: it is not known


def encoded_runs(profile: Profile) -> dict[str, EncodedRun]:
    """Every run of the model cips that was trained on whole pictures of the plane, by name.

    On a cylinder or on patches positions are not those of the pictures, so that no mean picture
    belongs to them. A profile may have no such run. The start of an imported table is not known:
    in its place stands one that begins as it did, N(0, 1). Raises UserError if generator or data of
    a run are missing.
    """
    found = {}
    for name, run in profile.runs.items():
        config = run.generator
        if not isinstance(config, GeneratorConfig) or config.circumference or run.training.patches:
            continue
        generator = load_generator(profile.paths.generator(name))
        assert isinstance(generator, Generator)  # as the configuration says
        stored = open_images(profile.paths.images(run.dataset), profile.datasets[run.dataset].side)
        card = read_prepared(profile.paths.card(run.dataset))
        mean = average_picture(centres(stored, config.resolution), training_indices(card))
        encodings = positional_encodings(generator)
        first = initial_generator(config, run.training.seed, torch.device("cpu"))
        assert isinstance(first, Generator)
        start = positional_encodings(first).get("embedding")
        found[name] = EncodedRun(
            name,
            card["plays"],
            generator,
            mean,
            {kind: measure(values, mean) for kind, values in encodings.items()},
            start,
            None
            if start is None or run.imported
            else share_of_start(encodings["embedding"], start),
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


def untrained(run: EncodedRun) -> Measured:
    """The run's table of embeddings as it was before training."""
    if run.start is None:
        raise UserError(f"run {run.name} has no coordinate embeddings")
    return measure(run.start, run.mean)


def described(profile: Profile, run: EncodedRun) -> str:
    """What it is and what it was trained on, whose part that plays being no claim to be it."""
    config = profile.runs[run.name]
    part = f", in {run.plays}'s part" if run.plays else ""
    seen = f"images seen: {config.length_text}, of `{config.dataset}`{part}"
    return f"`{run.name}`: the variant *{run.generator.config.variant}*, {seen}"


def encodings_table(runs: Iterable[EncodedRun], white: Measured | None) -> pd.DataFrame:
    """A row for each encoding, and for ``white``, a table before training."""
    entries = [
        (run.name, WORDS[kind], found, run.kept if kind == "embedding" else None)
        for run in runs
        for kind, found in run.encodings.items()
    ]
    if white is not None:
        entries.append(("–", "table before training", white, None))
    return pd.DataFrame(
        {
            "Run": name,
            "Encoding": encoding,
            "Mean frequency": _with_interval(found.frequency, ".3f"),
            "Above 0.25": _with_interval(found.high, ".1%"),
            "Three components": f"{found.components.explained.sum():.1%}",
            "Structure": f"{found.structure:.3f}",
            "Its start's": "–" if kept is None else f"{kept:.1%}",
            "Mean picture, R²": f"{found.match.r2:.3f}",
            "R² elsewhere": f"{found.match.by_chance:.3f}",
            "p": f"{found.match.p:.3f}",
        }
        for name, encoding, found, kept in entries
    )


def _with_interval(estimate: Estimate, digits: str) -> str:
    value, low, high = (
        f"{each:{digits}}" for each in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value} [{low}, {high}]"


def findings(run: EncodedRun, white: Measured) -> list[str]:
    """Fig. 4 and 5 in numbers, of a run that has both encodings."""
    fourier, table = run.encodings["fourier"], run.encodings["embedding"]
    kept = "an unknown share" if run.kept is None else f"{run.kept:.1%}"
    return [
        f"**Fig. 4**, of `{run.name}`: the mean frequency of the Fourier features is "
        f"{fourier.frequency.value:.3f} cycles a pixel, that of the embeddings "
        f"{table.frequency.value:.3f}; before training it was {white.frequency.value:.3f}.",
        f"**Fig. 5:** {kept} of the embeddings' variance is that of the noise that they began "
        f"with, {table.structure:.3f} is large-scale structure. Their three components explain "
        f"R² = {table.match.r2:.3f} of the averaged picture, {table.match.by_chance:.3f} of it "
        f"moved (p = {table.match.p:.3f}).",
    ]
