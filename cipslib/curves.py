"""How trainings went: losses, penalty and judged distance against images seen."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from cipslib.plotting import WIDTH, not_run


def training_curves(logs: Mapping[str, pd.DataFrame]) -> Figure:
    """``logs``: run -> log.jsonl. Losses and |grad D|^2 of the first, the distances of all.

    Without any run that was trained here the figure says so.
    """
    if not logs:
        return not_run("training", "all weights are imported")
    main, log = next((run, log.set_index("images_seen")) for run, log in logs.items())
    figure, axes = plt.subplots(1, 3, figsize=(WIDTH, 2.8))
    log[["loss/generator", "loss/discriminator"]].plot(ax=axes[0], title=f"loss, {main}")
    log["r1"].dropna().plot(ax=axes[1], logy=True, title=f"|∇D|², {main}")
    for run, log in logs.items():
        style = "o--" if "stylegan2" in run else "o-"
        judged = log.reindex(columns=["images_seen", "judge/distance"]).dropna().to_numpy().T
        axes[2].semilogy(*judged, style, markersize=3, label=run)
    axes[2].set_title("Fréchet distance, judged")
    axes[2].legend(fontsize=5)
    return figure
