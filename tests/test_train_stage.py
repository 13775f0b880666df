"""What surrounds the training loop: what is published, what is refused, what a kill leaves."""

import fcntl
import json
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from conftest import make_study

from cipslib.checkpoints import load_generator, load_state
from cipslib.config import Profile
from cipslib.errors import UserError
from cipslib.stages import train as stage
from cipslib.training import initial_state


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
