"""The figure of how trainings went."""

import pandas as pd

from replication.figures.style import COLOURS
from replication.figures.training_curves import Trained, training_figure


def trained(run: str, distance: float) -> Trained:
    """Two entries, as log.jsonl has them; the second was judged."""
    log = pd.DataFrame(
        {
            "images_seen": [100, 200],
            "loss/generator": [2.0, 1.0],
            "loss/discriminator": [0.5, 1.4],
            "r1": [0.3, 0.1],
            "online_eval/distance": [None, distance],
        }
    )
    return Trained(run, *run.split("-"), log)


def test_losses_of_the_first_and_distances_of_each_data_set():
    runs = [trained("faces-cips", 3.0), trained("faces-stylegan2", 4.0), trained("dogs-cips", 5.0)]
    losses, penalty, *panels = training_figure(runs).axes
    assert [list(line.get_ydata()) for line in losses.get_lines()] == [[2.0, 1.0], [0.5, 1.4]]
    assert "faces-cips" in losses.get_title() and "faces-cips" in penalty.get_title()
    shown = {axes.get_title(): axes.get_lines() for axes in panels if axes.get_lines()}
    assert {
        title: [list(line.get_ydata()) for line in lines] for title, lines in shown.items()
    } == {
        "faces": [[3.0], [4.0]],
        "dogs": [[5.0]],
    }
    colours = [line.get_color() for line in shown["faces"]]
    assert colours == [COLOURS["here"], COLOURS["baseline"]]
