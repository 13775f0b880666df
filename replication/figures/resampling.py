"""Fig. 8 and 9: fewer pixels than the grid has, and more (notebook 08)."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from cipslib.analysis.spectra import NYQUIST
from cipslib.metrics.intervals import Estimate
from cipslib.networks.coordinates import pixel_grid
from cipslib.sampling.foveation import Gaze, fill, gazed_pixels
from cipslib.utils.shapes import UInt8
from replication.figures.page import Results
from replication.figures.panels import image_columns
from replication.figures.style import COLOURS, WIDTH, plot_with_band
from replication.tables.tables import Comparison


def foveate_image(image: UInt8[np.ndarray, "h w 3"], gaze: Gaze) -> UInt8[np.ndarray, "h w 3"]:
    """Fill an image from the pixels that the gaze samples, which are those of the full image."""
    height, width, _ = image.shape
    grid = pixel_grid(height, width).numpy()
    chosen = gazed_pixels(gaze, height, width, seed=0).ravel()
    pixels = image.reshape(-1, 3).astype(float)
    if not chosen.all():
        pixels[~chosen] = fill(grid[chosen], pixels[chosen], grid[~chosen])
    return pixels.clip(0, 255).round().astype(np.uint8).reshape(image.shape)


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


def error_statements(results: Results) -> list[Comparison]:
    """Return squared errors, relative to the next smaller share and to even sampling, beside 1."""
    ratios, gaze = results.numbers["error ratio"], results.numbers["gaze error ratio"]
    assert gaze["5 %"] is not None
    one = replace(gaze["5 %"], estimate=Estimate(1.0, 1.0, 1.0))
    more, near = "less error with more pixels", "squared error near the gaze over evenly spread"
    found: list[Comparison] = [
        (more, f"squared error, {pair}", "below", ratios[pair], one)
        for pair in ("10 % over 5 %", "25 % over 10 %", "50 % over 25 %")
    ]
    for share in ("5 %", "25 %", "50 %"):
        said = "less error where the gaze is"
        found.append((said, f"{near}, {share}", "below", gaze[share], one))
    return found


def detail_statements(results: Results) -> list[Comparison]:
    """Return the dense grid's power beyond the native limit and at high frequencies, beside that
    of Lanczos.
    """
    found: list[Comparison] = []
    for said, words, measure in (
        ("more details than Lanczos", "power beyond the native grid", "energy_beyond_native"),
        ("sharper", "high frequencies", "high_frequency_energy"),
    ):
        of = results.numbers[measure]
        for grid in ("dense grid", "dense grid, bicubic"):
            found.append((said, f"{words}, {grid}", "above", of[grid], of["Lanczos"]))
    return found
