"""docs/map.md: every table and figure has its notebook, stage and output."""

import yaml
from conftest import REPOSITORY

ITEMS = [f"Tab. {n}" for n in range(1, 6)] + [f"Fig. {n}" for n in range(1, 20)]
NOTEBOOKS = {path.stem for path in (REPOSITORY / "notebooks").glob("[0-9][0-9]-*.ipynb")}
STAGE = yaml.safe_load((REPOSITORY / "dvc.yaml").read_text())["stages"]["notebook"]


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def faults(item: str, _: str, notebook: str, output: str) -> list[str]:
    """What is wrong with a row."""
    if notebook not in NOTEBOOKS:
        return [f"{item}: there is no notebook {notebook}"]
    if notebook not in STAGE["foreach"]:
        return [f"{item}: no stage runs {notebook}"]
    kind, folder, *_ = output.split("/")
    if folder != notebook or f"results/${{profile}}/{kind}/${{item}}" not in STAGE["do"]["outs"]:
        return [f"{item}: notebook {notebook} does not write {output}"]
    return []


MAP = rows((REPOSITORY / "docs/map.md").read_text())


def test_every_item_stands_once_in_its_order():
    assert [row[0] for row in MAP] == ITEMS


def test_every_row_is_true_of_the_pipeline():
    assert [fault for row in MAP for fault in faults(*row)] == []


def test_every_notebook_is_run():
    assert {*STAGE["foreach"]} == NOTEBOOKS


def test_every_notebook_shows_an_item_or_the_data():
    assert NOTEBOOKS - {row[2] for row in MAP} == {"00-data"}
