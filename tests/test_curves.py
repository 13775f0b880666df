"""The figure of how trainings went."""

from dataclasses import replace

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from replication.figures.training_curves import Trained, training_figure


def trained(run: str, dataset: str, model: str) -> Trained:
    log = pd.DataFrame(
        {
            "images_seen": [8, 16, 24],
            "loss/generator": [3.0, 2.0, 1.0],
            "loss/discriminator": [1.0, 1.1, 1.2],
            "r1": [0.1, None, 0.2],
            "online_eval/distance": [None, 2.0, len(run)],
        }
    )
    return Trained(run, dataset, model, log, "a distance, random features")


@pytest.fixture
def figure():
    yield training_figure
    plt.close("all")


def test_each_data_set_has_a_panel_with_its_runs_and_one_scale(figure):
    runs = [trained(f"s{n}-{model}", f"s{n}", model) for n in range(6) for model in ("cips", "x")]
    axes = [each for each in figure(runs).axes if each.axison]
    panels = {
        each.get_title(): each for each in axes if each.get_title() in {r.dataset for r in runs}
    }
    assert list(panels) == [f"s{n}" for n in range(6)]
    assert len({each.get_ylim() for each in panels.values()}) == 1
    assert panels["s0"].get_ylabel() == "a distance,\nrandom features"
    for each in panels.values():
        assert [line.get_label() for line in each.lines] == ["CIPS", "x"]
        assert list(each.lines[0].get_ydata()) == [2.0, 7.0]


def test_the_first_run_has_its_losses_and_its_penalty(figure):
    losses, penalty = figure([trained("faces-cips", "faces", "cips")]).axes[:2]
    assert [line.get_label() for line in losses.lines] == ["generator", "discriminator"]
    assert list(penalty.lines[0].get_xdata()) == [8, 24]
    assert "faces-cips" in losses.get_title()


def test_a_run_that_was_never_judged_has_an_empty_panel(figure):
    run = trained("a", "a", "cips")
    run = replace(run, log=run.log.drop(columns="online_eval/distance"))
    assert figure([run]).axes[2].lines[0].get_xdata().size == 0
