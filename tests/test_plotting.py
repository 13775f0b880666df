"""Rows of pictures take the room that they need."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from cipslib.plotting import WIDTH, image_rows


@pytest.mark.parametrize(("width", "height"), [(8, 8), (24, 8), (8, 16)])
def test_the_room_of_a_row_is_that_of_its_pictures(width: int, height: int):
    pictures = np.zeros((4, height, width, 3), np.uint8)
    figure = image_rows([("first", pictures), ("second", pictures[:2])], columns=2)
    cell = WIDTH / 2 * height / width
    labels = 2 * 0.28  # inches
    assert figure.get_size_inches() == pytest.approx((WIDTH, 3 * cell + labels))
    plt.close(figure)
