"""Fig. 4, 5, 6 and 14: the positional encodings of a profile's runs (notebook 05)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure

from cipslib.analysis.encodings import EncodingMeasures, as_rgb, measure_encodings
from cipslib.datasets.mean import average_image
from cipslib.datasets.prepared import read_prepared
from cipslib.datasets.splits import training_indices
from cipslib.metrics.intervals import Estimate
from cipslib.networks.generator import Generator
from cipslib.networks.models import initial_generator
from cipslib.sampling.images import mosaic
from cipslib.utils.shapes import Float, UInt8
from replication.figures.page import Page, Results
from replication.figures.panels import Panel, panel_grid
from replication.tables.tables import with_interval

ZEROED = {  # Fig. 6: columns -> the kind of image that `cips spectra` drew
    "original": "generated",
    "embeddings zeroed": "without_embedding",
    "Fourier features zeroed": "without_fourier",
}


@dataclass(frozen=True)
class EncodedRun:
    """A run whose generator has both encodings, and the mean of what it was trained on."""

    name: str
    mean: Float[np.ndarray, "h w 3"]
    # The encodings by title, and how the embeddings came about; None: it is not known.
    parts: dict[str, EncodingMeasures | None]


def encoded_runs(page: Page, names: Iterable[str]) -> dict[str, EncodedRun]:
    """Measure the encodings of those of the runs that have both, by name.

    The start of imported embeddings is not known: in its place stands one that begins as it did,
    N(0, 1). Raises UserError if generator or data of a run are missing.
    """
    found = {}
    for name in (name for name in names if name in page.whole.runs):
        run = page.whole.runs[name]
        generator = page.generator(name)
        first = initial_generator(run.generator, run.training.seed, torch.device("cpu"))
        if not isinstance(generator, Generator) or not isinstance(first, Generator):
            continue
        chosen = training_indices(read_prepared(page.paths.card(run.dataset)))
        mean = average_image(page.images(run.dataset), chosen)
        measured = measure_encodings(generator, first, mean, own_start=run.imported is None)
        if len(measured.encodings) == 2:
            parts = {
                "Fourier features": measured.encodings["fourier"],
                "embeddings": measured.encodings["embedding"],
                "embeddings before training": measured.start,
                "what training added": measured.learned,
            }
            found[name] = EncodedRun(name, mean, parts)
    return found


def encodings_table(runs: Iterable[EncodedRun]) -> pd.DataFrame:
    """Return a row for each part of each run's encodings."""
    return pd.DataFrame(
        {
            "Run": run.name,
            "Encoding": title,
            "Mean frequency": _with_interval(found.frequency, ".3f"),
            "Above 0.25": _with_interval(found.high, ".1%"),
            "Structure": f"{found.structure:.3f}",
            "At the bottom": f"{found.bottom:.2f}",
            "R² (moved)": f"{found.match.r2:.3f} ({found.match.by_chance:.3f})",
            "p": f"{found.match.p:.3f}",
        }
        for run in runs
        for title, found in run.parts.items()
        if found is not None
    )


def _with_interval(estimate: Estimate, digits: str) -> str:
    return f"{estimate.value:{digits}} [{estimate.low:{digits}}, {estimate.high:{digits}}]"


def plot_encoding_spectra(run: EncodedRun) -> Figure:
    """Draw Fig. 4, and the spectra of the embeddings before training and of what was added."""
    known = {title: found.spectrum.plane for title, found in run.parts.items() if found is not None}
    return panel_grid([*known], [(run.name, [(plane, "") for plane in known.values()])])


def plot_components(
    runs: Sequence[EncodedRun], images: Mapping[str, UInt8[np.ndarray, "h w 3"]]
) -> Figure:
    """Draw Fig. 5 or 14: a row for each run, with a generated image and the mean of real ones."""
    rows = []
    for run in runs:
        panels = [
            (as_rgb(found.components), f"structure {found.structure:.3f}")
            if found is not None
            else ("not known of imported weights", "")
            for found in run.parts.values()
        ]
        mean = run.mean.astype(np.uint8)
        rows.append((run.name, [*panels, (images[run.name], ""), (mean, "")]))
    return panel_grid([*runs[0].parts, "a generated image", "the mean image"], rows)


def plot_zeroed(results: Sequence[Results]) -> Figure:
    """Draw Fig. 6: four images for each of ``ZEROED``, and below the share of their power above a
    quarter of a cycle a pixel.
    """
    rows: list[tuple[str, list[Panel]]] = []
    for each in results:
        rows.append((each.run, []))
        for kind in ZEROED.values():
            share = with_interval(each.numbers["high_frequency_energy"][kind], percent=True)
            images = mosaic(each.arrays[f"images.{kind}"], 2)
            rows[-1][1].append((images, share.replace(" [", "\n[")))
    return panel_grid([*ZEROED], rows)
