"""One look for every figure: fonts, colours, the width of a page, and how a figure is saved."""

from pathlib import Path

import matplotlib.pyplot as plt
from IPython.display import Image
from matplotlib.figure import Figure

from cipslib.utils.files import atomic_write

WIDTH = 7.0  # inches: a full-width figure; readable when printed at half of it
DPI = 200
# Okabe and Ito's colours, which colour-blind readers can tell apart.
COLOURS = {"here": "#0072B2", "baseline": "#D55E00", "real": "#009E73", "neutral": "#7F7F7F"}


def use_style() -> None:
    """Set fonts, lines and colours of all figures."""
    plt.rcdefaults()  # whatever the user's matplotlibrc says
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


def save_figure(figure: Figure, folder: Path, name: str) -> Image:
    """Save as PNG and PDF, close, and return the PNG for the notebook to show."""
    for kind, metadata in (("pdf", {"CreationDate": None}), ("png", {"Software": None})):
        with atomic_write(folder / f"{name}.{kind}") as temporary:
            figure.savefig(temporary, format=kind, dpi=DPI, metadata=metadata)
    plt.close(figure)
    return Image(filename=str(folder / f"{name}.png"), width=round(100 * WIDTH))
