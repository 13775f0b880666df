"""Rows of square pictures: for each run the two or three panels of one of the paper's figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import PlaceHolderLayoutEngine

from replication.figures.style import WIDTH

TITLE, NOTE = 9, 8  # points
LETTERS = 16  # of a title, for each inch
# In inches.
LINE, GAP, NAME, BAR = 0.16, 0.24, 0.3, 0.85  # line of text, between panels, run, colour scale
LARGE, SMALL = 3.0, 1.6  # side of a panel: of a single run, of many


@dataclass(frozen=True)
class Panel:
    """One picture: colours, or numbers on the figure's colour scale; None where there is none."""

    picture: np.ndarray | None
    note: str = ""  # below
    absent: str = "none"  # where there is no picture: why


def panel_grid(
    titles: Sequence[str],
    rows: Sequence[tuple[str, Sequence[Panel]]],
    limits: tuple[float, float] | None = None,
    unit: str = "",
) -> Figure:
    """``titles`` are the columns', each row is a run's name and its panels.

    ``limits``: the one colour scale of all pictures that are numbers, in ``unit``.
    """
    bar = BAR if limits else 0.0
    count = len(titles)
    room = (WIDTH - NAME - bar - GAP * count) / count
    side = min(room, LARGE if len(rows) == 1 else SMALL)
    lines = max(panel.note.count("\n") + bool(panel.note) for _, row in rows for panel in row)
    step = side + LINE * lines + GAP / 2
    titles = [fill(title, round(side * LETTERS)) for title in titles]
    head = LINE * (2 + max(title.count("\n") for title in titles))
    height = head + step * len(rows)
    left = (WIDTH - bar - NAME - (side + GAP) * count) / 2 + NAME
    # With "none", Matplotlib would return to the style's layout after the first file is saved.
    figure = plt.figure(figsize=(WIDTH, height), layout=PlaceHolderLayoutEngine(True, True))

    scaled = None
    for number, (name, panels) in enumerate(rows):
        bottom = height - head - number * step - side
        for column, panel in enumerate(panels):
            x = left + column * (side + GAP)
            axes = _axes(figure, x, bottom, side, side)
            _draw(axes, panel, limits)
            if panel.picture is not None and panel.picture.ndim == 2:
                scaled = axes.images[0]
            if number == 0:
                axes.set_title(titles[column], fontsize=TITLE)
        if len(rows) > 1:
            beside = ((left - 0.07) / WIDTH, (bottom + side / 2) / height)
            figure.text(*beside, name, rotation=90, ha="right", va="center", fontsize=NOTE)
    if limits and scaled is not None:
        long = min(height - head - LINE, LARGE)
        x = left + count * (side + GAP)
        scale = _axes(figure, x, height - head - long, 0.15, long)
        figure.colorbar(scaled, cax=scale, label=unit)
    return figure


def _axes(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    across, up = figure.get_size_inches()
    axes = figure.add_axes((left / across, bottom / up, width / across, height / up))
    axes.grid(False)
    return axes


def _draw(axes: Axes, panel: Panel, limits: tuple[float, float] | None) -> None:
    axes.axis("off")
    if panel.picture is None:
        text = fill(panel.absent, 22)
        axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes, fontsize=NOTE)
    else:
        low, high = limits or (None, None)
        axes.imshow(panel.picture, vmin=low, vmax=high, cmap="viridis")
    note = axes.text(0.5, -0.02, panel.note, ha="center", va="top", fontsize=NOTE)
    note.set_transform(axes.transAxes)
