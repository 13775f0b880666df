"""results/paper.yaml: its form, and that what the code calls the paper's is the paper's."""

from numbers import Real

import pytest
from conftest import REPOSITORY

from cipslib.analysis.count import TABLE_4
from cipslib.networks.layers import LEAKY_SLOPE
from cipslib.presets import WIDTH, generator_preset
from cipslib.sampling import foveation
from cipslib.utils.yaml_file import read_yaml
from replication.measurements import neighbours

PAPER = read_yaml(REPOSITORY / "results/paper.yaml")
TABLES = [f"table-{number}" for number in range(1, 6)]
CELLS = {"table-1": 10, "table-2": 4, "table-3": 6, "table-4": 4, "table-5": 6}


def numbers(value) -> list:
    """Of nested mappings and lists."""
    if isinstance(value, dict):
        return [n for each in value.values() for n in numbers(each)]
    if isinstance(value, list):
        return [n for each in value for n in numbers(each)]
    return [value]


def test_it_has_the_tables_the_data_sets_and_the_text():
    assert list(PAPER) == [*TABLES, "datasets", "text"]
    assert set(PAPER["table-1"]["rows"]) == set(PAPER["datasets"])
    assert set(PAPER["table-5"]["rows"]) < set(PAPER["datasets"])
    assert set(PAPER["table-4"]["rows"]) == set(TABLE_4.values())


@pytest.mark.parametrize("name", TABLES)
def test_a_table_says_where_it_stands_and_how_it_was_taken(name: str):
    table = PAPER[name]
    assert set(table) == {"title", "section", "metric", "lower_is_better", "protocol", "rows"}
    assert table["protocol"]["resolution"] == 256
    cells = numbers(table["rows"])
    assert len(cells) == CELLS[name]
    assert all(isinstance(cell, Real) and cell > 0 for cell in cells)


def test_the_presets_are_the_papers():
    text = PAPER["text"]
    base, main = (generator_preset(name, "paper", 256) for name in ("base", "main"))
    assert base.layers == text["4.1"]["modulated layers"]
    assert main.layers == text["App. A"]["modulated layers of the default"]
    assert len(main.block_widths) == text["App. A"]["repetitions of the pattern"]
    assert {*main.block_widths} == {text["4.1"]["width of the layers"]} == {WIDTH}
    assert main.fourier_dim == text["4.1"]["dimension of the Fourier features"]
    assert main.embedding_dim == text["4.1"]["dimension of the coordinate embeddings"]
    assert text["4.1"]["slope of the leaky ReLU"] == LEAKY_SLOPE
    assert text["4.7"]["standard deviation of the gaze, in image sizes"] == foveation.SIGMA
    assert text["App. E"]["nearest neighbours shown"] == neighbours.K
