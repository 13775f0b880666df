"""Figures of images: each image is drawn once, in the room that it needs, with its words."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from replication.figures.panels import panel_grid
from replication.figures.style import WIDTH, use_style

COLOUR = np.zeros((4, 4, 3), np.uint8)
TITLES = ["(a) Fourier features", "(b) coordinate embeddings", "Fourier features zeroed"]


@pytest.fixture(autouse=True)
def paper_style():
    use_style()


def texts(figure: Figure) -> list[Text]:
    every = ((a.title, a.xaxis.label, a.yaxis.label, *a.texts) for a in figure.axes)
    return [text for of_axes in every for text in of_axes if text.get_text()]


@pytest.mark.parametrize("count", [1, 2, 7])
@pytest.mark.parametrize("columns", [2, 3])
def test_every_panel_is_drawn_once_with_its_words(count: int, columns: int):
    panels = [("no time", ""), *(columns - 1) * [(COLOUR, "as\ntwo")]]
    figure = panel_grid(TITLES[:columns], [(f"run {i}", panels) for i in range(count)])
    assert figure.get_size_inches()[0] == WIDTH
    assert sum(len(axes.images) for axes in figure.axes) == count * (columns - 1)
    drawn = [text.get_text().replace("\n", " ") for text in texts(figure)]
    assert drawn.count("no time") == count
    assert drawn.count("as two") == count * (columns - 1)
    for title in TITLES[:columns]:
        assert drawn.count(title) == 1
    assert [drawn.count(f"run {i}") for i in range(count)] == count * [int(count > 1)]


@pytest.mark.parametrize("count", [1, 2, 7])
def test_no_words_or_images_overlap(count: int):
    panel = (COLOUR, "Satellite-Buildings\nstructure 0.058")
    figure = panel_grid(TITLES, [(f"satellite-buildings-{i}", 3 * [panel]) for i in range(count)])
    figure.canvas.draw()
    boxes = [part.get_window_extent() for part in (*texts(figure), *figure.axes)]
    for a, b in combinations(boxes, 2):
        assert not a.overlaps(b)
    for each in boxes:
        assert figure.bbox.x0 <= each.x0 < each.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= each.y0 < each.y1 <= figure.bbox.y1
