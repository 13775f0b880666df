"""The figure of how trainings went."""

import pandas as pd

from cipslib.curves import training_curves
from cipslib.plotting import COLOURS


def log(distance: float) -> pd.DataFrame:
    """Two entries, as log.jsonl has them; the second was judged."""
    return pd.DataFrame(
        {
            "images_seen": [100, 200],
            "loss/generator": [2.0, 1.0],
            "loss/discriminator": [0.5, 1.4],
            "r1": [None, 0.1],
            "judge/distance": [None, distance],
        }
    )


def test_losses_of_the_first_and_distances_of_all():
    figure = training_curves(
        {"faces-cips": log(3.0), "faces-stylegan2": log(4.0), "churches-cips": log(5.0)}
    )
    losses, penalty, distances = figure.axes
    assert [list(line.get_ydata()) for line in losses.get_lines()] == [[2.0, 1.0], [0.5, 1.4]]
    assert "faces-cips" in losses.get_title() and "faces-cips" in penalty.get_title()
    lines = distances.get_lines()
    assert [list(line.get_xydata()[0]) for line in lines] == [[200, 3.0], [200, 4.0], [200, 5.0]]
    colours = [line.get_color() for line in lines]
    assert colours == [COLOURS["here"], COLOURS["baseline"], COLOURS["here"]]
    faces, baseline, churches = (line.get_marker() for line in lines)
    assert faces == baseline != churches
    assert [text.get_text() for text in figure.legends[0].get_texts()][1] == "faces-stylegan2"


def test_without_a_training_it_says_so():
    (text,) = training_curves({}).texts
    assert text.get_text() == "Training was not run: all weights are imported"
