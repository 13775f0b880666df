"""Fig. 7: one scale, every network in its place."""

import numpy as np
import pytest

from replication.figures.spectra import plot_curves, plot_planes
from replication.figures.style import use_style


@pytest.fixture(autouse=True)
def paper_style():
    use_style()


def network(level: float) -> dict[str, np.ndarray]:
    """As the command writes it; all frequencies at one level, in dB, real ones at -10."""
    found = {}
    for kind, value in (("generated", level), ("real", -10.0), ("reference", -10.5)):
        found[f"{kind}.plane"] = np.full((8, 8), value)
        found[f"{kind}.frequencies"] = np.array([0.0, 0.2, 0.4, 0.6])
        for key, less in (("low", -1), ("curve", 0), ("high", 1)):
            found[f"{kind}.{key}"] = np.full(4, value + less)
    return found


NETWORKS = [("one", network(-20.0)), ("two", "no time"), ("three", network(-200.0))]


def test_planes_share_a_scale_and_say_why_one_is_not_there():
    figure = plot_planes(NETWORKS)
    panels = [axes for axes in figure.axes if axes.get_title()]
    assert [axes.get_title() for axes in panels] == ["real images", "one", "two", "three"]
    values = [[image.get_array().max() for image in axes.images] for axes in panels]
    assert values == [[-10], [-20], [], [-200]]
    assert {image.get_clim() for axes in panels for image in axes.images} == {(-90.0, -10.0)}
    assert panels[2].texts[0].get_text() == "not run: no time"


def test_curves_are_drawn_and_less_the_real_ones():
    top, bottom = plot_curves(NETWORKS).axes
    drawn = {line.get_label(): line for line in top.lines}
    assert [*drawn["one"].get_xdata()] == [0.2, 0.4]  # neither the zero frequency nor corners
    assert [*drawn["one"].get_ydata()] == [-20, -20]
    assert [*drawn["real images"].get_ydata()] == [-10.5, -10.5]
    assert [*drawn["two: not run"].get_xdata()] == []
    less = {line.get_label(): line for line in bottom.lines}
    assert [*less["one"].get_ydata()] == [-9.5, -9.5]
    assert [*less["real images"].get_ydata()] == [0.5, 0.5]
    assert "two: not run" not in less
    assert bottom.get_ylabel() == "minus real images,\ndB"
