"""Rows of pictures take the room that they need; ends of a panorama meet between marks."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from cipslib.metrics.intervals import Estimate
from replication.figures.seams import joined_ends, seam_curve
from replication.figures.style import WIDTH, image_rows


@pytest.mark.parametrize(("width", "height"), [(8, 8), (24, 8), (8, 16)])
def test_the_room_of_a_row_is_that_of_its_pictures(width: int, height: int):
    pictures = np.zeros((4, height, width, 3), np.uint8)
    figure = image_rows([("first", pictures), ("second", pictures[:2])], columns=2)
    cell = WIDTH / 2 * height / width
    labels = 2 * 0.28  # inches
    assert figure.get_size_inches() == pytest.approx((WIDTH, 3 * cell + labels))
    plt.close(figure)


def test_the_ends_of_each_picture_meet_between_its_marks():
    pictures = np.zeros((4, 8, 32, 3), np.uint8)
    pictures[:, :, 0], pictures[:, :, -1] = 10, 20
    figure = joined_ends([("panoramas", pictures, 2)])
    (axes,) = figure.axes
    shown = axes.images[0].get_array()
    above, below = (line.get_xdata() for line in axes.lines)
    assert list(above) == list(below) == [15.5, 48.5]  # 32 columns, a gap of 1, 32 columns
    for place in above:
        assert shown[0, int(place), 0] == 20
        assert shown[0, int(place) + 1, 0] == 10
    plt.close(figure)


def test_a_curve_names_what_does_not_close():
    places, seams = np.arange(-180.0, 180, 90), np.array([[1, 0.9, 1.1]] * 4)
    figure = seam_curve(places, seams, {"real, joined": Estimate(3, 2, 4)})
    legend = figure.axes[0].get_legend()
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["panoramas, if cut there", "where they are cut", "real, joined"]
    for axes in figure.axes:  # a turn ends where it began
        assert list(axes.lines[0].get_xdata()) == [-180, -90, 0, 90, 180]
    plt.close(figure)
