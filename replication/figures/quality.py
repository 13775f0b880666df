"""Tab. 1 and 2, each run's distance as a figure, and how trainings went (notebook 03)."""

from collections.abc import Mapping
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cipslib.metrics import prdc
from cipslib.metrics.measurement import Measurement, Measurements
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


def distance_table(
    page: Page, numbers: Mapping[str, Measurements], notes: Footnotes
) -> list[dict[str, Any]]:
    """Return Tab. 1's rows: the paper's FIDs, and each run's distance beside those to compare."""
    rows = []
    summaries = page.summaries(numbers)
    for run, measures in numbers.items():
        dataset, plays = page.dataset(run)
        paper, ours = page.paper["table-1"]["rows"].get(plays, {}), measures["frechet"]
        rows.append(
            {
                "Run": run,
                "Data": f"{dataset}, as {plays}" if plays else dataset,
                "Images": images_text(summaries[run]),
                "StyleGAN2, paper": paper.get("stylegan2", "–"),
                "CIPS, paper": paper.get("cips", "–"),
                "Measure": name_of(ours["generated"]),
                "Here": notes.show(ours["generated"], "distance") + quality_mark(measures, notes),
                "Real": notes.show(ours["real"], "distance"),
                "Untrained": notes.show(ours["untrained"], "distance"),
            }
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
            ours = measures[measure]
            rows.append(
                {
                    "Run": run,
                    "Measure": name_of(ours["generated"]),
                    "Paper": paper.get(measure, "–"),
                    "Here": notes.show(ours["generated"], measure) + quality_mark(measures, notes),
                    "Real": notes.show(ours["real"], measure),
                }
            )
    return rows


def name_of(number: Measurement | None) -> str:
    """Return what a number of generated images, of which there always is one, is called."""
    assert number is not None
    return number.protocol.name


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
            mark = notes.mark(number, "distance")
            mark += quality_mark(measures, notes) if kind == "generated" else ""
            text = format_number(value)[0] + mark
            beside: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "fontsize": 8}
            axes.annotate(text, (value, row), (0, offset), **beside)
    axes.set_xscale("log")
    axes.margins(x=0.12)
    axes.set_ylim(len(runs) - 0.3, -0.7)  # the first above, as in the table
    axes.set_yticks(range(len(runs)), list(runs))
    names = {name_of(measures["frechet"]["generated"]): None for measures in runs.values()}
    axes.set_xlabel(f"{', '.join(names)}\n(log scale; lower is closer to real)")
    figure.legend(loc="outside upper center", ncols=len(KINDS))
    return figure


def training_logs(page: Page) -> dict[str, pd.DataFrame]:
    """Read the log of every run that was trained here: a row for each count of images seen."""
    return {
        run: pd.read_json(page.paths.log(run) / "log.jsonl", lines=True)
        for run, config in page.study.runs.items()
        if config.imported is None
    }


def plot_training(runs: Mapping[str, RunConfig], logs: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw losses and R1 of the first run, and the distances of the runs of each data set."""
    datasets = list(dict.fromkeys(runs[run].dataset for run in logs))
    rows = -(-(2 + len(datasets)) // PANELS)
    figure, grid = plt.subplots(rows, PANELS, figsize=(WIDTH, 2.4 * rows), squeeze=False)
    losses, penalty, *others = grid.flat
    first = next(iter(logs))
    for name, colour in (("generator", "here"), ("discriminator", "baseline")):
        _plot_curve(losses, logs[first], f"loss/{name}", color=COLOURS[colour])
    losses.set_title(f"losses,\n{first}", fontsize=9)
    _plot_curve(penalty, logs[first], "r1", color=COLOURS["neutral"])
    penalty.set_title(f"R1 penalty,\n{first}", fontsize=9)
    for axes, dataset in zip(others, datasets, strict=False):
        for run in (run for run in logs if runs[run].dataset == dataset):
            look = MODELS[model_name(runs[run].generator)]
            _plot_curve(axes, logs[run], "online_eval/distance", **look)
        axes.set_title(f"distance,\n{dataset}", fontsize=9)
    for axes in others[len(datasets) :]:
        axes.axis("off")
    figure.supxlabel("images seen", fontsize=9)
    return figure


def _plot_curve(axes: Axes, log: pd.DataFrame, column: str, **look: Any) -> None:
    """Draw what was logged by the images seen; nothing where it never was."""
    shown = log.reindex(columns=["images_seen", column]).dropna()
    axes.plot(shown["images_seen"], shown[column], **look)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value / 1000:g}k")
    axes.xaxis.set_major_locator(plt.MaxNLocator(3))
