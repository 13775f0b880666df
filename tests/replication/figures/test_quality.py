"""The figures of notebook 03: distances of runs, and how trainings went."""

import pandas as pd
from conftest import REPOSITORY, measurement

from replication.figures.quality import plot_distances, plot_training
from replication.figures.style import COLOURS
from replication.profile.profile import load_profile
from replication.tables.tables import Footnotes


def log(distance: float) -> pd.DataFrame:
    losses = {"loss/generator": [3.0, 2.0, 1.0], "loss/discriminator": [1.0, 1.1, 1.2]}
    others = {"r1": [0.1, None, 0.2], "online_eval/distance": [None, 2.0, distance]}
    return pd.DataFrame({"images_seen": [8, 16, 24], **losses, **others})


def test_trainings_have_losses_and_each_data_set_its_distances():
    profile = load_profile(REPOSITORY / "params.yaml")
    names = ("faces-cips", "faces-stylegan2", "churches-cips")
    logs = {run: log(distance) for run, distance in zip(names, (7.0, 8.0, 9.0), strict=True)}
    logs["churches-cips"] = logs["churches-cips"].drop(columns="online_eval/distance")
    axes = plot_training(profile.runs, logs).axes
    losses, penalty, faces, churches = axes
    assert [list(line.get_ydata()) for line in losses.lines] == [[3, 2, 1], [1.0, 1.1, 1.2]]
    assert list(penalty.lines[0].get_xdata()) == [8, 24]
    assert "faces-cips" in losses.get_title() and "faces-cips" in penalty.get_title()
    assert [list(line.get_ydata()) for line in faces.lines] == [[2.0, 7.0], [2.0, 8.0]]
    assert faces.lines[0].get_color() == COLOURS["here"]
    assert churches.lines[0].get_xdata().size == 0  # never evaluated


def test_each_run_has_its_three_distances_and_its_marks():
    values = {"real": 1.0, "generated": 3.0, "untrained": 80.0}
    kinds = {kind: measurement(value, 2, seed=1) for kind, value in values.items()}
    other = {**kinds, "generated": measurement(3.0, 2, seed=2)}
    runs = {"a": {"frechet": kinds}, "b": {"frechet": other}}
    axes = plot_distances(runs, Footnotes()).axes[0]
    labels = [text.get_text() for text in axes.texts]
    assert labels == ["1.00", "1.00", "3.00", "3.00⁽¹⁾", "80.0", "80.0"]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["a", "b"]
    assert axes.yaxis_inverted()  # in the table's order
    assert axes.get_xscale() == "log" and axes.get_xlim()[0] > 0
