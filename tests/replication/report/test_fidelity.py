"""docs/fidelity.yaml: the same words as docs/fidelity.md, and parameters that there are."""

import re

import pytest
from conftest import REPOSITORY

from cipslib.utils.yaml_file import read_yaml
from replication.profile.profile import load_profile, profile_file
from replication.report.fidelity import options_in_force

ROWS = read_yaml(REPOSITORY / "docs/fidelity.yaml")
PARAMETER = re.compile(r"`((?:cips|discriminator|training|evaluation|datasets)\.[\w.*]+)`")


def test_the_document_says_the_same():
    """Each row that names a parameter is in the YAML, in the same words, and no other is."""
    lines = (REPOSITORY / "docs/fidelity.md").read_text().splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    table = {row[0]: row for row in cells if len(row) == 5}
    for row in ROWS:
        *said, here = table[row["code"]]
        assert said == [row["code"], row["subject"], row["paper"], row["released"]]
        for parameter in row["parameters"]:
            assert f"`{parameter}`" in here or f"`{parameter.rpartition('.')[2]}`" in here
    named = {code for code, row in table.items() if PARAMETER.search(row[4])}
    assert named <= {row["code"] for row in ROWS}


@pytest.mark.parametrize("name", ["demo", "gpu", "paper", "release"])
def test_every_parameter_is_one(name: str):
    assert options_in_force(load_profile(profile_file(name, REPOSITORY)))


def test_options_have_the_values_that_the_runs_have():
    options = options_in_force(load_profile(REPOSITORY / "params.yaml"))
    here = {code: values for code, *_, values in options}
    assert here["A5"] == "`cips.noise`: **False**; `evaluation.noise`: **False**"
    assert "ne (ablation-ne)" in here["A4"]
    assert here["D5"] == (
        "`training.patches.dilations`: **none**; [1, 2] (faces-patch128, churches-patch128); "
        "[1, 2, 4] (faces-patch64, churches-patch64)"
    )
    adam = "**learning_rate 0.002, betas [0.0, 0.99]**"
    assert here["C1"] == f"`training.generator_adam`: {adam}"
    assert "A6" not in here  # it has no option
