"""What a run costs: measured on a tiny profile, and the search for the batch that fits."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import make_study

from replication import estimate as stage
from replication.estimate import (
    Cost,
    Setting,
    Steps,
    estimate_runs,
    estimate_text,
    in_child,
    measure_batch,
    measure_on_cpu,
    out_of_memory,
    peak_memory,
    search,
)
from replication.profile.profile import Profile

MB = 2**20


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stage, "SECONDS", 0.05)


@pytest.fixture
def several(tmp_path: Path, tiny_params: dict[str, Any]) -> Profile:
    """Two runs that cost the same a step, and one that does not."""
    longer = {"training": {"total_images": 960, "seeds": [4]}}
    tiny_params["runs"]["longer"] = {"dataset": "faces", "model": "cips", **longer}
    patches = {"size": 8, "spacings": [1, 2], "corners": "uniform", "interpolation": "nearest"}
    other = {"training": {"patches": patches}}
    tiny_params["runs"]["patches"] = {"dataset": "faces", "model": "cips", **other}
    return make_study(tmp_path, tiny_params)


def setting(study: Profile, batch: int = 8) -> Setting:
    run = study.run("faces-cips")
    training = replace(run.training, batch_size=batch)
    return Setting.of(replace(run, training=training), study.hardware)


def here(work: Any, task: Any) -> Any:
    """Instead of in_child, without its seconds to start; a limit to memory would stay."""
    return work(task)


@pytest.fixture
def no_children(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stage, "in_child", here)
    monkeypatch.setattr(stage.resource, "setrlimit", lambda *_: None)


def test_a_step_is_measured_in_a_process_of_its_own(study: Profile):
    """Whose peak is its own: what this process has had does not count."""
    held = torch.ones(512 * MB // 4)
    found = in_child(measure_batch, (setting(study), 8))
    assert found is not None and held.sum() > 0
    assert (found.batch, found.seconds > 0, found.seconds_r1 > 0) == (8, True, True)
    assert 100 * MB < found.start <= found.memory < peak_memory(torch.device("cpu"))


def test_what_is_the_same_in_two_runs_is_measured_once(several: Profile, no_children, capsys):
    first, longer, patches = estimate_runs(several)
    assert capsys.readouterr().err.splitlines() == ["measuring faces-cips", "measuring patches"]
    assert (first.run, first.measured_as) == ("faces-cips", "faces-cips")
    assert (longer.run, longer.measured_as) == ("longer", "faces-cips")
    assert patches.measured_as == "patches"
    assert longer.hours == pytest.approx(10 * first.hours)
    assert first.hours == pytest.approx(96 / first.images_per_second / 3600)
    assert (first.batch, first.note) == (8, "")


def test_it_is_printed_for_people_and_for_programs(several: Profile, no_children):
    text = estimate_text(several, json_wanted=False)
    assert "images/s" in text and "as faces-cips" in text
    assert text.splitlines()[5].startswith("all")
    content = json.loads(estimate_text(several, json_wanted=True))
    assert [run["run"] for run in content["runs"]] == ["faces-cips", "longer", "patches"]
    assert content["hours"] == pytest.approx(sum(run["hours"] for run in content["runs"]))
    assert content["environment"]["torch"]


def test_the_penalty_counts_once_an_interval(study: Profile, monkeypatch: pytest.MonkeyPatch):
    """Interval 3: two steps of 1 s and one of 4 s for 8 images each."""
    monkeypatch.setattr(stage, "in_child", lambda _, task: Steps(task[1], 1.0, 4.0, 0, task[1]))
    (cost,) = estimate_runs(study)
    assert cost.images_per_second == pytest.approx(24 / 6)


def test_each_seed_is_a_training_that_is_paid(tmp_path: Path, tiny_params, no_children):
    tiny_params["runs"]["thrice"] = {"dataset": "faces", "model": "cips"}
    tiny_params["runs"]["thrice"]["training"] = {"seeds": [0, 1, 2]}
    once, thrice = estimate_runs(make_study(tmp_path, tiny_params))
    assert (thrice.measured_as, thrice.note) == ("faces-cips", "3 trainings")
    assert thrice.hours == pytest.approx(3 * once.hours)


def test_data_are_not_needed(study: Profile):
    study.paths.images("faces").unlink()
    study.paths.card("faces").unlink()
    assert measure_batch((setting(study), 4)) is not None


@pytest.mark.parametrize(("free", "largest"), [(1000, 40), (640, 20), (500, 16), (300, 8)])
def test_the_largest_batch_is_on_a_line_through_two(
    study: Profile, monkeypatch: pytest.MonkeyPatch, free: int, largest: int
):
    """100 bytes and 20 for each image; a tenth of what is free stays so."""
    monkeypatch.setattr(stage, "free_memory", lambda: free)
    asked: list[int] = []

    def measure(batch: int) -> Steps:
        asked.append(batch)
        return Steps(batch, 1.0, 1.0, start=90, memory=100 + 20 * batch)

    found, batch = measure_on_cpu(setting(study), measure)
    assert (found.batch, batch, asked) == (8, largest, [4, 8])


def test_a_batch_that_would_not_fit_is_not_tried(study: Profile, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stage, "free_memory", lambda: 500)
    asked: list[int] = []

    def measure(batch: int) -> Steps | None:
        asked.append(batch)
        memory = 100 + 20 * batch
        return Steps(batch, 1.0, 1.0, 100, memory) if memory < 500 else None

    found, batch = measure_on_cpu(setting(study, 64), measure)
    assert (found.batch, batch, asked) == (4, 16, [4, 8])


def fits_up_to(limit: int, asked: list[int]) -> Any:
    def measure(batch: int) -> Steps | None:
        asked.append(batch)
        return Steps(batch, 1.0, 1.0, 0, batch) if batch <= limit else None

    return measure


@pytest.mark.parametrize(
    ("limit", "own", "largest", "tried"),
    [
        (40, 8, 32, [8, 16, 32, 64]),
        (8, 8, 8, [8, 16]),
        (7, 4, 4, [8, 4]),
        (3, None, None, [8, 4]),
    ],
)
def test_on_a_gpu_batches_are_doubled_or_halved(
    study: Profile, limit: int, own: int | None, largest: int | None, tried: list[int]
):
    asked: list[int] = []
    found, batch = search(setting(study), fits_up_to(limit, asked))
    assert (found and found.batch, batch, asked) == (own, largest, tried)


def test_halves_are_whole_groups(study: Profile):
    asked: list[int] = []
    search(setting(study, 20), fits_up_to(4, asked))
    assert asked == [20, 8, 4]


def greedy(*_: Any) -> Any:
    """More than this machine has, as a step would take it."""
    torch.ones(2**50)


def test_too_little_memory_is_no_error(study: Profile, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(RuntimeError) as caught:
        greedy()
    assert out_of_memory(caught.value)
    assert out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))
    assert not out_of_memory(RuntimeError("shapes do not match"))
    monkeypatch.setattr(stage, "real_steps", greedy)
    monkeypatch.setattr(stage.resource, "setrlimit", lambda *_: None)
    assert measure_batch((setting(study), 8)) is None


def test_another_error_is_one(study: Profile, monkeypatch: pytest.MonkeyPatch):
    def wrong(*_: Any) -> None:
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(stage, "real_steps", wrong)
    monkeypatch.setattr(stage.resource, "setrlimit", lambda *_: None)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        measure_batch((setting(study), 8))


def test_a_run_that_fits_nowhere_is_said(study: Profile, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stage, "in_child", lambda *_: None)
    (cost,) = estimate_runs(study)
    assert cost == Cost(
        "faces-cips",
        None,
        None,
        None,
        None,
        None,
        "not even a batch of 4 fits into the memory",
        "faces-cips",
    )
    assert "not even a batch of 4" in estimate_text(study, json_wanted=False)


def suicide(_: int) -> None:
    import os
    import signal

    os.kill(os.getpid(), signal.SIGKILL)


def test_a_child_that_was_killed_has_no_result():
    assert in_child(suicide, 0) is None


def test_slow_steps_are_not_repeated(monkeypatch: pytest.MonkeyPatch):
    clock = iter(range(0, 1000, 30))
    monkeypatch.setattr(stage.time, "perf_counter", lambda: next(clock))
    taken = []
    assert stage.timed(lambda: taken.append(1)) == 30
    assert len(taken) == 1


def test_settings_differ_by_what_costs(several: Profile):
    one, longer, patches = (Setting.of(run, several.hardware) for run in several.runs.values())
    assert one == longer
    assert one != patches
