"""Notebook 00: how the power of each data set falls with the frequency, beside photographs."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from cipslib.analysis.spectra import NYQUIST, Spectrum, power_spectrum
from cipslib.analysis.spectral_measures import decay
from replication.figures.style import COLOURS, WIDTH


def slope_row(spectrum: Spectrum, photographs: Sequence[np.ndarray]) -> dict[str, str]:
    """Return how steeply a set's power falls, beside the range of single photographs."""
    band = slope_band(len(spectrum.plane))
    single = [decay(power_spectrum(crops), band) for crops in photographs]
    low, ours, high = min(single), decay(spectrum, band), max(single)
    return {
        "α": f"{ours:.2f}",
        "Single photographs": f"{low:.2f} to {high:.2f}",
        "Within 0.2 of that range": "yes" if low - 0.2 < ours < high + 0.2 else "no",
    }


def slope_band(resolution: int) -> tuple[float, float]:
    """Return where slopes are taken: from five cycles across the image on, in cycles a pixel."""
    return 5 / resolution, 0.45


def plot_set_spectra(
    spectra: Mapping[str, Spectrum], photographs: Mapping[str, Sequence[np.ndarray]]
) -> Figure:
    """Draw each set's mean power by frequency, and that of photographs of its size."""
    size = (WIDTH, 2.9)
    figure, grid = plt.subplots(
        1, len(spectra), figsize=size, sharex=True, sharey=True, squeeze=False
    )
    for axis, (name, of_set) in zip(grid[0], spectra.items(), strict=True):
        of_photographs = power_spectrum(np.concatenate(photographs[name]))
        for label, found in (("photographs", of_photographs), ("this set", of_set)):
            shown = (found.frequencies > 0) & (found.frequencies <= NYQUIST)
            colour = COLOURS["here" if found is of_set else "real"]
            axis.plot(found.frequencies[shown], found.curve[shown], color=colour, label=label)
        band = slope_band(len(of_set.plane))
        axis.axvspan(*band, color=COLOURS["neutral"], alpha=0.15, linewidth=0)
        axis.set_title(name.replace("-", "\n"), fontsize=9)
        axis.set_xscale("log")
        axis.set_xticks([0.05, 0.2, 0.5], ["0.05", "0.2", "0.5"], fontsize=8)
        axis.minorticks_off()
    grid[0, 0].set_ylabel("mean power, dB")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    figure.supxlabel("spatial frequency, cycles a pixel", fontsize=9)
    return figure
