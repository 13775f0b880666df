"""What a run costs: measured on a tiny profile, and printed."""

from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import make_study

from cipslib.training.trainer import Trainer
from cipslib.utils.memory import out_of_memory
from replication import estimate
from replication.estimate import costs_of_runs, estimate_text
from replication.profile.profile import Profile

CPU = torch.device("cpu")


@pytest.fixture
def several(tmp_path: Path, tiny_params: dict[str, Any]) -> Profile:
    """Two runs that cost the same a step, and one that does not; no data set is there."""
    longer = {"training": {"total_images": 960, "seeds": [4, 5]}}
    tiny_params["runs"]["longer"] = {"dataset": "faces", "model": "cips", **longer}
    patches = {"size": 8, "dilations": [1, 2], "offsets": "uniform", "interpolation": "nearest"}
    other = {"training": {"patches": patches}}
    tiny_params["runs"]["patches"] = {"dataset": "faces", "model": "cips", **other}
    study = make_study(tmp_path, tiny_params)
    study.paths.images("faces").unlink()
    study.paths.card("faces").unlink()
    return study


def test_what_is_the_same_in_two_runs_is_measured_once(several: Profile, capsys):
    costs = costs_of_runs(several, CPU)
    assert capsys.readouterr().err.splitlines() == ["measuring faces-cips", "measuring patches"]
    assert costs["longer"] == costs["faces-cips"]
    assert 100 * 2**20 < costs["longer"][1] < 100 * 2**30


def test_each_seed_is_a_training_that_is_paid(several: Profile, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(estimate, "measure", lambda *_: (8.0, 2**30))
    rows = [line.split("  ") for line in estimate_text(several).splitlines()]
    shown = {row[0]: [cell.strip() for cell in row if cell] for row in rows}
    assert shown["faces-cips"] == ["faces-cips", "1", "8", "12 s", "1"]
    assert shown["longer"] == ["longer", "2", "8", "4.0 min", "1"]


def test_the_penalty_counts_once_an_interval(study: Profile, monkeypatch: pytest.MonkeyPatch):
    """Interval 3: two steps of 1 s and one of 4 s for 8 images each."""
    monkeypatch.setattr(
        estimate, "seconds_of_a_step", lambda _, images_seen: 1.0 if images_seen else 4.0
    )
    assert costs_of_runs(study, CPU)["faces-cips"][0] == pytest.approx(24 / 6)


def test_the_first_step_has_the_penalty_and_the_second_has_not(study: Profile, monkeypatch):
    taken: list[bool] = []
    step = Trainer.step
    monkeypatch.setattr(Trainer, "step", lambda self: taken.append("r1" in step(self)))
    costs_of_runs(study, CPU)
    each = estimate.STEPS + 1
    assert taken == [True] * each + [False] * each


def test_too_little_memory_is_said_and_another_error_is_raised(study: Profile, monkeypatch):
    with pytest.raises(RuntimeError) as caught:
        torch.ones(2**50)  # more than this machine has
    assert out_of_memory(caught.value)
    assert out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))

    def too_much(_: Trainer) -> None:
        raise caught.value

    monkeypatch.setattr(Trainer, "step", too_much)
    assert "out of memory" in estimate_text(study)

    def wrong(_: Trainer) -> None:
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(Trainer, "step", wrong)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        costs_of_runs(study, CPU)
