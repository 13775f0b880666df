"""Whether a panorama closes on itself (Sec. 4.8; Fig. 11 and 17)."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from cipslib.metrics.intervals import Estimate
from cipslib.utils.shapes import Float, UInt8
from replication.figures.panels import mosaic
from replication.figures.style import COLOURS, WIDTH

TITLE = 0.45  # inches: a row's title and the marks above and below it
LINES = (("baseline", "--"), ("real", "-."), ("neutral", ":"))


def plot_joined_ends(rows: Sequence[tuple[str, UInt8[np.ndarray, "_ _ _ 3"], int]]) -> Figure:
    """Draw images turned by half, so that their two ends meet between marks in the middle.

    Each row: its title, its images, and how many of them stand side by side.
    """
    shown = [mosaic(np.roll(p, p.shape[2] // 2, axis=2), columns) for _, p, columns in rows]
    heights = [WIDTH * len(each) / each.shape[1] for each in shown]
    size = (WIDTH, sum(heights) + TITLE * len(rows))
    figure, axes = plt.subplots(len(rows), 1, figsize=size, height_ratios=heights, squeeze=False)
    for axis, (title, images, columns), image in zip(axes[:, 0], rows, shown, strict=True):
        width = images.shape[2]
        # Between two pixels.
        middles = np.linspace(0, image.shape[1] - width, columns) + width / 2 - 0.5
        for y, mark in ((-1.5, "v"), (len(image) + 0.5, "^")):
            axis.plot(middles, [y] * columns, mark, color="black", markersize=5, clip_on=False)
        axis.imshow(image)
        axis.set_title(title, loc="left", pad=12)
        axis.axis("off")
    return figure


def plot_seams(
    degrees: Float[np.ndarray, " places"],
    seams: Float[np.ndarray, "places 3"],
    joined: Mapping[str, Estimate],
) -> Figure:
    """Draw the seam (value, low, high) if the panoramas were cut at each of these places.

    The first is where they are cut, and stands at both ends of the turn. ``joined``: by their name,
    images that do not close; at most as many as LINES. Below, the panoramas' curve by itself.
    """
    size = (WIDTH, 4.8)
    figure, (axes, near) = plt.subplots(2, 1, sharex=True, figsize=size, height_ratios=(3, 2))
    degrees = np.append(degrees, degrees[0] + 360)
    value, low, high = np.append(seams, seams[:1], axis=0).T
    for each in (axes, near):
        each.plot(degrees, value, color=COLOURS["here"], label="panoramas, if cut there")
        each.fill_between(degrees, low, high, color=COLOURS["here"], alpha=0.2, linewidth=0)
        ends = degrees[[0, -1]], value[[0, -1]]
        each.plot(*ends, "o", color="black", label="where they are cut", clip_on=False)
        each.axhline(1, color="black", linewidth=0.8)
    for (name, seam), (colour, line) in zip(joined.items(), LINES, strict=False):
        axes.axhline(seam.value, color=COLOURS[colour], linestyle=line, label=name)
        axes.axhspan(seam.low, seam.high, color=COLOURS[colour], alpha=0.15, linewidth=0)
    axes.set(ylim=(0, None), ylabel="seam: step at the cut\nover steps beside it")
    near.set(
        ylabel="the panoramas'\ncurve, enlarged", xlim=(-180, 180), xticks=range(-180, 181, 60)
    )
    near.set_xlabel("place of the cut, degrees from the middle of the panoramas")
    axes.legend(fontsize=8)
    return figure
