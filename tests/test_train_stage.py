"""What surrounds the training loop: what is published, what is refused, what a kill leaves."""

import fcntl
import json
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
import yaml
from conftest import make_study

from cipslib.checkpoints import load_generator, load_state
from cipslib.config import Profile, load_profile
from cipslib.errors import UserError
from cipslib.stages import train as stage
from cipslib.training import initial_generator, initial_state


def work_folder(study: Profile) -> Path:
    (folder,) = (study.paths.root / "results" / "work" / "demo").iterdir()
    return folder


def test_the_average_is_published_not_the_generator_itself(study: Profile):
    stage.train_run(study, "faces-cips")
    published = load_generator(study.paths.generator("faces-cips"))
    run = study.run("faces-cips")
    state = initial_state(run.generator, run.discriminator, run.training, torch.device("cpu"))
    file = work_folder(study) / "state.safetensors"
    identity = stage.run_identity(run, json.loads(study.paths.card("faces").read_text()))
    load_state(file, state, identity)
    for mean, own, shown in zip(
        state.average.parameters(),
        state.generator.parameters(),
        published.parameters(),
        strict=True,
    ):
        assert torch.equal(mean, shown)
        assert not torch.equal(own, shown)


def test_a_killed_run_continues_to_the_same_files(
    study: Profile, tmp_path, tiny_params, monkeypatch
):
    stage.train_run(study, "faces-cips")
    whole = study.paths.generator("faces-cips").read_bytes()
    other = make_study(tmp_path / "other", tiny_params)
    save = stage.save_state

    def save_and_die(*arguments):
        save(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(stage, "save_state", save_and_die)
    with pytest.raises(KeyboardInterrupt):
        stage.train_run(other, "faces-cips")
    assert not other.paths.generator("faces-cips").exists()
    monkeypatch.setattr(stage, "save_state", save)
    stage.train_run(other, "faces-cips")
    assert other.paths.generator("faces-cips").read_bytes() == whole
    grids = sorted(p.name for p in (other.paths.training("faces-cips") / "grids").iterdir())
    assert grids == ["000000000.png", "000000048.png", "000000096.png"]


def test_another_learning_rate_starts_afresh_beside_the_old_run(tmp_path, tiny_params):
    study = make_study(tmp_path, tiny_params)
    stage.train_run(study, "faces-cips")
    tiny_params["training"]["learning_rate"] = 0.001
    stage.train_run(make_study(tmp_path, tiny_params), "faces-cips")
    assert len(list((tmp_path / "results" / "work" / "demo").iterdir())) == 2


def test_publishing_again_keeps_the_record_of_the_machine_that_trained(study: Profile, monkeypatch):
    stage.train_run(study, "faces-cips")
    first = (study.paths.training("faces-cips") / "summary.json").read_text()
    monkeypatch.setattr(stage, "describe_environment", lambda *_: {"processor": "another"})
    stage.train_run(study, "faces-cips")
    assert (study.paths.training("faces-cips") / "summary.json").read_text() == first
    assert json.loads(first)["environment"]["torch"]


def test_a_second_trainer_of_the_same_run_is_refused(study: Profile):
    stage.train_run(study, "faces-cips")
    with open(work_folder(study) / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="is being trained by another process"):
            stage.train_run(study, "faces-cips")


def test_a_diverged_run_stops_and_publishes_nothing(tmp_path, tiny_params):
    tiny_params["training"]["learning_rate"] = 1e30
    study = make_study(tmp_path, tiny_params)
    with pytest.raises(UserError, match=r"training diverged: .* at 32 images; lower learning_rate"):
        stage.train_run(study, "faces-cips")
    assert not study.paths.generator("faces-cips").exists()


def test_a_git_folder_without_a_commit_is_named(study: Profile, monkeypatch):
    monkeypatch.chdir(study.paths.root)
    subprocess.run(["git", "init", "-q"], check=True)
    (study.paths.root / ".dvc").mkdir()
    (study.paths.root / ".dvc" / "config").touch()
    with pytest.raises(UserError, match="commit once, then try again"):
        stage.train_run(study, "faces-cips")


def test_a_disk_that_refuses_leaves_the_old_result(study: Profile, monkeypatch):
    stage.train_run(study, "faces-cips")
    before = sorted(study.paths.results.rglob("*"))

    def full(source, target, *_, **__):
        (Path(target) / "half").parent.mkdir(exist_ok=True)
        (Path(target) / "half").write_text("half")
        raise shutil.Error([(str(source), str(target), "No space left on device")])

    monkeypatch.setattr(stage.shutil, "copytree", full)
    with pytest.raises(UserError, match=r"cannot write .*training: No space left on device"):
        stage.train_run(study, "faces-cips")
    assert sorted(study.paths.results.rglob("*")) == before


@pytest.mark.parametrize(
    "run",
    [
        {"model": "stylegan2"},
        {"model": "cips", "cips": {"noise": True, "fourier_bias": True}},
        {"model": "cips", "cips": {"variant": "residual", "block_widths": [8, 6]}},
        {"model": "cips", "cips": {"circumference": 40}},
        {"model": "cips", "discriminator": {"coordinates": True}},
        {
            "model": "cips",
            "training": {"patches": {"size": 8, "spacings": [1, 2], "corners": "release"}},
        },
    ],
    ids=["stylegan2", "noise", "residual", "cylinder", "coordinates", "patches"],
)
def test_every_set_up_trains(tmp_path: Path, tiny_params: dict, run: dict):
    """To its end, with changed weights, and on from a checkpoint as if nothing had happened."""
    tiny_params["runs"]["other"] = {"dataset": "faces", **run}
    whole = make_study(tmp_path / "whole", tiny_params)
    first = load_generator(stage.train_run(whole, "other"))
    fresh = initial_generator(
        whole.run("other").generator, whole.run("other").training, torch.device("cpu")
    )
    moved = zip(first.state_dict().values(), fresh.state_dict().values(), strict=True)
    assert any(not torch.equal(a, b) for a, b in moved)
    short = {**tiny_params, "training": {**tiny_params["training"], "total_images": 48}}
    parts = make_study(tmp_path / "parts", short)
    stage.train_run(parts, "other")
    (tmp_path / "parts" / "params.yaml").write_text(yaml.safe_dump(tiny_params))
    second = load_generator(
        stage.train_run(load_profile(tmp_path / "parts" / "params.yaml"), "other")
    )
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name
