"""Fig. 7: mean spectra on one colour scale, and curves of azimuthal integration with intervals."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cipslib.analysis.spectra import NYQUIST
from replication.figures.panels import Panel, panel_grid
from replication.figures.style import COLOURS, WIDTH

DEPTH = 80  # dB below the strongest: what is weaker has the darkest colour
TAIL = NYQUIST / 2  # cycles a pixel, from where on a curve is called the tail
# Of curves in their order: Okabe and Ito's colours, and dashes for those who see none.
LOOKS = (
    (COLOURS["baseline"], "-"),
    (COLOURS["here"], "-"),
    ("#56B4E9", "--"),
    ("#CC79A7", "-."),
    ("#E69F00", "-"),
)

Arrays = Mapping[str, np.ndarray]  # of `cips spectra`
Networks = Sequence[tuple[str, Arrays | str]]  # name -> a network's, or why it was not run


def plot_planes(networks: Networks) -> Figure:
    """Draw Fig. 7a: real images, then the networks'; in place of one that was not run: why."""
    measured = [of for _, of in networks if not isinstance(of, str)]
    real = measured[0]["real.plane"] if measured else None
    panels = [Panel(real, absent="not run: no network")]
    panels += [
        Panel(None, absent=f"not run: {of}")
        if isinstance(of, str)
        else Panel(of["generated.plane"])
        for _, of in networks
    ]
    planes = [panel.image for panel in panels if panel.image is not None]
    high = max((plane.max() for plane in planes), default=0.0)
    low = max(min((plane.min() for plane in planes), default=-1.0), high - DEPTH)
    titles = ["real images", *(name for name, _ in networks)]
    return panel_grid(titles, [("", panels)], (low, high), "power, dB")


def plot_curves(networks: Networks) -> Figure:
    """Draw Fig. 7b: curves in dB, and below less that of the real reference.

    Networks that were not run are named in the legend. At most as many as there are ``LOOKS``.
    """
    size = (WIDTH, 5.6)
    figure, (top, bottom) = plt.subplots(2, 1, sharex=True, figsize=size, height_ratios=(3, 2))
    black: dict[str, Any] = {"color": "black", "label": "real images", "ls": "-"}
    real = None
    for (colour, style), (name, of) in zip(LOOKS, networks, strict=False):
        if isinstance(of, str):
            top.plot([], [], style, color=colour, label=f"{name}: not run")
            continue
        real, base = of, of["reference.curve"]
        look: dict[str, Any] = {"color": colour, "label": name, "ls": style}
        _curve(top, of, "generated", 0 * base, look)
        _curve(bottom, of, "generated", base, look)
    if real is not None:
        base = real["reference.curve"]
        _curve(top, real, "reference", 0 * base, black)
        _curve(bottom, real, "real", base, black)
    for axes in (top, bottom):
        axes.axvline(TAIL, color=COLOURS["neutral"], linestyle=":", linewidth=1)
    top.legend(fontsize=8, ncols=2)
    top.set_ylabel("power, dB")
    bottom.set_ylabel("minus real images,\ndB")
    bottom.set_xlabel("frequency, cycles a pixel")
    return figure


def _curve(axes: Axes, of: Arrays, which: str, less: np.ndarray, look: dict[str, Any]) -> None:
    """Draw it with its band; without the zero frequency and the corners."""
    x = of[f"{which}.frequencies"]
    shown = (x <= NYQUIST) & (np.arange(len(x)) > 0)
    curve, low, high = ((of[f"{which}.{key}"] - less)[shown] for key in ("curve", "low", "high"))
    axes.plot(x[shown], curve, **look)
    axes.fill_between(x[shown], low, high, color=look["color"], alpha=0.2, linewidth=0)
