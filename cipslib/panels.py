"""Groups of square pictures side by side: for each run the two or three of a paper's figure."""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from cipslib.plotting import WIDTH

TITLE, NOTE = 9, 8  # points
LINE = 0.15  # inches a line of text


@dataclass(frozen=True)
class Panel:
    """One picture: colours, or numbers on the figure's colour scale; None where there is none."""

    title: str
    picture: np.ndarray | None
    note: str = ""  # below


def image_panels(
    groups: Sequence[tuple[str, Sequence[Panel]]],
    limits: tuple[float, float] | None = None,
    unit: str = "",
) -> Figure:
    """Each group is a run's name and its panels, one row; two groups to a row if there are many.

    ``limits``: the one colour scale of all pictures that are numbers, in ``unit``.
    """
    beside = 1 if len(groups) <= 2 else 2
    most = max(len(panels) for _, panels in groups)
    columns, rows = beside * most, -(-len(groups) // beside)
    side = (WIDTH - (0.8 if limits else 0.0)) / columns
    tallest = max(_lines(panel) for _, panels in groups for panel in panels)
    height = rows * (side + LINE * (tallest + 2))
    figure, axes = plt.subplots(rows, columns, figsize=(WIDTH, height), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    scaled = None
    for number, (name, panels) in enumerate(groups):
        first = number % beside * most
        for axis, panel in zip(axes[number // beside, first:], panels, strict=False):
            if panel.picture is None:
                axis.text(0.5, 0.5, "none", ha="center", va="center", transform=axis.transAxes)
            else:
                low, high = limits or (None, None)
                shown = axis.imshow(panel.picture, vmin=low, vmax=high, cmap="viridis")
                scaled = shown if panel.picture.ndim == 2 else scaled
            axis.set_title(panel.title, fontsize=TITLE)
            axis.text(0.5, -0.03, panel.note, ha="center", va="top", transform=axis.transAxes)
            axis.texts[-1].set_fontsize(NOTE)
        if len(groups) > 1:
            title = f"{name}\n{panels[0].title}"
            axes[number // beside, first].set_title(title, fontsize=TITLE)
    if limits and scaled is not None:
        figure.colorbar(scaled, ax=axes, label=unit, shrink=0.8)
    return figure


def _lines(panel: Panel) -> int:
    return panel.title.count("\n") + panel.note.count("\n") + bool(panel.note)
