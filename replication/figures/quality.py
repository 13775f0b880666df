"""Tab. 1 and 2, each run's distance as a figure, and how trainings went (notebook 03)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from cipslib.features.extractors import EXTRACTORS
from cipslib.metrics.measurement import Measurement, Measurements
from cipslib.metrics.registry import measures_of
from cipslib.networks.models import model_name
from replication.claims.comparisons import matched_budget_note, matched_budget_run
from replication.claims.rules import ALLOWED_DIFFERENCES
from replication.figures.page import Page, quality_mark
from replication.figures.style import COLOURS, WIDTH
from replication.tables.summaries import images_text
from replication.tables.tables import Footnotes, with_interval

DESPITE = {"real_sha256", *ALLOWED_DIFFERENCES}  # the columns Data and Run show these differences
KINDS = (  # with colour, marker, and where the label is: generated ones may lie close to the others
    ("real", COLOURS["real"], "s", 6),
    ("generated", COLOURS["here"], "o", -30),
    ("untrained", COLOURS["neutral"], "D", 6),
)
# Model -> name, colour, marker and its size. The square is hollow and the larger, so that a dot at
# the same place is seen in it.
MODELS = {"cips": ("CIPS", "here", "o", 4), "stylegan2": ("StyleGAN2", "baseline", "s", 8)}
ACROSS = 5  # panels of data sets in a row


def twins(page: Page) -> dict[str, str]:
    """Return the run of each shorter twin, by which claims on a longer training are judged."""
    lengths = {name: config.length for name, config in page.whole.runs.items()}
    found = {matched_budget_run(run, lengths): run for run in page.study.runs}
    return {twin: run for twin, run in found.items() if twin}


def distance_table(
    page: Page, numbers: Mapping[str, Measurements], notes: Footnotes, marks: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return Tab. 1's rows: the paper's FIDs, and each run's distance beside those to compare."""
    rows = []
    summaries = page.summaries(numbers)
    for run, measures in numbers.items():
        dataset, plays = page.dataset(run)
        paper, ours = page.paper["table-1"]["rows"].get(plays, {}), measures["frechet"]
        rows.append(
            {
                "Run": run + _twin_mark(page, run, notes),
                "Data": f"{dataset}, as {plays}" if plays else dataset,
                "Images": images_text(summaries[run]),
                "StyleGAN2, paper": paper.get("stylegan2", "–"),
                "CIPS, paper": paper.get("cips", "–"),
                "Measure": _name(ours["generated"]),
                "Here": notes.show(ours["generated"], "distance") + marks[run],
                "Real": notes.show(ours["real"], "distance"),
                "Above real": notes.less(ours["generated"], ours["real"]),
                "Untrained": notes.show(ours["untrained"], "distance"),
            }
        )
    return rows


def manifold_table(
    page: Page, numbers: Mapping[str, Measurements], notes: Footnotes
) -> list[dict[str, Any]]:
    """Return Tab. 2's rows: precision and recall, density and coverage."""
    theirs = page.paper["table-2"]["rows"]
    rows = []
    for run, measures in numbers.items():
        name = {"cips": "CIPS", "stylegan2": "StyleGANv2"}[
            model_name(page.whole.runs[run].generator)
        ]
        mark = quality_mark(measures, notes)
        for measure in measures_of("manifold_extractor"):
            paper, ours = theirs[name] if page.dataset(run)[1] == "FFHQ" else {}, measures[measure]
            rows.append(
                {
                    "Run": run + _twin_mark(page, run, notes),
                    "Measure": _name(ours["generated"]),
                    "Paper": paper.get(measure, "–"),
                    "Here": notes.show(ours["generated"], measure) + mark,
                    "Real": notes.show(ours["real"], measure),
                    "Below real": notes.less(ours["real"], ours["generated"]),
                }
            )
    return rows


def plot_distances(
    runs: Mapping[str, Measurements], footnotes: Footnotes, marks: Mapping[str, str]
) -> Figure:
    """Draw a row for each run, on a logarithmic axis; bars are intervals.

    ``footnotes``: of the table beside, which mark other protocols; ``marks``: each run's own.
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 0.8 + 0.8 * len(runs)))
    names = set()
    for row, (run, measures) in enumerate(runs.items()):
        for kind, colour, marker, offset in KINDS:
            number = measures["frechet"][kind]
            assert number is not None  # each evaluation has all three
            names.add(number.protocol.name)
            found = number.estimate
            # No end below 0 on a logarithmic axis.
            reach = [[found.value - max(found.low, found.value / 100)], [found.high - found.value]]
            how: dict[str, Any] = {"fmt": marker, "color": colour, "markersize": 6, "capsize": 3}
            axes.errorbar(found.value, row, xerr=reach, **how)
            mark = footnotes.mark(number, "distance") + marks[run] * (kind == "generated")
            text = f"{kind}{mark}\n{with_interval(number).split()[0]}"
            beside: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "fontsize": 9}
            axes.annotate(text, (found.value, row), (0, offset), **beside)
    axes.set_xscale("log")
    axes.margins(x=0.12)
    axes.set_ylim(len(runs) - 0.3, -0.7)  # the first above, as in the table
    axes.set_yticks(range(len(runs)), list(runs))
    axes.set_xlabel(f"{', '.join(sorted(names))}\n(log scale; lower is closer to real)")
    return figure


@dataclass(frozen=True)
class TrainingLog:
    """A run's log: a row for each count of ``images_seen``; ``distance``: what it was judged by."""

    run: str
    dataset: str
    model: str
    log: pd.DataFrame
    distance: str = "Fréchet distance"

    def curve(self, column: str) -> Any:
        """Return images seen, and what was logged at them."""
        return self.log.reindex(columns=["images_seen", column]).dropna().to_numpy().T


def plot_training(logs: Sequence[TrainingLog]) -> Figure:
    """Draw losses and R1 of the first run; below, each data set's distances while training, on one
    vertical scale, so that they can be read across.
    """
    datasets = list(dict.fromkeys(each.dataset for each in logs))
    rows, columns = -(-len(datasets) // ACROSS), min(ACROSS, len(datasets))
    figure = plt.figure(figsize=(WIDTH, 2.6 + 2.5 * rows))
    parts = figure.add_gridspec(2, 1, height_ratios=[2.6, 2.5 * rows])
    upper, lower = figure.add_subfigure(parts[0]), figure.add_subfigure(parts[1])
    _plot_losses(upper.subplots(1, 2), logs[0])
    grid = lower.subplots(rows, columns, sharey=True, squeeze=False).ravel()
    for axes in grid[len(datasets) :]:
        axes.axis("off")
    for axes, dataset in zip(grid, datasets, strict=False):
        runs = [each for each in logs if each.dataset == dataset]
        for each in runs:
            name, colour, marker, size = MODELS.get(each.model, (each.model, "neutral", "D", 6))
            fill = "none" if marker == "s" else COLOURS[colour]
            look = {"color": COLOURS[colour], "marker": marker, "markersize": size, "mfc": fill}
            axes.semilogy(*each.curve("online_eval/distance"), label=name, **look)
        axes.set_title(dataset.replace("-", "\n"), fontsize=9)
        axes.margins(y=0.15)  # markers are large
        axes.set_xlim(0, 1.2 * max(each.log["images_seen"].max() for each in runs))
        _count_thousands(axes)
    names = dict.fromkeys(each.distance for each in logs)
    grid[0].set_ylabel(",\n".join(", ".join(names).split(", ")))
    grid[0].yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    grid[0].yaxis.set_major_formatter("{x:g}")
    grid[0].yaxis.set_minor_formatter(NullFormatter())
    lines = {line.get_label(): line for axes in grid for line in axes.lines}
    lower.legend(lines.values(), lines.keys(), loc="outside lower center", ncols=len(lines))
    grid[columns // 2].set_xlabel("images seen")
    return figure


def _plot_losses(pair: Iterable[Axes], first: TrainingLog) -> None:
    losses, penalty = pair
    for name, colour in (("generator", "here"), ("discriminator", "baseline")):
        losses.plot(*first.curve(f"loss/{name}"), color=COLOURS[colour], label=name)
    losses.legend()
    losses.set(title=f"loss, {first.run}", xlabel="images seen")
    penalty.semilogy(*first.curve("r1"), color=COLOURS["neutral"])
    penalty.set(title=f"R1 penalty |∇D|², {first.run}", xlabel="images seen")
    for axes in pair:
        _count_thousands(axes)


def _count_thousands(axes: Axes) -> None:
    axes.xaxis.set_major_locator(plt.MaxNLocator(3, integer=True))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value / 1000:g}k" if value else "0")


def _name(number: Measurement | None) -> str:
    assert number is not None  # of generated images there always is one
    return number.protocol.name


def _twin_mark(page: Page, run: str, notes: Footnotes) -> str:
    longer = twins(page).get(run)
    return notes.note(matched_budget_note(longer)) if longer else ""


def training_logs(page: Page) -> list[TrainingLog]:
    """Read the log of every run that was trained here."""
    logs = []
    for run, config in page.study.runs.items():
        if config.imported is None:
            online_eval = config.training.online_eval
            label = EXTRACTORS[online_eval.extractor].label if online_eval else "not taken"
            log = pd.read_json(page.paths.log(run) / "log.jsonl", lines=True)
            distance = f"Fréchet distance, {label}"
            model = model_name(config.generator)
            logs.append(TrainingLog(run, config.dataset, model, log, distance))
    return logs
