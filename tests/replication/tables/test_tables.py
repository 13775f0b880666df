"""How numbers and intervals are written."""

import pandas as pd
import pytest
from conftest import measurement

from replication.tables.format_number import format_number, typeset
from replication.tables.tables import by_kind, table_markdown, with_interval


def test_a_number_without_interval_stands_alone():
    assert with_interval(measurement(1)) == "1.00"
    assert with_interval(measurement(0.5), percent=True) == "50.0%"
    assert with_interval(None) == "–"


def test_each_kind_has_a_row():
    columns = {"A": {"w": measurement(2, 0.2)}, "B": {"w": measurement(2, 0.2), "z": None}}
    assert by_kind({"z": "line", "w": "fade"}, "Way", columns) == [
        {"Way": "line", "A": "–", "B": "–"},
        {"Way": "fade", "A": "2.00 [1.80, 2.20]", "B": "2.00 [1.80, 2.20]"},
    ]


def test_a_name_brings_no_html():
    table = table_markdown(pd.DataFrame({"Data set": ["<script>|"], "Images": [3]}))
    assert "\\<script>\\|" in table
    assert "|<" not in table.replace(" ", "")


@pytest.mark.parametrize(
    ("numbers", "written"),
    [
        ((0.41384, 0.39982, 0.42787), ["0.414", "0.400", "0.428"]),
        ((78.24, 76.1, 80.4), ["78.2", "76.1", "80.4"]),
        ((10.0, 9.96, 10.2, 0.07), ["10.0", "10.0", "10.2", "0.1"]),
        ((0.965, 0.916, 1.0104), ["0.965", "0.916", "1.010"]),
        ((-0.00172, -0.00606, 0.00277), ["-0.00172", "-0.00606", "0.00277"]),
        ((0.9996,), ["1.00"]),
        ((2578.87,), ["2,579"]),
        ((0.0, 0.0, 0.0), ["0", "0", "0"]),
        ((0.0, 0.0, 0.0019), ["0", "0", "0.00190"]),
        ((1e-5, 0.0, 2e-5), ["1.00e-05", "0", "2.00e-05"]),
        ((0.001, -0.5, 0.4), ["0.001", "-0.500", "0.400"]),
        ((-0.001, -4.0, 3.0), ["0.00", "-4.00", "3.00"]),
        ((1.7e-7, 1e-7, 2e-6), ["1.70e-07", "1.00e-07", "2.00e-06"]),
    ],
)
def test_an_interval_has_the_decimals_of_its_number(numbers: tuple[float, ...], written: list[str]):
    assert format_number(*numbers) == written


def test_no_line_ends_within_an_interval():
    space = "\N{NO-BREAK SPACE}"
    assert typeset("1.0 [0.5, 2.0], 3") == f"1.0 [0.5,{space}2.0], 3"
    assert typeset("98.1% \\[95.0%, 100.0%\\]") == f"98.1% \\[95.0%,{space}100.0%\\]"
    assert typeset("1 % of 32 px, 3 steps") == f"1{space}% of 32{space}px, 3 steps"
    assert typeset("[words, words]") == "[words, words]"


def test_numbers_have_a_minus_sign():
    minus = "\N{MINUS SIGN}"
    assert typeset("-0.2%, 1e-4") == f"{minus}0.2%, 1e-4"
    assert typeset("faces-128, `-1`, 2-3") == "faces-128, `-1`, 2-3"
    assert typeset("[-2, -1]") == f"[{minus}2,\N{NO-BREAK SPACE}{minus}1]"
