"""A page says of a run that is left out that it was not run, in figures and in tables alike."""

from pathlib import Path

import pandas as pd
import pytest
from conftest import make_study, measurement
from IPython.display import Image
from matplotlib import pyplot as plt

from cipslib.metrics.measurement import measurements_to_json
from cipslib.utils.files import write_json
from replication.figures import page as module
from replication.figures.page import Page, Results
from replication.profile.results import NUMBERS
from replication.tables.tables import with_interval

ONE = measurement(1.0, 0.1)
THERE = Results("a", {}, {"n": {"x": ONE}}, {})
ABSENT = Results("b", {"left_out": "no time"}, {}, {})


@pytest.fixture
def page(tmp_path: Path, tiny_params: dict, monkeypatch) -> Page:
    study = make_study(tmp_path, tiny_params)
    monkeypatch.setattr(module, "load_profile", lambda _: study)
    monkeypatch.setattr(module, "profile_file", lambda name: name)
    monkeypatch.setattr(module, "read_yaml", lambda _: {})
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


def test_the_claims_of_a_notebook_are_judged_by_the_numbers_that_are_there(page: Page):
    page.name = "11-artifacts"
    few = measurement(0.01, 0.01)
    for generated, said in ((ONE, "reproduced"), (few, "inconclusive")):
        numbers = {"periodic_texture": {"generated": generated, "real": few}}
        path = page.paths.analysis("faces-cips", "artifacts") / NUMBERS
        write_json(path, measurements_to_json(numbers))
        page.claims()
        table = pd.read_csv(page.paths.tables(page.name) / "claims.csv")
        assert table["Verdict"][0] == said
        assert table["Verdict"][1].startswith("not run (")
    shown = f"{with_interval(few)} / {with_interval(few)}"
    assert table["Here / compared with"].tolist() == [shown, "–"]
    assert "faces" in table["Claim"][0] and "is more than" in table["Rule"][0]
