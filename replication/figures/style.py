"""One look for every figure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Image
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cipslib.metrics.intervals import Estimate
from cipslib.utils.files import atomic_write
from cipslib.utils.shapes import UInt8

# (top, left, height, width) in each of several pictures, px
Boxes = Sequence[tuple[float, float, float, float]] | np.ndarray

WIDTH = 7.0  # inches: a full-width figure; readable when printed at half of it
DPI = 200
LINE = 0.3  # of the height of a picture in a row of ten: a line of text in its place
# Okabe and Ito's colours, which colour-blind readers can tell apart.
COLOURS = {
    "here": "#0072B2",
    "baseline": "#D55E00",
    "real": "#009E73",
    "neutral": "#7F7F7F",
}


def use_style() -> None:
    """Fonts, lines and colours of all figures."""
    plt.rcParams.update(
        {
            "font.size": 10,
            "axes.titlesize": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#E0E0E0",
            "legend.frameon": False,
            "lines.linewidth": 1.6,
            "image.interpolation": "nearest",
            "figure.constrained_layout.use": True,
            "pdf.fonttype": 42,  # text stays text
        }
    )


def image_rows(
    rows: Sequence[tuple[str, UInt8[np.ndarray, "_ h w 3"] | str]],
    columns: int,
    boxes: Mapping[str, Boxes] | None = None,
) -> Figure:
    """Labelled blocks of pictures, one below the other, ``columns`` pictures to a row.

    In place of the pictures of a run that is left out: why. ``boxes``: label of a block -> what to
    mark in each of its pictures.
    """
    heights = [
        LINE if isinstance(each, str) else -(-len(each) // columns) * each.shape[1] / each.shape[2]
        for _, each in rows
    ]
    cell = WIDTH / columns
    figure, axes = plt.subplots(
        len(rows),
        1,
        figsize=(WIDTH, cell * sum(heights) + 0.28 * len(rows)),
        gridspec_kw={"height_ratios": heights},
        squeeze=False,
    )
    for axis, (label, images) in zip(axes[:, 0], rows, strict=True):
        axis.set_title(label, loc="left")
        axis.axis("off")
        if isinstance(images, str):
            axis.text(0, 0.5, f"not run: {images}", va="center", transform=axis.transAxes)
        else:
            axis.imshow(mosaic(images, columns))
            _mark(axis, images, columns, (boxes or {}).get(label, ()))
    return figure


def image_columns(
    columns: Sequence[tuple[str, UInt8[np.ndarray, "rows _ _ 3"]]],
    boxes: Mapping[str, Boxes] | None = None,
) -> Figure:
    """Titled columns of as many pictures each; all are shown equally large.

    ``boxes``: title of a column -> what to mark in each of its pictures.
    """
    rows, height, width, _ = columns[0][1].shape
    size = (WIDTH, WIDTH / len(columns) * rows * height / width + 0.28)
    figure, axes = plt.subplots(1, len(columns), figsize=size, squeeze=False)
    for axis, (title, images) in zip(axes[0], columns, strict=True):
        axis.imshow(mosaic(images, 1))
        axis.set_title(title)
        axis.axis("off")
        _mark(axis, images, 1, (boxes or {}).get(title, ()))
    return figure


def _mark(axis: Axes, images: UInt8[np.ndarray, "count h w 3"], columns: int, boxes: Boxes) -> None:
    """White with a black edge, so that it is seen on light and on dark; within the picture."""
    inset = images.shape[2] / 64
    down, right = (size + _gap(images) for size in images.shape[1:3])
    for index, (top, left, height, width) in enumerate(boxes):
        row, column = divmod(index, columns)
        corner = (column * right + left - 0.5 + inset, row * down + top - 0.5 + inset)
        size = (width - 2 * inset, height - 2 * inset)
        for line, colour in ((2.4, "black"), (1.0, "white")):
            axis.add_patch(Rectangle(corner, *size, fill=False, color=colour, lw=line))


def errorbars(axis: Axes, x: Sequence[float], estimates: Sequence[Estimate], **style: Any) -> None:
    """Markers with their intervals."""
    values, low, high = _ends(estimates)
    axis.errorbar(x, values, [values - low, high - values], markersize=7, capsize=3, **style)


def plot_with_band(
    axis: Axes, x: Sequence[float], estimates: Sequence[Estimate], **style: Any
) -> None:
    """A curve, and its intervals as a band around it."""
    values, low, high = _ends(estimates)
    (line,) = axis.plot(x, values, **style)
    axis.fill_between(x, low, high, color=line.get_color(), alpha=0.15, linewidth=0)


def _ends(estimates: Sequence[Estimate]) -> np.ndarray:
    return np.array([(each.value, each.low, each.high) for each in estimates]).T


def not_run(run: str, reason: str) -> Figure:
    """In the place of a figure of a run that the profile leaves out."""
    figure = plt.figure(figsize=(WIDTH, 1.0))
    figure.text(0.5, 0.5, f"{run} was not run: {reason}", ha="center", va="center", wrap=True)
    return figure


def mosaic(images: UInt8[np.ndarray, "count h w 3"], columns: int) -> np.ndarray:
    """Pictures side by side in reading order, a thin white line between them, as one array."""
    count, height, width, _ = images.shape
    rows = -(-count // columns)
    gap = _gap(images)
    canvas = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, np.uint8)
    for index, image in enumerate(images):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        canvas[top : top + height, left : left + width] = image
    return canvas


def _gap(images: UInt8[np.ndarray, "count h w 3"]) -> int:
    return max(1, images.shape[2] // 32)


def save_figure(figure: Figure, folder: Path, name: str) -> Image:
    """Save as PNG and PDF, close, and return the PNG for the notebook to show."""
    for kind, metadata in (("pdf", {"CreationDate": None}), ("png", {"Software": None})):
        with atomic_write(folder / f"{name}.{kind}") as temporary:
            figure.savefig(temporary, format=kind, dpi=DPI, metadata=metadata)
    plt.close(figure)
    return Image(filename=str(folder / f"{name}.png"), width=round(100 * WIDTH))
