"""dvc.yaml read as a graph."""

import shutil

import pytest
from conftest import REPOSITORY
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from cipslib.config import Profile, load_profile
from cipslib.fidelity import options_in_force
from cipslib.paths import write_json
from cipslib.pipeline import read_pipeline
from cipslib.report_provenance import add_provenance, provenance


@pytest.fixture
def traced(study: Profile) -> Profile:
    shutil.copy(REPOSITORY / "dvc.yaml", study.paths.pipeline)
    write_json(study.paths.summary("faces-cips"), {"environment": {"commit": "0123456789abcdef+"}})
    return study


def test_stages_are_those_of_the_profile_with_their_names_filled_in():
    stages = read_pipeline(load_profile(REPOSITORY / "params.yaml")).stages
    train = stages["train@churches-stylegan2"]
    assert (train.command, train.of) == ("train", "churches-stylegan2")
    assert "data/prepared/demo/churches.npy" in train.deps
    assert train.params == ("stylegan2", "discriminator", "runs.churches-stylegan2", "training")
    assert train.outs == ("results/demo/churches-stylegan2/training",)
    assert stages["checks"].of is None
    assert stages["report"].params == ("all",)
    assert not any(name.startswith("left-out@") for name in stages)  # it leaves none out


def test_what_comes_before_a_stage_is_followed_to_the_data():
    pipeline = read_pipeline(load_profile(REPOSITORY / "params.yaml"))
    before = [stage.name for stage in pipeline.before("08-foveated-and-superresolution")]
    assert before == ["prepare@faces", "train@faces-cips", "resampling"]
    assert pipeline.before("prepare@faces") == []
    assert len(pipeline.before("report")) == len(pipeline.stages) - 1


def test_provenance_names_stage_commit_and_data(traced: Profile):
    line = provenance(traced, read_pipeline(traced), "08-foveated-and-superresolution").line
    assert "Stage `08-foveated-and-superresolution`" in line
    assert "commit not known" in line  # it was not run here
    assert "trained at commit `0123456789ab+`" in line
    assert "data: faces `random`" in line


def test_pictures_and_tables_of_a_notebook_get_the_line_and_nothing_else_does():
    outputs = {
        "picture": {"image/png": ""},
        "table": {"text/markdown": "| a |\n|:--|\n| 1 |"},
        "html": {"text/html": "<figure></figure>"},
        "words": {"text/markdown": "nothing but words"},
    }
    cells = [
        new_code_cell(id=name, outputs=[new_output("display_data", data)])
        for name, data in outputs.items()
    ]
    notebook = new_notebook(cells=[new_markdown_cell("# A", id="a"), *cells])
    add_provenance(notebook, "from here")
    marked = [
        before.id
        for before, cell in zip(notebook.cells, notebook.cells[1:], strict=False)
        if "from here" in cell.source
    ]
    assert marked == ["picture", "table", "html"]


def test_options_of_fidelity_have_the_values_that_the_runs_have():
    profile = load_profile(REPOSITORY / "params.yaml")
    options = {option.code: option for option in options_in_force(profile)}
    assert options["A5"].here == "`cips.noise`: **False**; `evaluation.noise`: **False**"
    assert "ne (ablation-ne)" in options["A4"].here
    assert options["D5"].here == (
        "`training.patches.spacings`: **none**; [1, 2] (faces-patch128, churches-patch128); "
        "[1, 2, 4] (faces-patch64, churches-patch64)"
    )
    assert options["B6"].here == "`evaluation.lookup`: **bilinear**"
    assert "A6" not in options  # it has no option
    assert not any("](" in "".join(vars(option).values()) for option in options.values())
