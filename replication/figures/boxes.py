"""Boxes, words and arrows on axes whose unit is the inch."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from replication.figures.style import WIDTH

Point = tuple[float, float]

INK = "#333333"
FONT = 8
LETTER = 0.068  # about the width of a letter, in inches


def canvas(right: float, low: float, high: float) -> Axes:
    """Axes in inches, as wide as every figure; what is narrower stands in the middle."""
    axes = plt.figure(figsize=(WIDTH, high - low)).subplots()
    left = (right - WIDTH) / 2
    axes.set_xlim(left, left + WIDTH)
    axes.set_ylim(low, high)
    axes.set_aspect("equal")
    axes.axis("off")
    return axes


def box(axes: Axes, middle: Point, size: Point, fill: str) -> None:
    corner = (middle[0] - size[0] / 2, middle[1] - size[1] / 2)
    form = "round,pad=0,rounding_size=0.05"
    patch = FancyBboxPatch(corner, *size, boxstyle=form, fc=fill, ec=INK, lw=0.8, zorder=3)
    axes.add_patch(patch)


def write(axes: Axes, middle: Point, text: str, **look: object) -> None:
    centred = {"ha": "center", "va": "center", "fontsize": FONT, "linespacing": 1.05, "zorder": 4}
    axes.text(*middle, text, **{**centred, **look})  # type: ignore[arg-type]


def arrow(axes: Axes, points: Sequence[Point], colour: str = INK) -> None:
    form = {"arrowstyle": "-|>", "mutation_scale": 6, "lw": 0.9, "color": colour}
    axes.add_patch(FancyArrowPatch(path=Path(list(points)), zorder=2, **form))  # type: ignore[arg-type]
