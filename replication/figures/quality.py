"""Tab. 1, 2 and 5, each run's distance as a figure, and how trainings went (notebooks 03, 10)."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from cipslib.metrics import prdc
from cipslib.metrics.measurement import Measurements
from cipslib.networks.models import model_name
from replication.claims.rules import ALLOWED_DIFFERENCES
from replication.figures.page import Page, quality_mark
from replication.figures.style import COLOURS, WIDTH
from replication.profile.run import RunConfig
from replication.tables.format_number import format_number
from replication.tables.summaries import images_text
from replication.tables.tables import Footnotes

DESPITE = {"real_sha256", *ALLOWED_DIFFERENCES}  # the columns Data and Run show these differences
KINDS = (  # with colour, marker, and where the number stands: above or below it, in points
    ("real", COLOURS["real"], "s", 6),
    ("generated", COLOURS["here"], "o", -14),
    ("untrained", COLOURS["neutral"], "D", 6),
)
# The square is hollow and the larger, so that a dot at the same place is seen in it.
MODELS: dict[str, dict[str, Any]] = {
    "cips": {"color": COLOURS["here"], "marker": "o", "markersize": 4},
    "stylegan2": {"color": COLOURS["baseline"], "marker": "s", "markersize": 8, "mfc": "none"},
}
PANELS = 4  # in a row of the figure of trainings
# Tab. 5's rows, the paper's data set and side of a patch, and which run stands there. That of
# Tab. 3 is the same configuration as the main run on faces.
PATCHES: list[tuple[str, int | str, str]] = [
    ("FFHQ", 256, "faces-cips"),
    ("FFHQ", "256 (Tab. 3)", "ablation-main"),
    *(("FFHQ", side, f"faces-patch{side}") for side in (128, 64)),
    ("LSUN Churches", 256, "churches-cips"),
    *(("LSUN Churches", side, f"churches-patch{side}") for side in (128, 64)),
]


def distance_table(
    page: Page, numbers: Mapping[str, Measurements], notes: Footnotes
) -> list[dict[str, Any]]:
    """Return Tab. 1's rows: the paper's FIDs, and each run's distance beside those to compare."""
    rows = []
    summaries = page.summaries(numbers)
    for run, measures in numbers.items():
        dataset, plays = page.dataset(run)
        paper = page.paper["table-1"]["rows"].get(plays, {})
        rows.append(
            {
                "Run": run,
                "Data": f"{dataset}, as {plays}" if plays else dataset,
                "Images": images_text(summaries[run]),
                "StyleGAN2, paper": paper.get("stylegan2", "–"),
                "CIPS, paper": paper.get("cips", "–"),
            }
            | measured_cells(measures, "frechet", notes)
        )
    return rows


def manifold_table(
    page: Page, numbers: Mapping[str, Measurements], notes: Footnotes
) -> list[dict[str, Any]]:
    """Return Tab. 2's rows: precision and recall, density and coverage."""
    models = {"cips": "CIPS", "stylegan2": "StyleGANv2"}
    rows = []
    for run, measures in numbers.items():
        model = models[model_name(page.whole.runs[run].generator)]
        paper = page.paper["table-2"]["rows"][model] if page.dataset(run)[1] == "FFHQ" else {}
        for measure in (one.name for one in prdc.METRIC.measures):
            cells = {"Run": run, "Paper": paper.get(measure, "–")}
            rows.append(cells | measured_cells(measures, measure, notes))
    return rows


def patches_table(
    page: Page, notes: Footnotes
) -> tuple[list[dict[str, Any]], dict[str, Measurements]]:
    """Return Tab. 5, and the numbers of its runs."""
    theirs, ablated = page.paper["table-5"]["rows"], page.paper["table-3"]["rows"]["main"]
    why = page.why_not(run for *_, run in PATCHES)
    numbers = page.metrics(run for *_, run in PATCHES if run not in why)
    rows: list[dict[str, Any]] = []
    for data, side, run in PATCHES:
        fid = theirs[data].get(side, ablated)
        rows.append({"Data, patch": f"{data}, {side}", "FID, paper": fid, "Run": run})
        if run in why:
            rows[-1]["Measure"] = f"not run: {why[run]}"
            continue
        config, patches = page.whole.runs[run], page.whole.runs[run].training.patches
        taus = ", ".join(map(str, patches.dilations)) if patches else ""
        whole = f"{config.generator.resolution}, whole"
        rows[-1]["Patch here"] = f"{patches.size}, τ {taus}" if patches else whole
        rows[-1]["Images seen"] = config.length_text
        rows[-1] |= measured_cells(numbers[run], "frechet", notes)
        faces = numbers[run].get("faces", {}).get("generated")
        rows[-1]["Faces found"] = notes.show(faces, "share of faces", percent=True)
    return rows, numbers


def measured_cells(measures: Measurements, measure: str, notes: Footnotes) -> dict[str, str]:
    """Return a measure's name, and its numbers of generated, of real and of untrained images."""
    found = measures[measure]
    here = notes.show(found["generated"], measure) + quality_mark(measures, notes)
    return {
        "Measure": next(number.protocol.name for number in found.values() if number),
        "Here": here,
        "Real": notes.show(found["real"], measure),
        "Untrained": notes.show(found["untrained"], measure),
    }


def plot_distances(runs: Mapping[str, Measurements], notes: Footnotes) -> Figure:
    """Draw a row for each run, by its title, on a logarithmic axis; bars are intervals.

    ``notes``: of the table beside, whose marks the numbers have here, too.
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 1.2 + 0.5 * len(runs)))
    for kind, colour, marker, offset in KINDS:
        for row, measures in enumerate(runs.values()):
            number = measures["frechet"][kind]
            assert number is not None  # each evaluation has all three
            value, low, high = number.estimate.value, number.estimate.low, number.estimate.high
            reach = [[value - max(low, value / 100)], [high - value]]  # the axis has no 0
            label = kind if row == 0 else None
            axes.errorbar(value, row, xerr=reach, fmt=marker, color=colour, capsize=3, label=label)
            mark = notes.mark(number, "frechet")
            mark += quality_mark(measures, notes) if kind == "generated" else ""
            text = format_number(value)[0] + mark
            beside: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "fontsize": 8}
            axes.annotate(text, (value, row), (0, offset), **beside)
    axes.set_xscale("log")
    axes.margins(x=0.12)
    axes.set_ylim(len(runs) - 0.3, -0.7)  # the first above, as in the table
    axes.set_yticks(range(len(runs)), list(runs))
    shown = (measures["frechet"]["generated"] for measures in runs.values())
    names = dict.fromkeys(number.protocol.name for number in shown if number)
    axes.set_xlabel(f"{', '.join(names)}\n(log scale; lower is closer to real)")
    figure.legend(loc="outside upper center", ncols=len(KINDS))
    return figure


def plot_training(runs: Mapping[str, RunConfig], logs: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw losses and R1 of the first run, and the distances of the runs of each data set.

    ``logs``: a row for each count of images seen; what was never logged is not drawn.
    """
    first = next(iter(logs))
    panels: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
        f"losses,\n{first}": [
            (first, "loss/generator", {"color": COLOURS["here"]}),
            (first, "loss/discriminator", {"color": COLOURS["baseline"]}),
        ],
        f"R1 penalty,\n{first}": [(first, "r1", {"color": COLOURS["neutral"]})],
    }
    for run in logs:
        curve = (run, "online_eval/distance", MODELS[model_name(runs[run].generator)])
        panels.setdefault(f"distance,\n{runs[run].dataset}", []).append(curve)
    rows = -(-len(panels) // PANELS)
    figure, grid = plt.subplots(rows, PANELS, figsize=(WIDTH, 2.4 * rows), squeeze=False)
    for axes in grid.flat[len(panels) :]:
        axes.axis("off")
    for axes, (title, curves) in zip(grid.flat, panels.items(), strict=False):
        for run, column, look in curves:
            shown = logs[run].reindex(columns=["images_seen", column]).dropna()
            axes.plot(shown["images_seen"], shown[column], **look)
        axes.set_title(title, fontsize=9)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value / 1000:g}k")
        axes.xaxis.set_major_locator(plt.MaxNLocator(3))
    figure.supxlabel("images seen", fontsize=9)
    return figure
