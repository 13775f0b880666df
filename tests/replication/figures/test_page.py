"""A page says of a run that is left out that it was not run, in figures and in tables alike."""

from pathlib import Path

import pandas as pd
import pytest
from conftest import make_study
from IPython.display import Image
from matplotlib import pyplot as plt

from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement, Protocol
from replication.figures import page as module
from replication.figures.page import Page, Results

ONE = Measurement(Estimate(1.0, 0.9, 1.1), Protocol("n", {}))
THERE = Results("a", {"seconds": 3}, {"n": {"x": ONE}}, {})
ABSENT = Results("b", {"left_out": "no time"}, {}, {})


@pytest.fixture
def page(tmp_path: Path, tiny_params: dict, monkeypatch) -> Page:
    study = make_study(tmp_path, tiny_params)
    monkeypatch.setattr(module, "load_profile", lambda _: study)
    monkeypatch.setattr(module, "profile_file", lambda name: name)
    monkeypatch.setattr(module, "paper_numbers", lambda _: {})
    return Page("n", "demo")


def never(*_):
    raise AssertionError("nothing is made of a run that is left out")


def saved(page: Page, name: str) -> pd.DataFrame:
    return pd.read_csv(page.paths.tables("n") / f"{name}.csv")


def test_a_figure_is_drawn_of_results_or_says_why_not(page: Page, monkeypatch):
    drawn = []

    def keep(figure, folder, name) -> Image:
        drawn.append(figure)
        return Image(data=b"", format="png")

    monkeypatch.setattr(module, "save_figure", keep)
    page.figure("f", lambda results: plt.figure(num=results.run), THERE)
    page.figure("f", never, THERE, ABSENT)
    page.figure("f", "nothing to show")
    assert drawn[0].get_label() == "a"
    texts = [figure.texts[0].get_text() for figure in drawn[1:]]
    assert texts == ["b was not run: no time", "nothing to show"]
    plt.close("all")


def test_a_table_has_rows_or_says_why_not(page: Page):
    page.table("t", lambda results: [{"Run": results.run, "N": "1"}], THERE, why_not={"c": "no c"})
    assert saved(page, "t").values.tolist() == [["a", "1"], ["c: not run: no c", "–"]]
    page.table("t", never, ABSENT)
    assert saved(page, "t").values.tolist() == [["b: not run: no time"]]


def test_comparisons_are_counted(page: Page):
    rows = [("said", "n", "above", ONE, ONE), ("said", "m", "above", None, ONE)]
    shown = page.comparisons("t", rows, percent=[("said", "p", "below", ONE, ONE)]).data
    assert shown.startswith("Of 2 comparisons 0 are as the paper has them")
    assert saved(page, "t")["Number"].tolist() == ["n", "m: not run", "p"]
    assert saved(page, "t")["Here"].tolist() == ["1.00 [0.90, 1.10]", "–", "100.0% [90.0%, 110.0%]"]
    assert page.comparisons("t", never, ABSENT).data.startswith("Nothing was compared.")


def test_what_is_not_there_has_a_reason(page: Page):
    run = next(iter(page.study.runs))
    assert page.why_not([run, "none"]) == {"none": "this profile does not have it"}
    assert page.cost(THERE).data == "Drawn and measured in 3\N{NO-BREAK SPACE}s."
    assert page.cost(ABSENT).data == "b was not run: no time"
