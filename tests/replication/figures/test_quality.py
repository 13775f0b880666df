"""The figures of notebook 03: distances of runs, and how trainings went."""

from dataclasses import replace

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement, Protocol
from replication.figures.quality import TrainingLog, plot_distances, plot_training
from replication.figures.style import COLOURS
from replication.tables.tables import Footnotes


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def trained(dataset: str, model: str, distance: float = 3.0) -> TrainingLog:
    log = pd.DataFrame(
        {
            "images_seen": [8, 16, 24],
            "loss/generator": [3.0, 2.0, 1.0],
            "loss/discriminator": [1.0, 1.1, 1.2],
            "r1": [0.1, None, 0.2],
            "online_eval/distance": [None, 2.0, distance],
        }
    )
    return TrainingLog(f"{dataset}-{model}", dataset, model, log, "a distance, random features")


def test_each_data_set_has_a_panel_with_its_runs_and_one_scale():
    sets = [f"s{n}" for n in range(6)]
    logs = [trained(name, model, 7.0) for name in sets for model in ("cips", "x")]
    axes = [each for each in plot_training(logs).axes if each.axison]
    panels = {each.get_title(): each for each in axes if each.get_title() in sets}
    assert list(panels) == sets
    assert len({each.get_ylim() for each in panels.values()}) == 1
    assert panels["s0"].get_ylabel() == "a distance,\nrandom features"
    for each in panels.values():
        assert [line.get_label() for line in each.lines] == ["CIPS", "x"]
        assert list(each.lines[0].get_ydata()) == [2.0, 7.0]
        assert each.lines[0].get_color() == COLOURS["here"]


def test_the_first_run_has_its_losses_and_its_penalty():
    losses, penalty, *_ = plot_training([trained("faces", "cips"), trained("dogs", "cips")]).axes
    assert [line.get_label() for line in losses.lines] == ["generator", "discriminator"]
    assert [list(line.get_ydata()) for line in losses.lines] == [[3, 2, 1], [1.0, 1.1, 1.2]]
    assert list(penalty.lines[0].get_xdata()) == [8, 24]
    assert "faces-cips" in losses.get_title() and "faces-cips" in penalty.get_title()


def test_a_run_that_was_never_judged_has_an_empty_panel():
    run = trained("a", "cips")
    run = replace(run, log=run.log.drop(columns="online_eval/distance"))
    assert plot_training([run]).axes[2].lines[0].get_xdata().size == 0


def test_each_run_has_its_three_distances_and_its_mark():
    def number(value: float) -> Measurement:
        return Measurement(Estimate(value, value - 2, value + 2), Protocol("distance", {}))

    kinds = {"real": number(1.0), "generated": number(3.0), "untrained": number(80.0)}
    marks = {"a": "", "b": "⁽¹⁾"}
    runs = {run: {"frechet": dict(kinds)} for run in marks}
    axes = plot_distances(runs, Footnotes(), marks).axes[0]
    each = ["real\n1.00", "generated\n3.00", "untrained\n80.0"]
    labels = [text.get_text() for text in axes.texts]
    assert labels == [*each, each[0], "generated⁽¹⁾\n3.00", each[2]]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["a", "b"]
    assert axes.yaxis_inverted()  # in the table's order
    assert axes.get_xscale() == "log" and axes.get_xlim()[0] > 0
