"""Tab. 3: the paper's columns and numbers, what was measured beside them, and what was not run."""

from dataclasses import fields

import numpy as np
import pytest
from conftest import REPOSITORY
from matplotlib import pyplot as plt
from PIL import Image

from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement, Protocol
from cipslib.networks.generator import Variant
from cipslib.presets import VARIANTS
from replication.claims.undertrained import UNDERTRAINED
from replication.figures.ablations import (
    INGREDIENTS,
    DistanceRow,
    ablation_orders,
    ablation_table,
    grid_images,
    plot_distances,
)
from replication.profile.groups import COLUMNS, columns_with
from replication.profile.paper import paper_numbers

FIDS = paper_numbers(REPOSITORY / "results/paper.yaml")["table-3"]["rows"]
SUMMARY = {"parameters": {"generator": 1234}, "images_seen": 8000, "stopped": None, "seconds": 90}


def measured(value: float, **entries) -> dict:
    how = Protocol("Fréchet distance, random features", {"images": 10, **entries})
    number = Measurement(Estimate(value, value - 0.1, value + 0.1), how)
    return {"frechet": dict.fromkeys(("generated", "real", "untrained"), number)}


def test_the_papers_columns_are_among_ours():
    assert [one.printed for one in COLUMNS if one.printed] == [*FIDS]
    assert {one.variant for one in COLUMNS} <= {*VARIANTS}
    assert {*INGREDIENTS.values()} == {field.name for field in fields(Variant)}


def test_an_ablation_that_the_paper_does_not_have_is_a_column_more():
    columns = columns_with({"ablation-main": "main", "ablation-wide": "main", "faces-cips": "main"})
    assert columns[:-1] == COLUMNS
    assert (columns[-1].title, columns[-1].run, columns[-1].printed) == (
        "wide",
        "ablation-wide",
        None,
    )
    numbers = {"ablation-wide": measured(1.0)}
    table, _ = ablation_table(columns, FIDS, numbers, {"ablation-wide": SUMMARY}, {})
    line = table.set_index("CIPS")["wide"]
    assert (line["FID, paper"], line["Skip connections"]) == ("–", "+")
    assert line["Fréchet distance, random features, here"] == "1.00 [0.90, 1.10]"
    titles = {one.run: one.title for one in columns} | {"longer": "longer"}
    orders = ablation_orders(columns, FIDS, titles, {}, "longer")
    assert not any("wide" in name for _, name, *_ in orders)


def test_the_table_has_the_papers_numbers_ours_and_what_was_not_run():
    runs = [one.run for one in COLUMNS[:-1]]
    numbers = {run: measured(i, interpolation=str(i)) for i, run in enumerate(runs)}
    numbers[runs[1]] = measured(1.0, images=20)
    summaries = dict.fromkeys(runs, SUMMARY) | {runs[0]: {**SUMMARY, "stopped": "collapse"}}
    table, notes = ablation_table(COLUMNS, FIDS, numbers, summaries, {"ablation-sine": "no time"})
    line = table.set_index("CIPS").T
    assert [*line["Coordinate embeddings"]] == ["+", "–", "+", "+", "+", "+"]
    assert [*line["FID, paper"]] == ["6.71", "12.71", "10.18", "6.31", "6.52", "10.0"]
    sizes = line["Parameters at the paper's size"]
    assert [*sizes[["“base”", "No embed (NE)", "Main"]]] == ["43.8 M", "10.2 M", "45.9 M"]
    here = line["Fréchet distance, random features, here"]
    assert here["No Fourier"] == "2.00 [1.90, 2.10]"  # another interpolation is no other protocol
    assert here["No embed (NE)"].startswith("1.00 [0.90, 1.10]⁽") and "images" in notes.lines[0]
    assert here["Sine"] == line["Images seen"]["Sine"] == "not run"
    assert line["Images seen"]["“base”"] == "8,000, then collapse"
    assert not any(UNDERTRAINED in note for note in notes.lines)
    assert line["Why not run"]["Sine"] == "no time"


def test_a_generator_that_is_too_poor_has_a_mark():
    how = Protocol("recall", {})
    few, real = (Measurement(Estimate(share, share, share), how) for share in (0.01, 0.9))
    numbers = {one.run: measured(1.0) for one in COLUMNS}
    numbers["ablation-ne"]["recall"] = {"generated": few, "real": real}
    table, notes = ablation_table(COLUMNS, FIDS, numbers, dict.fromkeys(numbers, SUMMARY), {})
    line = table.set_index("CIPS")
    here = line.loc["Fréchet distance, random features, here"]
    assert [title for title in here.index if "⁽" in here[title]] == ["No embed (NE)"]
    assert notes.lines == [f"⁽¹⁾ {UNDERTRAINED}"]
    assert not any("⁽" in cell for cell in line.loc["untrained"])


def test_without_any_run_the_paper_stands_alone():
    why = {one.run: "no time" for one in COLUMNS}
    table, _ = ablation_table(COLUMNS, FIDS, {}, {}, why)
    assert {*table.set_index("CIPS").loc["distance, here"]} == {"not run"}


@pytest.mark.parametrize("run", [True, False])
def test_every_row_has_both_numbers_or_says_that_it_was_not_run(run: bool):
    here = measured(0.5)["frechet"]["real"] if run else None
    rows = [DistanceRow("base", 6.71, here), DistanceRow("new", None, here, ", 9 images", "⁽¹⁾")]
    figure = plot_distances(rows, "a distance", here)
    left, right = ([text.get_text() for text in axes.texts] for axes in figure.axes)
    assert left == ["6.71"]
    assert right == (["0.500", "0.500⁽¹⁾, 9 images", "real"] if run else 2 * ["not run"])
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["base", "new"]
    plt.close(figure)


def test_the_first_images_of_a_grid_are_read(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (64, 4, 4, 3), dtype=np.uint8)
    grid = images.reshape(8, 8, 4, 4, 3).swapaxes(1, 2).reshape(32, 32, 3)
    Image.fromarray(grid).save(tmp_path / "grid.png")
    assert (grid_images(tmp_path / "grid.png", 10) == images[:10]).all()
