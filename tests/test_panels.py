"""Every picture is drawn once, with its title and note, and numbers share one scale."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from replication.figures.panels import Panel, panel_grid
from replication.figures.style import WIDTH, use_style

COLOUR = np.zeros((4, 4, 3), np.uint8)


@pytest.fixture(autouse=True)
def close_figures():
    use_style()
    yield
    plt.close("all")


def words(figure: Figure) -> list[str]:
    texts = [text for axes in figure.axes for text in (axes.title, *axes.texts)]
    return [text.get_text() for text in (*texts, *figure.texts)]


@pytest.mark.parametrize("count", [1, 2, 7])
@pytest.mark.parametrize("columns", [2, 3])
def test_every_panel_is_drawn_once(count: int, columns: int):
    titles = ["(a) Fourier features", "(b) coordinate embeddings", "the averaged face"][:columns]
    rows = [
        (f"a-run-with-a-name-{i}", [Panel(None), *(columns - 1) * [Panel(COLOUR, f"as {i}\ntwo")]])
        for i in range(count)
    ]
    figure = panel_grid(titles, rows)
    assert figure.get_size_inches()[0] == WIDTH
    assert sum(len(axes.images) for axes in figure.axes) == count * (columns - 1)
    drawn = [text.replace("\n", " ") for text in words(figure)]
    assert drawn.count("none") == count
    absent = panel_grid(["a"], [("run", [Panel(None, absent="not run: no time")])])
    assert "not run: no time" in words(absent)
    for title in titles:
        assert drawn.count(title) == 1
    for i in range(count):
        assert drawn.count(f"as {i} two") == columns - 1
        assert drawn.count(f"a-run-with-a-name-{i}") == (count > 1)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_no_words_or_pictures_overlap(count: int):
    titles = ["(a) Fourier features", "(b) coordinate embeddings", "Fourier features zeroed"]
    panel = Panel(COLOUR, "Satellite-Buildings\nstructure 0.058")
    figure = panel_grid(titles, [(f"satellite-buildings-{i}", 3 * [panel]) for i in range(count)])
    figure.canvas.draw()
    texts = [axes.title for axes in figure.axes] + [t for axes in figure.axes for t in axes.texts]
    boxes = [text.get_window_extent() for text in (*texts, *figure.texts) if text.get_text()]
    boxes += [axes.get_window_extent() for axes in figure.axes]
    for a, b in combinations(boxes, 2):
        assert not a.overlaps(b)
    for each in boxes:
        assert figure.bbox.x0 <= each.x0 < each.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= each.y0 < each.y1 <= figure.bbox.y1


def test_numbers_share_one_scale():
    panels = [Panel(np.array([[0.0, 1.0]])), Panel(np.array([[5.0, 6.0]]))]
    figure = panel_grid(["a", "b"], [("run", panels)], limits=(0.0, 6.0), unit="dB")
    images = [image for axes in figure.axes[:2] for image in axes.images]
    assert [image.get_clim() for image in images] == 2 * [(0.0, 6.0)]
    assert figure.axes[-1].get_ylabel() == "dB"


@pytest.mark.filterwarnings("error")
def test_a_figure_is_saved_twice_without_a_warning(tmp_path: Path):
    """As a PDF and as a PNG; a warning would stand on the report's page."""
    figure = panel_grid(["left", "right"], [("run", [Panel(COLOUR), Panel(COLOUR)])])
    for kind in ("pdf", "png"):
        figure.savefig(tmp_path / f"figure.{kind}")
