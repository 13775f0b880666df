"""Fig. 7: mean spectra on one colour scale, and curves of azimuthal integration with intervals."""

from collections.abc import Mapping, Sequence
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cipslib.analysis.spectra import NYQUIST
from replication.figures.style import COLOURS, WIDTH

DEPTH = 80  # dB below the strongest: what is weaker has the darkest colour
COLUMNS = 3
TAIL = NYQUIST / 2  # cycles a pixel, from where on a curve is called the tail
# Of curves in their order: Okabe and Ito's colours, and dashes for those who see none.
LOOKS = (
    (COLOURS["baseline"], "-"),
    (COLOURS["here"], "-"),
    ("#56B4E9", "--"),
    ("#CC79A7", "-."),
    ("#E69F00", "-"),
)

Arrays = Mapping[str, np.ndarray]  # of the stage spectra
Shown = Sequence[tuple[str, Arrays | str]]  # name -> a network's, or why it was not run


def planes_figure(networks: Shown) -> Figure:
    """Fig. 7a: real pictures, then the networks'; in place of one that was not run: why."""
    of_networks = [(name, _plane(of, "generated")) for name, of in networks]
    real = next((_plane(of, "real") for _, of in networks if not isinstance(of, str)), "no network")
    panels = [("real pictures", real), *of_networks]
    rows = -(-len(panels) // COLUMNS)
    figure, axes = plt.subplots(rows, COLUMNS, figsize=(WIDTH, 2.3 * rows), squeeze=False)
    greatest = max((plane.max() for _, plane in panels if not isinstance(plane, str)), default=0.0)
    least = min((plane.min() for _, plane in panels if not isinstance(plane, str)), default=-1.0)
    drawn = None
    for panel in axes.flat:
        panel.axis("off")
    for panel, (name, plane) in zip(axes.flat, panels, strict=False):
        panel.set_title(name)
        if isinstance(plane, str):
            reason = fill(f"not run: {plane}", 24)
            panel.text(0.5, 0.5, reason, ha="center", va="center", fontsize=8)
        else:
            drawn = panel.imshow(plane, vmin=max(least, greatest - DEPTH), vmax=greatest)
    if drawn is not None:
        figure.colorbar(drawn, ax=axes, label="power, dB", shrink=0.8)
    return figure


def _plane(of: Arrays | str, kind: str) -> np.ndarray | str:
    return of if isinstance(of, str) else of[f"{kind}.ours.plane"]


def curves_figure(networks: Shown, convention: str, unit: str) -> Figure:
    """Fig. 7b: curves in ``unit``, and below less that of the real reference.

    Networks that were not run are named in the legend. At most as many as there are ``LOOKS``.
    """
    figure, (top, bottom) = plt.subplots(
        2, 1, sharex=True, figsize=(WIDTH, 5.6), height_ratios=(3, 2)
    )
    real = None
    for (colour, style), (name, of) in zip(LOOKS, networks, strict=False):
        if isinstance(of, str):
            top.plot([], [], style, color=colour, label=f"{name}: not run")
            continue
        real = of
        base = of[f"reference.{convention}.curve"]
        for axes, less in ((top, 0 * base), (bottom, base)):
            _curve(axes, of, f"generated.{convention}", less, color=colour, label=name, ls=style)
    if real is not None:
        base = real[f"reference.{convention}.curve"]
        black = {"color": "black", "label": "real pictures", "ls": "-"}
        _curve(top, real, f"reference.{convention}", 0 * base, **black)
        _curve(bottom, real, f"real.{convention}", base, **black)
    for axes in (top, bottom):
        axes.axvline(TAIL, color=COLOURS["neutral"], linestyle=":", linewidth=1)
    top.legend(fontsize=8, ncols=2)
    top.set_ylabel(unit)
    bottom.set_ylabel(f"minus real pictures,\n{unit.rsplit(', ')[-1]}")
    bottom.set_xlabel("frequency, cycles a pixel")
    return figure


def _curve(
    axes: Axes, of: Arrays, which: str, less: np.ndarray, color: str, label: str, ls: str
) -> None:
    """With its band; without the zero frequency and the corners."""
    x = of[f"{which}.frequencies"]
    shown = (x <= NYQUIST) & (np.arange(len(x)) > 0)
    curve, low, high = ((of[f"{which}.{key}"] - less)[shown] for key in ("curve", "low", "high"))
    axes.plot(x[shown], curve, ls, color=color, label=label)
    axes.fill_between(x[shown], low, high, color=color, alpha=0.2, linewidth=0)


def dense_figure(arrays: Mapping[str, np.ndarray], factor: int) -> Figure:
    """Of `cips resampling`: curves beside the native limit, which denser grids go beyond (4.7).

    ``arrays``: "frequencies.KIND" in cycles a native pixel and "curve.KIND" in dB; ``factor``: how
    many times as many points a side the denser grid has.
    """
    figure, axes = plt.subplots(figsize=(WIDTH, 3.0))
    for kind, colour, style in (
        ("real, native", "real", "-"),
        ("Lanczos", "baseline", "-"),
        ("dense grid", "here", "-"),
        ("dense grid, bicubic", "here", ":"),
        ("generated, native", "neutral", "--"),  # last: others lie on it
    ):
        curve = arrays[f"frequencies.{kind}"], arrays[f"curve.{kind}"]
        axes.plot(*curve, style, color=COLOURS[colour], label=kind)
    axes.axvline(0.5, color="black", linewidth=0.8)
    axes.text(0.51, axes.get_ylim()[1], "native limit", va="top", fontsize=8)
    axes.set(xlim=(0, NYQUIST * factor), xlabel="cycles per native pixel", ylabel="mean power, dB")
    axes.legend(fontsize=8)
    return figure
