"""dvc.yaml as a graph: a changed run reaches what shows it, and nothing else."""

import pytest
from conftest import REPOSITORY

from replication.profile.profile import load_profile, profile_file
from replication.report.pipeline import read_pipeline

STUDY = load_profile(profile_file("demo", REPOSITORY))
PIPELINE = read_pipeline(STUDY)
ALWAYS = {"claims", "report"}
SECTIONS = ("runs", "imported", "left_out")  # of all runs


def after(stage: str) -> set[str]:
    """Every stage that runs again when this one's result is another."""
    return {
        name for name in PIPELINE.stages if stage in {each.name for each in PIPELINE.before(name)}
    }


@pytest.mark.parametrize("run", STUDY.runs)
def test_a_changed_run_reaches_its_own_stages_notebooks_claims_and_report(run: str):
    own = {stage.name for stage in PIPELINE.stages.values() if stage.of == run}
    found = after(f"train@{run}")
    assert f"evaluate@{run}" in found and found >= ALWAYS
    assert {name for name in found - own - ALWAYS if not name[:2].isdigit()} == set()


@pytest.mark.parametrize(
    ("run", "shown"),
    [
        ("churches-patch64", {"10-patches"}),
        ("landscapes-panorama", {"panorama", "09-panoramas"}),
        ("satellite-buildings-cips", {"01-architecture", "02-samples", "03-quality"}),
    ],
)
def test_which_notebooks_a_changed_run_reaches(run: str, shown: set[str]):
    also = {"05-positional-encoding"} if run.endswith("-cips") else set()
    assert after(f"train@{run}") == {f"evaluate@{run}", *shown, *also, *ALWAYS}


def test_a_runs_parameters_are_read_by_its_training_alone():
    """What shows a run depends on what the training wrote, not on the sections of all runs."""
    for name, stage in PIPELINE.stages.items():
        read = {
            key for key in stage.params if key.split(".")[0] in ("runs", "imported", "left_out")
        }
        assert read == ({f"runs.{stage.of}"} if name.startswith("train@") else set()), name
