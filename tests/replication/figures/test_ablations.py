"""Tab. 3: the paper's columns and numbers, what was measured beside them, and what was not run."""

from dataclasses import fields

from conftest import REPOSITORY, make_study, measurement, random_images
from PIL import Image

from cipslib.networks.generator import Variant
from cipslib.presets import VARIANTS
from cipslib.utils.yaml_file import read_yaml
from replication.claims.undertrained import UNDERTRAINED
from replication.figures.ablations import INGREDIENTS, ablation_table, grid_images, tab_3_columns
from replication.figures.page import Page
from replication.profile.groups import COLUMNS

FIDS = read_yaml(REPOSITORY / "results/paper.yaml")["table-3"]["rows"]
SUMMARY = {"parameters": {"generator": 1234}, "images_seen": 8000, "stopped": None, "seconds": 90}


def measured(value: float, **entries) -> dict:
    how = {"name": "Fréchet distance, random features", "images": 10, **entries}
    number, far = (measurement(v, 0.1, **how) for v in (value, 10 * value))
    return {"frechet": {"generated": number, "real": number, "untrained": far}}


def test_the_papers_columns_are_among_ours():
    assert [one.printed for one in COLUMNS if one.printed] == [*FIDS]
    assert {one.variant for one in COLUMNS} <= {*VARIANTS}
    assert {*INGREDIENTS.values()} == {field.name for field in fields(Variant)}


def test_an_ablation_that_the_paper_does_not_have_is_a_column_more(tmp_path, tiny_params):
    run = {"dataset": "faces", "model": "cips", "cips": {"variant": "main"}}
    tiny_params["runs"] |= {"ablation-main": run, "ablation-wide": run}
    page = object.__new__(Page)  # of which one field is read
    page.whole = make_study(tmp_path, tiny_params)
    columns = tab_3_columns(page)
    assert columns[:-1] == COLUMNS
    numbers = {"ablation-wide": measured(1.0)}
    table, _ = ablation_table(columns, FIDS, numbers, {"ablation-wide": SUMMARY})
    line = table.set_index("CIPS")["wide"]
    assert (line["FID, paper"], line["Skip connections"]) == ("–", "+")
    assert line["Here"] == "1.00 [0.90, 1.10]"


def test_the_table_has_the_papers_numbers_ours_and_what_was_not_run():
    runs = [one.run for one in COLUMNS[:-1]]
    numbers = {run: measured(i, interpolation=str(i)) for i, run in enumerate(runs)}
    numbers[runs[1]] = measured(1.0, images=20)
    summaries = dict.fromkeys(runs, SUMMARY) | {runs[0]: {**SUMMARY, "stopped": "collapse"}}
    table, notes = ablation_table(COLUMNS, FIDS, numbers, summaries)
    line = table.set_index("CIPS").T
    assert [*line["Coordinate embeddings"]] == ["+", "–", "+", "+", "+", "+"]
    assert [*line["FID, paper"]] == ["6.71", "12.71", "10.18", "6.31", "6.52", "10.0"]
    here = line["Here"]
    assert here["No Fourier"] == "2.00 [1.90, 2.10]"  # another interpolation is no other protocol
    assert here["No embed (NE)"].startswith("1.00 [0.90, 1.10]⁽") and "images" in notes.lines[0]
    assert here["Sine"] == line["Images seen"]["Sine"] == "not run"
    assert line["Images seen"]["“base”"] == "8,000, then collapse"
    assert not any(UNDERTRAINED in note for note in notes.lines)


def test_an_undertrained_generator_has_a_mark():
    few, real = measurement(0.01), measurement(0.9)
    numbers = {one.run: measured(1.0) for one in COLUMNS}
    numbers["ablation-ne"]["precision"] = {"generated": few, "real": real}
    table, notes = ablation_table(COLUMNS, FIDS, numbers, dict.fromkeys(numbers, SUMMARY))
    line = table.set_index("CIPS")
    here = line.loc["Here"]
    assert [title for title in here.index if "⁽" in here[title]] == ["No embed (NE)"]
    assert notes.lines == [f"⁽¹⁾ {UNDERTRAINED}"]
    assert not any("⁽" in cell for cell in line.loc["Untrained"])


def test_the_first_images_of_a_grid_are_read(tmp_path):
    images = random_images(64, 4)
    grid = images.reshape(8, 8, 4, 4, 3).swapaxes(1, 2).reshape(32, 32, 3)
    Image.fromarray(grid).save(tmp_path / "grid.png")
    assert (grid_images(tmp_path / "grid.png", 10) == images[:10]).all()
