"""dvc.yaml as a graph: what its stages are, and what a changed run reaches."""

from functools import cache

import pytest
from conftest import REPOSITORY

from replication.profile.profile import load_profile, profile_file
from replication.report.pipeline import Stage, read_pipeline

STUDY = load_profile(profile_file("demo", REPOSITORY))
PIPELINE = read_pipeline(STUDY)


@cache
def stages_before(name: str) -> list[Stage]:
    """Every stage that ``name`` depends on, directly or not."""
    direct = [PIPELINE[each] for each in PIPELINE[name].before]
    found = {*direct, *(stage for each in direct for stage in stages_before(each.name))}
    return [stage for stage in PIPELINE.values() if stage in found]


def test_stages_are_those_of_the_profile_with_their_names_filled_in():
    train = PIPELINE["train@churches-stylegan2"]
    assert (train.command, train.of) == ("train", "churches-stylegan2")
    assert train.params == ("configs/runs/churches-stylegan2.json",)
    assert PIPELINE["checks"].of is None
    assert not any(name.startswith("left-out@") for name in PIPELINE)  # it leaves none out


def test_what_comes_before_a_stage_is_followed_to_the_data():
    before = {(stage.command, stage.of) for stage in stages_before("analyse@resampling")}
    assert {("prepare", "faces"), ("train", "faces-cips")} <= before
    assert {of for command, of in before if command == "train"} == {"faces-cips"}
    page = {stage.name for stage in stages_before("notebook@08-foveated-and-superresolution")}
    assert {"analyse@resampling", "train@churches-cips"} <= page  # it reads all results
    assert [stage.name for stage in stages_before("prepare@faces")] == ["configure"]
    assert stages_before("configure") == []
    assert len(stages_before("report")) == len(PIPELINE) - 1


@pytest.mark.parametrize("run", STUDY.runs)
def test_a_changed_run_reaches_its_own_stages_notebooks_claims_and_report(run: str):
    """It is measured again and shown again; no other run is."""
    trained = f"train@{run}"
    after = {
        stage.command if stage.of is None else (stage.command, stage.of)
        for stage in PIPELINE.values()
        if trained in {each.name for each in stages_before(stage.name)}
    }
    assert after >= {("evaluate", run), "claims", "report"}
    others = {each for each in after - {"claims", "report"} if each[0] != "notebook"}
    assert {of for _, of in others} == {run}
    assert any(command == "notebook" for command, *_ in after)


def test_a_run_reads_its_own_parameters_alone():
    """What shows a run depends on what the training wrote, not on the sections of all runs."""
    for stage in PIPELINE.values():
        if stage.name != "configure":
            assert not any(key.startswith(("runs", "imported")) for key in stage.params), stage
        files = {key for key in stage.params if key.startswith("configs/runs/")}
        own = {f"configs/runs/{stage.of}.json"} if stage.command == "train" else set()
        assert files == own, stage.name
