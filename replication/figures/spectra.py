"""Fig. 7: mean spectra on one colour scale, and curves of azimuthal integration with intervals."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cipslib.analysis.spectra import NYQUIST
from replication.figures.panels import panel_grid
from replication.figures.style import COLOURS, WIDTH

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
    planes = {"real images": measured[0]["real.plane"] if measured else "not run: no network"}
    for name, of in networks:
        planes[name] = f"not run: {of}" if isinstance(of, str) else of["generated.plane"]
    return panel_grid([*planes], [("", [(plane, "") for plane in planes.values()])])


def plot_curves(networks: Networks) -> Figure:
    """Draw Fig. 7b: curves in dB, and below less that of the real reference.

    Networks that were not run are named in the legend. At most as many as there are ``LOOKS``.
    """
    size = (WIDTH, 5.6)
    figure, (top, bottom) = plt.subplots(2, 1, sharex=True, figsize=size, height_ratios=(3, 2))
    measured = []
    for (colour, style), (name, of) in zip(LOOKS, networks, strict=False):
        if isinstance(of, str):
            top.plot([], [], style, color=colour, label=f"{name}: not run")
            continue
        measured.append(of)
        for axes, less in ((top, 0.0), (bottom, of["reference.curve"])):
            _curve(axes, of, "generated", less, color=colour, label=name, ls=style)
    for real in measured[-1:]:
        _curve(top, real, "reference", 0.0, color="black", label="real images")
        _curve(bottom, real, "real", real["reference.curve"], color="black", label="real images")
    for axes in (top, bottom):
        axes.axvline(TAIL, color=COLOURS["neutral"], linestyle=":", linewidth=1)
    top.legend(fontsize=8, ncols=2)
    top.set_ylabel("power, dB")
    bottom.set_ylabel("minus real images,\ndB")
    bottom.set_xlabel("frequency, cycles a pixel")
    return figure


def _curve(axes: Axes, of: Arrays, which: str, less: np.ndarray | float, **look: Any) -> None:
    """Draw it with its band; without the zero frequency and the corners."""
    x = of[f"{which}.frequencies"]
    shown = (x <= NYQUIST) & (np.arange(len(x)) > 0)
    curve, low, high = ((of[f"{which}.{key}"] - less)[shown] for key in ("curve", "low", "high"))
    axes.plot(x[shown], curve, **look)
    axes.fill_between(x[shown], low, high, color=look["color"], alpha=0.2, linewidth=0)
