"""How trainings went: losses, penalty and judged distance against images seen."""

from collections.abc import Mapping
from itertools import cycle

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, MaxNLocator

from cipslib.plotting import COLOURS, WIDTH, not_run

MARKERS = "osD^vXP"


def training_curves(logs: Mapping[str, pd.DataFrame]) -> Figure:
    """``logs``: run -> log.jsonl. Losses and |grad D|^2 of the first, the distances of all.

    Without any run that was trained here the figure says so.
    """
    if not logs:
        return not_run("Training", "all weights are imported")
    main, log = next((run, log.set_index("images_seen")) for run, log in logs.items())
    shares = {"width_ratios": (1, 1, 1.2)}
    figure, axes = plt.subplots(1, 3, figsize=(WIDTH, 2.6), gridspec_kw=shares)
    losses = log[["loss/generator", "loss/discriminator"]].rename(columns=lambda c: c[5:])
    losses.plot(ax=axes[0], color=[COLOURS["here"], COLOURS["neutral"]])
    axes[0].set_title(f"losses, {main}", fontsize=8)
    axes[0].legend(fontsize=7)
    log["r1"].dropna().plot(ax=axes[1], logy=True, color=COLOURS["here"])
    axes[1].set_title(f"|∇D|², {main}", fontsize=8)
    kinds = dict(zip(dict.fromkeys(map(_stem, logs)), cycle(MARKERS), strict=False))
    for run, each in logs.items():
        model = "baseline" if run.endswith("-stylegan2") else "here"
        judged = each.reindex(columns=["images_seen", "judge/distance"]).dropna().to_numpy().T
        style = {"color": COLOURS[model], "marker": kinds[_stem(run)], "markersize": 4}
        axes[2].semilogy(*judged, label=run, markerfacecolor="white", **style)
    axes[2].set_title("Fréchet distance, judged", fontsize=8)
    runs = axes[2].get_lines()
    figure.legend(handles=runs, loc="outside lower center", ncols=3, fontsize=7)
    for axis in axes:
        axis.set_xlabel("images seen", fontsize=8)
        axis.tick_params(labelsize=7, which="both")
        axis.xaxis.set_major_formatter(EngFormatter(sep=""))
        axis.xaxis.set_major_locator(MaxNLocator(4))
    return figure


def _stem(run: str) -> str:
    """The name without its model: runs of one data set share a marker."""
    return run.rsplit("-", 1)[0]
