"""Fig. 8 and 9: fewer pixels than the grid has, and more (notebook 08)."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from cipslib.analysis.spectra import NYQUIST
from replication.figures.page import Results
from replication.figures.panels import image_columns
from replication.figures.style import COLOURS, WIDTH, plot_with_band


def plot_error(results: Results) -> Figure:
    """Draw the error by the share of pixels, near the gaze and elsewhere, and without a gaze."""
    figure, axes = plt.subplots(figsize=(WIDTH, 2.8))
    shares = [f"{100 * share:g} %" for share in results.content["shares"]]
    for sampling, colour, marker in (("foveated", "here", "o"), ("uniform", "neutral", "s")):
        for region, line in (("near the gaze", "-"), ("elsewhere", "--")):
            numbers = results.numbers[f"error, {sampling}, {region}"]
            found = [number.estimate for share in shares if (number := numbers[share])]
            look = {"linestyle": line, "marker": marker, "color": COLOURS[colour]}
            label = f"{sampling}, {region}"
            plot_with_band(axes, range(len(shares)), found, label=label, markersize=4, **look)
    axes.set_xticks(range(len(shares)), shares)
    axes.set(xlabel="pixels computed", ylabel="error, share of the range", ylim=(0, None))
    axes.legend(fontsize=9, handlelength=4)
    return figure


def plot_superresolution(results: Results) -> Figure:
    """Draw Fig. 9, the difference, and the squares in the middle, a quarter wide."""
    lanczos, dense = (results.arrays[f"images.{kind}"] for kind in ("Lanczos", "dense grid"))
    side = dense.shape[1] // 4
    start = (dense.shape[1] - side) // 2
    middle = slice(start, start + side)
    details = [images[:, middle, middle] for images in (lanczos, dense)]
    difference = (4 * (dense.astype(int) - lanczos) + 128).clip(0, 255).astype(np.uint8)
    titles = ("Lanczos", "Dense grid", "Difference × 4", "Lanczos, detail", "Dense, detail")
    columns = list(zip(titles, (lanczos, dense, difference, *details), strict=True))
    boxes = len(dense) * [(start, start, side, side)]
    return image_columns(columns, {titles[0]: boxes, titles[1]: boxes})


def plot_dense_spectra(results: Results) -> Figure:
    """Draw curves beside the native limit, which denser grids go beyond (Sec. 4.7).

    Frequencies are in cycles a native pixel.
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 3.0))
    for kind, colour, style in (
        ("real, native", "real", "-"),
        ("Lanczos", "baseline", "-"),
        ("dense grid", "here", "-"),
        ("dense grid, bicubic", "here", ":"),
        ("generated, native", "neutral", "--"),  # last: others lie on it
    ):
        curve = results.arrays[f"frequencies.{kind}"], results.arrays[f"curve.{kind}"]
        axes.plot(*curve, style, color=COLOURS[colour], label=kind)
    axes.axvline(NYQUIST, color="black", linewidth=0.8)
    axes.text(NYQUIST + 0.01, axes.get_ylim()[1], "native limit", va="top", fontsize=8)
    right = NYQUIST * results.content["factor"]
    axes.set(xlim=(0, right), xlabel="cycles per native pixel", ylabel="mean power, dB")
    axes.legend(fontsize=8)
    return figure
