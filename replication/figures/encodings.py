"""Fig. 4, 5, 6 and 14: the positional encodings of a profile's runs (notebook 05)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure

from cipslib.analysis.encoding_measures import (
    EncodingMeasures,
    MeasuredEncodings,
    measure_encodings,
)
from cipslib.analysis.encodings import as_rgb
from cipslib.analysis.spectral_measures import shared_limits
from cipslib.datasets.mean import average_image
from cipslib.datasets.prepared import read_prepared
from cipslib.datasets.splits import training_indices
from cipslib.metrics.intervals import Estimate
from cipslib.networks.files import load_generator
from cipslib.networks.generator import Generator, GeneratorConfig
from cipslib.networks.models import initial_generator
from cipslib.presets import variant_name
from cipslib.utils.shapes import Float, UInt8
from replication.figures.page import Page, Results
from replication.figures.panels import Panel, mosaic, panel_grid
from replication.tables.tables import Comparison, with_interval

WORDS = {"fourier": "Fourier features", "embedding": "coordinate embeddings"}
ZEROED = {  # Fig. 6: columns -> the kind of image that `cips spectra` drew
    "original": "generated",
    "embeddings zeroed": "without_embedding",
    "Fourier features zeroed": "without_fourier",
    "Fourier zeroed, initial embeddings": "initial_embedding",
}


@dataclass(frozen=True)
class EncodedRun:
    """A run, its encodings, and the mean of the images that it was trained on."""

    name: str
    title: str
    paper_dataset: str | None  # the paper's data set in whose place the run's is used
    mean: Float[np.ndarray, "h w 3"]
    measured: MeasuredEncodings

    @property
    def mean_image(self) -> UInt8[np.ndarray, "h w 3"]:
        """The mean to be shown."""
        return self.mean.astype(np.uint8)


def encoded_runs(page: Page) -> dict[str, EncodedRun]:
    """Measure every run of the model cips that was trained on whole images of the plane, by name.

    On a cylinder or on patches positions are not those of the images, so that no mean image belongs
    to them. A profile may have no such run. The start of an imported table is not known: in its
    place stands one that begins as it did, N(0, 1). Raises UserError if generator or data of a run
    are missing.
    """
    found = {}
    for name, run in page.study.runs.items():
        config = run.generator
        if not isinstance(config, GeneratorConfig) or config.circumference or run.training.patches:
            continue
        card = read_prepared(page.paths.card(run.dataset))
        mean = average_image(page.images(run.dataset), training_indices(card))
        generator = load_generator(page.paths.generator(name))
        first = initial_generator(config, run.training.seed, torch.device("cpu"))
        assert isinstance(generator, Generator) and isinstance(first, Generator)
        measured = measure_encodings(generator, first, mean, own_start=run.imported is None)
        replaced = card["paper_dataset"]
        part = f", in place of {replaced}" if replaced else ""
        title = f"`{name}`: the variant *{variant_name(config.variant)}*, images seen: "
        title += f"{run.length_text}, of `{run.dataset}`{part}"
        found[name] = EncodedRun(name, title, replaced, mean, measured)
    return found


def encodings_table(runs: Collection[EncodedRun], main: EncodedRun | None) -> pd.DataFrame:
    """Return a row for each encoding, for what training added to a table, and for the start of
    ``main``. What was added is not known of imported weights.
    """
    entries = []
    for run in runs:
        measured = run.measured
        entries += [(run.name, WORDS[kind], one) for kind, one in measured.encodings.items()]
        if measured.learned is not None and measured.kept is not None:
            title = f"– what training added ({1 - measured.kept:.1%})"
            entries.append((run.name, title, measured.learned))
    if main is not None and main.measured.start is not None:
        entries.append((main.name, "embeddings before training", main.measured.start))
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
    return f"{estimate.value:{digits}} [{estimate.low:{digits}}, {estimate.high:{digits}}]"


def plot_encoding_spectra(run: EncodedRun) -> Figure:
    """Draw Fig. 4, and the spectrum of the embeddings before training."""
    titles = ["(a) Fourier features", "(b) coordinate embeddings", "(b) before training"]
    encodings = [*run.measured.encodings.values(), run.measured.start]
    spectra = [each.spectrum for each in encodings if each is not None]
    high = shared_limits(*spectra)[1]
    panels = [Panel(spectrum.plane) for spectrum in spectra]
    return panel_grid(titles, [(run.name, panels)], (high - 80, high), "power, dB")


def plot_components(run: EncodedRun) -> Figure:
    """Draw Fig. 5 with what the table began with, what was added to it, and the mean image."""
    measured = run.measured
    shown = {
        "(a) Fourier features": measured.encodings["fourier"],
        "(b) embeddings": measured.encodings["embedding"],
        "(b) before training": measured.start,
    }
    if measured.kept is not None:
        shown[f"(b) what training added: {1 - measured.kept:.1%}"] = measured.learned
    panels = []
    for found in shown.values():
        assert found is not None  # Fig. 5 is of a run that has both encodings
        part, noise = found.components.explained.sum(), found.components.by_chance
        panels.append(Panel(as_rgb(found.components), f"explain {part:.1%}\n(noise: {noise:.1%})"))
    panels.append(Panel(run.mean_image))
    return panel_grid([*shown, "the averaged face"], [(run.name, panels)])


def table_rows(
    runs: Sequence[EncodedRun | str], bottom: bool = False
) -> list[tuple[str, list[Panel]]]:
    """Return panels of the tables of embeddings, and below of what training added to them.

    A text in place of a run says why there is none. ``bottom``: with how much more horizontal the
    lowest eighth is (Fig. 14).
    """
    tables, added = [], []
    for run in runs:
        if isinstance(run, str):
            tables.append(Panel(None, absent=run))
            added.append(Panel(None, absent=run))
            continue
        before = f"\n{bottom_text(run).partition(', ')[2]}" if run.measured.start else ""
        tables.append(_panel(run.measured.encodings["embedding"], bottom, before))
        unknown = Panel(None, absent="its start is not known")
        learned = run.measured.learned
        added.append(unknown if learned is None else _panel(learned, bottom))
    return [("as they are", tables), ("what was added", added)]


def _panel(found: EncodingMeasures, bottom: bool, before: str = "") -> Panel:
    note = f"at the bottom {found.bottom:.2f}{before}" if bottom else ""
    return Panel(as_rgb(found.components), f"structure {found.structure:.3f}\n{note}".rstrip())


def bottom_text(run: EncodedRun) -> str:
    """Say Fig. 14's horizontal structure at the bottom of a table, beside that of its start."""
    start = run.measured.start
    before = "" if start is None else f", before training {start.bottom:.2f}"
    return f"at the bottom {run.measured.encodings['embedding'].bottom:.2f}{before}"


def plot_zeroed(results: Sequence[Results]) -> Figure:
    """Draw Fig. 6: four images for each of ``ZEROED``, and below the share of their power above a
    quarter of a cycle a pixel.
    """
    rows = []
    for each in results:
        energy = each.numbers["high_frequency_energy"]
        row = [
            Panel(
                mosaic(each.arrays[f"images.{kind}"], 2),
                with_interval(energy[kind], percent=True).replace(" [", "\n["),
            )
            for kind in ZEROED.values()
        ]
        rows.append((each.run, row))
    return panel_grid([*ZEROED], rows)


def findings(main: EncodedRun, runs: Sequence[EncodedRun]) -> list[str]:
    """Say what was found of Fig. 4 and 5, of one run, and of Fig. 14, of several."""
    fourier, table = (main.measured.encodings[kind] for kind in ("fourier", "embedding"))
    tables = {"the embeddings": table, "what they were before training": main.measured.start}
    tables["what training added"] = main.measured.learned
    known = {name: found for name, found in tables.items() if found is not None}
    frequencies = [f"{found.frequency.value:.3f} of {name}" for name, found in known.items()]
    matches = [
        f"R² = {found.match.r2:.3f} by {name} (p = {found.match.p:.3f})"
        for name, found in known.items()
    ]
    structure = [
        f"{run.measured.encodings['embedding'].structure:.3f} (`{run.name}`, {bottom_text(run)})"
        for run in runs
    ]
    return [
        f"**Fig. 4**, mean frequency in cycles a pixel: {fourier.frequency.value:.3f} of the "
        f"Fourier features, {', '.join(frequencies)}.",
        f"**Fig. 5**, the mean image explained by three components: {', '.join(matches)}.",
        f"**Fig. 14**, structure: {', '.join(structure)}.",
    ]


def zeroed_statements(results: Sequence[Results]) -> list[Comparison]:
    """Return Fig. 6's statements as shares of power above a quarter of a cycle a pixel."""
    found: list[Comparison] = []
    for each in results:
        energy = each.numbers["high_frequency_energy"]
        whole, smooth = energy["generated"], energy["without_embedding"]
        alone, start = energy["without_fourier"], energy["initial_embedding"]
        no_details = "without embeddings: no fine-grained details"
        only_details = "without Fourier features: details alone"
        found.append((no_details, f"power above 0.25, {each.run}", "below", smooth, whole))
        found.append((only_details, f"power above 0.25, {each.run}", "above", alone, whole))
        noise = "(ours) other than the noise at the start"
        found.append((noise, f"power above 0.25, {each.run}", "below", alone, start))
    return found
