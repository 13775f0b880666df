"""dvc.yaml read as a graph."""

import shutil

import pytest
from conftest import REPOSITORY
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from cipslib.utils.files import write_json
from replication.profile.profile import Profile, load_profile
from replication.report.commits import NO_CHECKOUT, NOT_HERE, commits_section
from replication.report.costs import noting
from replication.report.fidelity import options_in_force
from replication.report.pipeline import read_pipeline
from replication.report.provenance import add_provenance, provenance


@pytest.fixture
def traced(study: Profile) -> Profile:
    shutil.copy(REPOSITORY / "dvc.yaml", study.paths.pipeline)
    write_json(study.paths.summary("faces-cips"), {"environment": {"commit": "0123456789abcdef+"}})
    return study


def test_stages_are_those_of_the_profile_with_their_names_filled_in():
    stages = read_pipeline(load_profile(REPOSITORY / "params.yaml")).stages
    train = stages["train@churches-stylegan2"]
    assert (train.command, train.of) == ("train", "churches-stylegan2")
    assert "data/prepared/demo/churches" in train.deps
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


def test_provenance_names_stage_and_commits_in_a_line_and_opens_to_the_data(traced: Profile):
    text = provenance(traced, read_pipeline(traced), "08-foveated-and-superresolution").text
    summary, details = text.split("</summary>")
    assert "Stage <code>08-foveated-and-superresolution</code>" in summary
    assert "its commit is not known" in summary  # it was not run here
    assert "trained at commit <code>0123456789ab+</code>" in summary
    assert "faces `random`" in details and details.endswith("</details>")


def test_what_was_made_at_which_commit(traced: Profile):
    traced.paths.source_notebooks.mkdir()
    for page in ("00-data", "01-architecture"):
        (traced.paths.source_notebooks / f"{page}.ipynb").touch()
    pipeline = read_pipeline(traced)
    text = commits_section(traced, pipeline)
    assert "| `0123456789abcdef+` | – | train@faces-cips |" in text
    rest = next(line for line in text.splitlines() if line.startswith(f"| {NOT_HERE} |"))
    assert "[](00-data), [](01-architecture)" in rest and "evaluate@faces-cips" in rest
    with noting(traced, "notebook", "00-data"):
        pass  # in a folder that is no checkout
    assert f"| {NO_CHECKOUT} | [](00-data) | – |" in commits_section(traced, pipeline)
    assert "not all of one commit" in text


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
    assert options["C1"].here == "`generator_adam`: **learning_rate 0.002, betas [0.0, 0.99]**"
    assert options["B6"].here == "`evaluation.lookup`: **bilinear**"
    assert "A6" not in options  # it has no option
    assert not any("](" in "".join(vars(option).values()) for option in options.values())
