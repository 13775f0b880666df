"""Every picture is drawn once, with its title and note, and numbers share one scale."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from cipslib.panels import Panel, image_panels
from cipslib.plotting import WIDTH

COLOUR = np.zeros((4, 4, 3), np.uint8)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_every_panel_is_drawn_once(count: int):
    groups = [
        (f"run {i}", [Panel("left", COLOUR, f"note {i}"), Panel("right", None)])
        for i in range(count)
    ]
    figure = image_panels(groups)
    assert figure.get_size_inches()[0] == WIDTH
    assert sum(len(axis.images) for axis in figure.axes) == count
    words = [text.get_text() for axis in figure.axes for text in (axis.title, *axis.texts)]
    assert words.count("right") == words.count("none") == count
    for i in range(count):
        assert words.count(f"note {i}") == 1
        assert words.count(f"run {i}\nleft") == (count > 1)


def test_numbers_share_one_scale():
    panels = [Panel("a", np.array([[0.0, 1.0]])), Panel("b", np.array([[5.0, 6.0]]))]
    figure = image_panels([("run", panels)], limits=(0.0, 6.0), unit="dB")
    images = [image for axis in figure.axes for image in axis.images]
    assert [image.get_clim() for image in images] == 2 * [(0.0, 6.0)]
    assert figure.axes[-1].get_ylabel() == "dB"
