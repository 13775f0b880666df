"""Fig. 7: one colour scale, every network in its place, and why one was not run."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from replication.figures.spectra import curves_figure, dense_figure, planes_figure
from replication.figures.style import use_style


@pytest.fixture(autouse=True)
def close_figures():
    use_style()
    yield
    plt.close("all")


def network(level: float) -> dict[str, np.ndarray]:
    """As the stage writes it; all frequencies at one level, in dB, real ones at -10."""
    found = {}
    for kind, value in (("generated", level), ("real", -10.0), ("reference", -10.5)):
        found[f"{kind}.ours.plane"] = np.full((8, 8), value)
        found[f"{kind}.ours.frequencies"] = np.array([0.0, 0.2, 0.4, 0.6])
        for key, less in (("low", -1), ("curve", 0), ("high", 1)):
            found[f"{kind}.ours.{key}"] = np.full(4, value + less)
    return found


NETWORKS = [("one", network(-20.0)), ("two", "no time"), ("three", network(-200.0))]


def test_planes_share_a_scale_and_say_why_one_is_not_there():
    figure = planes_figure(NETWORKS)
    panels = [axes for axes in figure.axes if axes.get_title()]
    assert [axes.get_title() for axes in panels] == ["real pictures", "one", "two", "three"]
    values = [[image.get_array().max() for image in axes.images] for axes in panels]
    assert values == [[-10], [-20], [], [-200]]
    assert {image.get_clim() for axes in panels for image in axes.images} == {(-90.0, -10.0)}
    assert panels[2].texts[0].get_text() == "not run: no time"


def test_curves_are_drawn_and_less_the_real_ones():
    figure = curves_figure(NETWORKS, "ours", "power, dB")
    top, bottom = figure.axes
    drawn = {line.get_label(): line for line in top.lines}
    assert [*drawn["one"].get_xdata()] == [0.2, 0.4]  # neither the zero frequency nor corners
    assert [*drawn["one"].get_ydata()] == [-20, -20]
    assert [*drawn["real pictures"].get_ydata()] == [-10.5, -10.5]
    assert [*drawn["two: not run"].get_xdata()] == []
    less = {line.get_label(): line for line in bottom.lines}
    assert [*less["one"].get_ydata()] == [-9.5, -9.5]
    assert [*less["real pictures"].get_ydata()] == [0.5, 0.5]
    assert "two: not run" not in less
    assert bottom.get_ylabel() == "minus real pictures,\ndB"


def test_without_any_network_it_is_said():
    nothing = [(name, "no time") for name in ("one", "two")]
    words = [text.get_text() for axes in planes_figure(nothing).axes for text in axes.texts]
    assert words == ["not run: no network", *2 * ["not run: no time"]]
    top = curves_figure(nothing, "ours", "dB").axes[0]
    legend = [text.get_text() for text in top.get_legend().get_texts()]
    assert legend == ["one: not run", "two: not run"]


def test_grids_stand_beside_the_native_limit():
    kinds = ("real, native", "generated, native", "Lanczos", "dense grid", "dense grid, bicubic")
    arrays = {}
    for level, kind in enumerate(kinds):
        arrays[f"frequencies.{kind}"] = np.array([0.25, 0.5, 1.0])
        arrays[f"curve.{kind}"] = np.full(3, -float(level))
    axes = dense_figure(arrays, factor=4).axes[0]
    assert axes.get_xlim() == (0, 2)  # up to the denser grid's own limit
    curves = {line.get_label(): line.get_ydata()[0] for line in axes.lines[:-1]}
    assert curves == {kind: -level for level, kind in enumerate(kinds)}
    assert set(axes.lines[-1].get_xdata()) == {0.5}
