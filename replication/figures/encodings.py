"""The positional encodings of a profile's runs, measured: what Fig. 4, 5, 6 and 14 are made of."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch

from cipslib.analysis.encodings import (
    Components,
    Match,
    as_rgb,
    horizontal_at_bottom,
    learned_part,
    mean_image_match,
    positional_encodings,
    principal_components,
    share_of_start,
    spatial_structure,
)
from cipslib.analysis.spectra import Spectrum, encoding_spectrum
from cipslib.analysis.spectral_measures import centroid, share_above
from cipslib.datasets.mean import average_image
from cipslib.datasets.prepared import centres, open_images, read_prepared
from cipslib.datasets.splits import training_indices
from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement
from cipslib.networks.files import load_generator
from cipslib.networks.generator import Generator, GeneratorConfig
from cipslib.networks.models import initial_generator
from cipslib.presets import variant_name
from cipslib.utils.shapes import Float, UInt8
from replication.figures.panels import Panel
from replication.figures.style import mosaic
from replication.profile.profile import Profile
from replication.tables.tables import with_interval

WORDS = {"fourier": "Fourier features", "embedding": "coordinate embeddings"}
START = "embeddings before training"
ZEROED = {  # Fig. 6: columns -> the kind of picture that `cips spectra` drew
    "original": "generated",
    "embeddings zeroed": "without_embedding",
    "Fourier features zeroed": "without_fourier",
    "Fourier zeroed, initial embeddings": "initial_embedding",
}


@dataclass(frozen=True)
class Measured:
    """One encoding of one run; the numbers are explained where they are computed."""

    spectrum: Spectrum
    frequency: Estimate  # mean, in cycles a pixel
    high: Estimate  # share of the power above a quarter of a cycle a pixel
    components: Components
    structure: float
    match: Match  # of the components and the mean picture
    bottom: float  # how much more horizontal its lowest eighth is

    @property
    def explained(self) -> str:
        """For below a picture of the components."""
        found = self.components
        return f"explain {found.explained.sum():.1%}\n(noise: {found.by_chance:.1%})"


@dataclass(frozen=True)
class EncodedRun:
    """A trained generator, its encodings ("fourier", "embedding"), and what it was trained on."""

    name: str
    paper_dataset: str | None  # the paper's data set in whose place the run's is used
    generator: Generator
    mean: Float[np.ndarray, "h w 3"]  # of its training pictures
    encodings: dict[str, Measured]
    start: Measured | None  # the table as it was before training; None: there is none
    learned: Measured | None  # what training added to that; None: the run's own start is not known
    kept: float | None  # share of the table's variance that is its start's; as ``learned``


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
        mean = average_image(centres(stored, config.resolution), training_indices(card))
        encodings = positional_encodings(generator)
        first = initial_generator(config, run.training.seed, torch.device("cpu"))
        assert isinstance(first, Generator)
        table, start = encodings.get("embedding"), positional_encodings(first).get("embedding")
        learned, kept = None, None
        if table is not None and start is not None and run.imported is None:
            learned = measure(learned_part(table, start), mean)
            kept = share_of_start(table, start)
        found[name] = EncodedRun(
            name,
            card["paper_dataset"],
            generator,
            mean,
            {kind: measure(values, mean) for kind, values in encodings.items()},
            start=None if start is None else measure(start, mean),
            learned=learned,
            kept=kept,
        )
    return found


def measure(
    values: Float[np.ndarray, "features h w"], mean: Float[np.ndarray, "h w 3"]
) -> Measured:
    """All numbers of an encoding, beside the mean picture of what it was trained on."""
    spectrum = encoding_spectrum(values)
    components = principal_components(values)
    return Measured(
        spectrum,
        frequency=centroid(spectrum),
        high=share_above(spectrum),
        components=components,
        structure=spatial_structure(values),
        match=mean_image_match(components, mean),
        bottom=horizontal_at_bottom(values),
    )


def described(profile: Profile, run: EncodedRun) -> str:
    """What it is and what it was trained on, whose part that plays being no claim to be it."""
    config = profile.runs[run.name]
    part = f", in the part of {run.paper_dataset}" if run.paper_dataset else ""
    seen = f"images seen: {config.length_text}, of `{config.dataset}`{part}"
    return f"`{run.name}`: the variant *{variant_name(run.generator.config.variant)}*, {seen}"


def encodings_table(runs: Collection[EncodedRun], main: EncodedRun | None) -> pd.DataFrame:
    """A row for each encoding, for what training added to a table, and for the start of ``main``.

    What was added is not known of imported weights, whose start is another of the same kind.
    """
    entries = []
    for run in runs:
        entries += [(run.name, WORDS[kind], one) for kind, one in run.encodings.items()]
        if run.learned is not None and run.kept is not None:
            entries.append((run.name, f"– what training added ({1 - run.kept:.1%})", run.learned))
    if main is not None and main.start is not None:
        entries.append((main.name, START, main.start))
    return pd.DataFrame(
        {
            "Run": name,
            "Encoding": encoding,
            "Mean frequency": _with_interval(found.frequency, ".3f"),
            "Above 0.25": _with_interval(found.high, ".1%"),
            "Structure": f"{found.structure:.3f}",
            "R² (moved)": f"{found.match.r2:.3f} ({found.match.by_chance:.3f})",
            "p": f"{found.match.p:.3f}",
        }
        for name, encoding, found in entries
    )


def _with_interval(estimate: Estimate, digits: str) -> str:
    value, low, high = (
        f"{each:{digits}}" for each in (estimate.value, estimate.low, estimate.high)
    )
    return f"{value} [{low}, {high}]"


def findings(run: EncodedRun) -> list[str]:
    """Fig. 4 and 5 in numbers, of a run that has both encodings."""
    fourier, table = run.encodings["fourier"], run.encodings["embedding"]
    assert run.start is not None  # there is a table, so it began somehow
    lines = [
        f"**Fig. 4**, of `{run.name}`: the mean frequency of the Fourier features is "
        f"{fourier.frequency.value:.3f} cycles a pixel, that of the embeddings "
        f"{table.frequency.value:.3f}; before training it was {run.start.frequency.value:.3f}.",
        f"**Fig. 5:** the embeddings' three components explain {_matched(table.match)}.",
    ]
    if run.learned is not None:
        lines[1] += (
            f" {run.kept:.1%} of the embeddings' variance is that of the noise that they began "
            f"with; the components of the rest, which is what training added, explain "
            f"{_matched(run.learned.match)}."
        )
    return lines


def _matched(match: Match) -> str:
    return (
        f"R² = {match.r2:.3f} of the averaged picture, and {match.by_chance:.3f} of it moved "
        f"(p = {match.p:.3f})"
    )


def zeroed_rows(
    runs: Collection[str],
    pictures: Mapping[str, Mapping[str, np.ndarray]],
    energy: Mapping[str, Mapping[str, Measurement | None]],
) -> list[tuple[str, list[Panel]]]:
    """Fig. 6: four pictures of each of ``ZEROED``, and of how high their frequencies are.

    By run: ``pictures`` as `cips spectra` wrote them, ``energy`` the share of power above a quarter
    of a cycle a pixel.
    """
    return [
        (
            run,
            [
                Panel(
                    mosaic(pictures[run][f"pictures.{kind}"], 2),
                    with_interval(energy[run][kind], percent=True),
                )
                for kind in ZEROED.values()
            ],
        )
        for run in runs
    ]


def zeroed_text(energy: Mapping[str, Mapping[str, Measurement]]) -> str:
    """Fig. 6 in numbers, by run: ``energy`` as above, and that of real pictures."""
    of_runs = []
    for run, of in energy.items():
        drawn, smooth, alone, start, real = (
            f"{of[kind].estimate.value:.1%}" for kind in (*ZEROED.values(), "real")
        )
        of_runs.append(
            f"`{run}` {drawn}, without embeddings {smooth}, without Fourier features {alone} "
            f"(initial embeddings: {start}), of real pictures {real}"
        )
    return f"**Fig. 6**, power above 0.25 cycles a pixel: {'; '.join(of_runs)}."


def bottom_text(run: EncodedRun) -> str:
    """Fig. 14's horizontal structure at the bottom of a table, beside that of its start."""
    before = "" if run.start is None else f", before training {run.start.bottom:.2f}"
    return f"at the bottom {run.encodings['embedding'].bottom:.2f}{before}"


def component_panels(run: EncodedRun) -> tuple[list[str], list[Panel]]:
    """Fig. 5 with what the table began with, what was added to it, and the mean picture; titles."""
    assert run.start is not None  # Fig. 5 is of a run that has both encodings
    shown = {"(a) Fourier features": run.encodings["fourier"]}
    shown["(b) embeddings"] = run.encodings["embedding"]
    shown["(b) before training"] = run.start
    if run.learned is not None and run.kept is not None:
        shown[f"(b) what training added: {1 - run.kept:.1%}"] = run.learned
    panels = [Panel(as_rgb(found.components), found.explained) for found in shown.values()]
    return [*shown, "the averaged face"], [*panels, _mean_panel(run)]


def table_rows(
    runs: Sequence[EncodedRun | str], bottom: bool = False
) -> list[tuple[str, list[Panel]]]:
    """Their tables of embeddings, and below what training added to them; for a run that is not
    there: why. ``bottom``: with how much more horizontal the lowest eighth is.
    """
    tables, added = [], []
    for run in runs:
        if isinstance(run, str):
            tables.append(Panel(None, absent=run))
            added.append(Panel(None, absent=run))
            continue
        table = _panel(run.encodings["embedding"], bottom)
        if bottom and run.start is not None:
            table = replace(table, note=f"{table.note}\n(before training {run.start.bottom:.2f})")
        tables.append(table)
        unknown = Panel(None, absent="its start is not known")
        added.append(unknown if run.learned is None else _panel(run.learned, bottom))
    return [("as they are", tables), ("what was added", added)]


def data_set_rows(
    runs: Sequence[EncodedRun | str], drawn: UInt8[np.ndarray, "h w 3"] | None
) -> list[tuple[str, list[Panel]]]:
    """Fig. 14: as ``table_rows``, and beside them a picture that the last run has drawn, and below
    that the mean of its training pictures.
    """
    *_, last = runs
    pictures = [Panel(None, absent=str(last))] * 2
    if isinstance(last, EncodedRun):
        pictures = [Panel(drawn), _mean_panel(last, "the averaged picture")]
    rows = table_rows(runs, bottom=True)
    return [(name, [*row, one]) for (name, row), one in zip(rows, pictures, strict=True)]


def _panel(found: Measured, bottom: bool) -> Panel:
    note = f"structure {found.structure:.3f}"
    if bottom:
        note += f"\nat the bottom {found.bottom:.2f}"
    return Panel(as_rgb(found.components), note)


def _mean_panel(run: EncodedRun, note: str = "") -> Panel:
    return Panel(run.mean.astype(np.uint8), note)
