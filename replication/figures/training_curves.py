"""How trainings went: losses of one run, and the judged distance of all, by data set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import LogLocator, NullFormatter

from replication.figures.style import COLOURS, WIDTH

# Of the models that are told apart: colour, marker and its size; any other is grey. The square is
# hollow and the larger, so that a dot at the same place is seen in it.
STYLES = {"cips": (COLOURS["here"], "o", 4), "stylegan2": (COLOURS["baseline"], "s", 8)}
OTHER = (COLOURS["neutral"], "D", 6)
NAMES = {"cips": "CIPS", "stylegan2": "StyleGAN2"}
ACROSS = 5  # panels of data sets in a row


@dataclass(frozen=True)
class Trained:
    """A run's name, data set and model; its log has a row for each count of ``images_seen``.

    ``distance``: what it was judged by.
    """

    run: str
    dataset: str
    model: str
    log: pd.DataFrame
    distance: str = "Fréchet distance"


def training_figure(runs: Sequence[Trained]) -> Figure:
    """Above, losses and R1 of the first run; below, each data set's distances while training, on
    one vertical scale, so that they can be read across.
    """
    by_dataset: dict[str, list[Trained]] = {}
    for run in runs:
        by_dataset.setdefault(run.dataset, []).append(run)
    below = -(-len(by_dataset) // ACROSS)
    figure = plt.figure(figsize=(WIDTH, 2.6 + 2.5 * below))
    rows = figure.add_gridspec(2, 1, height_ratios=[2.6, 2.5 * below])
    _losses(figure.add_subfigure(rows[0]), runs[0])
    _distances(figure.add_subfigure(rows[1]), by_dataset, below)
    return figure


def _losses(figure: SubFigure, run: Trained) -> None:
    losses, penalty = figure.subplots(1, 2)
    for name, colour in (("generator", "here"), ("discriminator", "baseline")):
        curve = run.log[["images_seen", f"loss/{name}"]].dropna().to_numpy().T
        losses.plot(*curve, color=COLOURS[colour], label=name)
    losses.legend()
    losses.set(title=f"loss, {run.run}", xlabel="images seen")
    curve = run.log[["images_seen", "r1"]].dropna().to_numpy().T
    penalty.semilogy(*curve, color=COLOURS["neutral"])
    penalty.set(title=f"R1 penalty |∇D|², {run.run}", xlabel="images seen")
    for axes in (losses, penalty):
        _thousands(axes)


def _distances(figure: SubFigure, by_dataset: Mapping[str, Sequence[Trained]], rows: int) -> None:
    columns = min(ACROSS, len(by_dataset))
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
    for axes, (dataset, runs) in zip(grid, by_dataset.items(), strict=False):
        for run in runs:
            colour, marker, size = STYLES.get(run.model, OTHER)
            look = {
                "color": colour,
                "marker": marker,
                "markersize": size,
                "mfc": "none" if marker == "s" else colour,
            }
            judged = run.log.reindex(columns=["images_seen", "online_eval/distance"]).dropna()
            curve = judged.to_numpy().T
            axes.semilogy(*curve, label=NAMES.get(run.model, run.model), **look)
        axes.set_title(dataset.replace("-", "\n"), fontsize=9)
        axes.margins(y=0.15)  # markers are large
        axes.set_xlim(0, 1.2 * max(run.log["images_seen"].max() for run in runs))
        _thousands(axes)
    for axes in grid[len(by_dataset) :]:
        axes.axis("off")
    names = dict.fromkeys(run.distance for runs in by_dataset.values() for run in runs)
    grid[0].set_ylabel(",\n".join(", ".join(names).split(", ")))
    grid[0].yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    grid[0].yaxis.set_major_formatter("{x:g}")
    grid[0].yaxis.set_minor_formatter(NullFormatter())
    lines = {line.get_label(): line for axes in grid for line in axes.lines}
    figure.legend(lines.values(), lines.keys(), loc="outside lower center", ncols=len(lines))
    grid[columns // 2].set_xlabel("images seen")


def _thousands(axes: Axes) -> None:
    axes.xaxis.set_major_locator(plt.MaxNLocator(3, integer=True))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value / 1000:g}k" if value else "0")
