"""Where a page comes from, and at which commit each stage was made."""

import shutil

import pytest
from conftest import REPOSITORY

from cipslib.utils.files import write_json
from replication.profile.profile import Profile
from replication.report.costs import record_cost
from replication.report.pipeline import read_pipeline
from replication.report.provenance import commit_of_stage, provenance_text


@pytest.fixture
def traced(study: Profile) -> Profile:
    shutil.copy(REPOSITORY / "dvc.yaml", study.pipeline_file)
    write_json(study.paths.summary("faces-cips"), {"environment": {"commit": "0123456789abcdef+"}})
    return study


def test_provenance_names_stage_and_commits_in_a_line_and_opens_to_the_data(traced: Profile):
    page = "08-foveated-and-superresolution"
    summary, details = provenance_text(traced, read_pipeline(traced), page).split("</summary>")
    assert f"Stage <code>notebook@{page}</code>" in summary
    assert "its commit is not known" in summary  # it was not run here
    assert "trained at commit <code>0123456789ab+</code>" in summary
    assert "faces `random`" in details and details.endswith("</details>")


def test_a_stage_has_its_commit_and_a_training_carries_it_along(traced: Profile):
    stages = read_pipeline(traced).stages
    assert commit_of_stage(traced, stages["train@faces-cips"]) == "0123456789abcdef+"
    assert commit_of_stage(traced, stages["evaluate@faces-cips"]) is None  # not run here
    with record_cost(traced, "evaluate", "faces-cips"):
        pass  # in a folder that is no checkout
    assert commit_of_stage(traced, stages["evaluate@faces-cips"]) is None
