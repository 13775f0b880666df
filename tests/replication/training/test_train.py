"""What surrounds the training loop: what is published, what is refused, what a kill leaves."""

import errno
import fcntl
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from conftest import make_study, refused

from cipslib.networks import files as tensor_files
from cipslib.networks.files import load_generator
from cipslib.networks.models import initial_generator
from cipslib.training.checkpoint_folder import CheckpointManager
from cipslib.training.checkpoints import load_state
from cipslib.training.state import TrainingState, initial_state
from cipslib.training.trainer import Trainer
from replication.profile.profile import Profile, load_profile
from replication.training import train as stage
from replication.training.fingerprint import run_identity

RUN = "faces-cips"


def work_folder(study: Profile) -> Path:
    (folder,) = (study.paths.root / "results" / "work" / "demo").glob("*-????????????")
    return folder


def checkpoints(study: Profile) -> list[Path]:
    return sorted((work_folder(study) / "checkpoints").glob("*.safetensors"))


def summary_after(study: Profile, **options: Any) -> dict[str, Any]:
    """Train, and return the summary that is published."""
    stage.train_run(study, RUN, **options)
    return json.loads(study.paths.summary(RUN).read_text())


def log_of(study: Profile) -> list[dict]:
    lines = (study.paths.log(RUN) / "log.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def kill_after(study: Profile, images: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Train until the checkpoint at so many images is written."""
    save = CheckpointManager.save

    def save_and_die(manager: CheckpointManager, state: TrainingState, healthy: bool) -> None:
        save(manager, state, healthy)
        if state.images_seen == images:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(CheckpointManager, "save", save_and_die)
        with pytest.raises(KeyboardInterrupt):
            stage.train_run(study, RUN)
    assert not study.paths.generator(RUN).exists()


@pytest.mark.parametrize("tuned", [False, True])
def test_a_killed_run_continues_to_the_same_files(tmp_path, tiny_params, monkeypatch, tuned: bool):
    """The generator bit by bit, the log row by row, even where a crash left nonsense in it.

    Also with the demo's switches: fused Adam needs moments that lie in memory as the weights do.
    """
    tiny_params["hardware"] |= {"channels_last": tuned, "fused_adam": tuned}
    study = make_study(tmp_path / "whole", tiny_params)
    stage.train_run(study, RUN)
    killed = make_study(tmp_path / "killed", tiny_params)
    kill_after(killed, 48, monkeypatch)
    with open(work_folder(killed) / "log" / "log.jsonl", "ab") as log:
        log.write(bytes(40) + b"\n")
    stage.train_run(killed, RUN)
    one, two = (each.paths.generator(RUN).read_bytes() for each in (study, killed))
    assert one == two
    for each in (study, killed):
        assert [entry["images_seen"] for entry in log_of(each)] == [32, 48, 64, 96]
    run = study.run(RUN)
    state = initial_state(run.generator, run.discriminator, run.training, torch.device("cpu"))
    identity = run_identity(run, json.loads(study.paths.card("faces").read_text()))
    load_state(checkpoints(study)[-1], state, identity)
    assert state.images_seen == 96
    published = load_generator(study.paths.generator(RUN)).state_dict()
    for name, value in state.generator_ema.state_dict().items():
        assert torch.equal(value, published[name])  # the moving average, not the generator itself
    assert not torch.equal(state.generator.fourier.weight, published["fourier.weight"])
    grids = sorted(p.name for p in (killed.paths.training(RUN) / "grids").iterdir())
    assert grids == ["000000000.png", "000000048.png", "000000096.png"]


def fill_weights(network: str, value: float, images: range, monkeypatch) -> None:
    """After the steps that end at one of ``images`` a network's weights are all ``value``."""
    step = Trainer.step

    def broken_step(trainer: Trainer) -> dict[str, torch.Tensor]:
        losses = step(trainer)
        if trainer.state.images_seen in images:
            for parameter in getattr(trainer.state, network).parameters():
                parameter.data.fill_(value)
        return losses

    monkeypatch.setattr(Trainer, "step", broken_step)


def test_a_diverged_run_publishes_its_last_good_state_and_says_so(
    study: Profile, monkeypatch, capsys
):
    """Numbers that are none, at 56 images: the state of 48 is the last good one."""
    with monkeypatch.context() as patched:
        fill_weights("generator", float("nan"), range(56, 57), patched)
        summary = summary_after(study)
    assert summary["images_seen"] == 48
    assert re.match(r"training diverged: .* is nan at 64 images; lower", summary["stopped"])
    assert "training diverged" in capsys.readouterr().err
    weights = load_generator(study.paths.generator(RUN)).parameters()
    assert all(torch.isfinite(weight).all() for weight in weights)


def test_a_state_of_no_numbers_takes_no_good_ones_place(study: Profile, monkeypatch):
    """Just before a checkpoint, and before any loss could show it."""
    fill_weights("generator", float("inf"), range(48, 49), monkeypatch)
    summary = summary_after(study)
    assert "generator" in summary["stopped"] and summary["images_seen"] == 0


def test_a_constant_generator_is_a_collapse(tmp_path, tiny_params, monkeypatch):
    """Its images are all one, from 48 images on: three evaluations, and it ends."""
    tiny_params["training"]["online_eval"]["every_images"] = 16
    tiny_params["training"]["stop_rules"]["min_diversity"] = 0.1
    fill_weights("generator_ema", 0.0, range(48, 97), monkeypatch)
    stopped = summary_after(make_study(tmp_path, tiny_params))["stopped"]
    assert "the generator has collapsed" in stopped and "at 80 images" in stopped


def test_a_relaxed_rule_lets_a_stopped_run_go_on(tmp_path, tiny_params):
    """From its last checkpoint: the verdict was of the rules, not of the run."""
    tiny_params["training"]["stop_rules"] |= {"max_score_gap": 1e-9, "score_patience": 2}
    summary = summary_after(make_study(tmp_path, tiny_params))
    assert "the scores of real and generated images" in summary["stopped"]
    assert summary["images_seen"] == 0
    tiny_params["training"]["stop_rules"] |= {"max_score_gap": 1e9}
    summary = summary_after(make_study(tmp_path, tiny_params))
    assert summary["stopped"] is None and summary["images_seen"] == 96


def test_the_last_state_before_a_rule_counted_is_kept_and_published(tmp_path, tiny_params):
    """However many suspect ones come after it: from 16 images on every log entry counts."""
    training = {"checkpoint_every_images": 16, "log_every_images": 16, "checkpoints_kept": 1}
    tiny_params["training"] |= training
    tiny_params["training"]["stop_rules"] |= {"max_score_gap": 1e-9, "score_patience": 5}
    study = make_study(tmp_path, tiny_params)
    summary = summary_after(study)
    names = [file.name for file in checkpoints(study)]
    assert names == ["000000000000.safetensors", "000000000064.suspect.safetensors"]
    assert summary["images_seen"] == 0 and "at 80 images" in summary["stopped"]


def test_a_torn_checkpoint_gives_way_to_the_one_before(study: Profile, monkeypatch, capsys):
    kill_after(study, 96, monkeypatch)
    before, newest = checkpoints(study)
    newest.write_bytes(newest.read_bytes()[:5000])
    stage.train_run(study, RUN)
    said = capsys.readouterr().err
    assert f"{newest} is not a whole safetensors file" in said
    assert f"going on at 48 images ({before})" in said
    for file in checkpoints(study):
        file.write_bytes(b"torn")
    refused(r"no checkpoint in .* is whole: start over with --fresh", stage.train_run, study, RUN)


def test_a_full_disk_while_saving_leaves_the_checkpoint_before(study: Profile, monkeypatch):
    save = tensor_files.save_file

    def full(tensors, path, **rest):
        if "000000000048" in str(path):
            Path(path).write_bytes(b"half")
            raise OSError(28, "No space left on device")
        save(tensors, path, **rest)

    monkeypatch.setattr(tensor_files, "save_file", full)
    message = r"cannot write .*48.safetensors: No space left on device"
    refused(message, stage.train_run, study, RUN)
    assert [file.name for file in checkpoints(study)] == ["000000000000.safetensors"]


OUT_OF_MEMORY = (
    torch.OutOfMemoryError("CUDA out of memory"),
    RuntimeError("DefaultCPUAllocator: can't allocate memory"),
    MemoryError(),
)


@pytest.mark.parametrize("error", OUT_OF_MEMORY, ids=["cuda", "cpu", "python"])
def test_too_little_memory_is_said_in_one_line(study: Profile, monkeypatch, error: Exception):
    def fake_images(*_: object) -> None:
        raise error

    monkeypatch.setattr(Trainer, "fake_images", fake_images)
    message = r"^out of memory on cpu with 8 images in a pass: lower hardware.microbatch, .*whole$"
    refused(message, stage.train_run, study, RUN)


def test_publishing_again(study: Profile, monkeypatch):
    """It keeps the record of the machine that trained, is refused to two at a time, and leaves the
    old result where the disk refuses.
    """
    first = summary_after(study)
    assert first["environment"]["torch"]
    monkeypatch.setattr(stage, "describe_environment", lambda *_: {"processor": "another"})
    assert summary_after(study) == first
    for name, what in (("faces-cips.seed0.lock", "trained"), ("faces-cips.lock", "published")):
        with open(work_folder(study).with_name(name), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            refused(f"is being {what} by another process", stage.train_run, study, RUN)
    before = sorted(study.paths.results.rglob("*"))

    def full(source, target, *_, **__):
        (Path(target) / "half").parent.mkdir(exist_ok=True)
        (Path(target) / "half").write_text("half")
        raise shutil.Error([(str(source), str(target), "No space left on device")])

    monkeypatch.setattr(stage.shutil, "copytree", full)
    message = r"cannot write .*training: No space left on device"
    refused(message, stage.train_run, study, RUN)
    assert sorted(study.paths.results.rglob("*")) == before


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_named(study: Profile, monkeypatch, number: int):
    def flock(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    message = rf"lock cannot be locked \(.*{os.strerror(number)}.*\): link results/ to another disk"
    refused(message, stage.train_run, study, RUN)


RELEASED = {"noise": True, "fourier_bias": True, "variant": "residual", "block_widths": [8, 6]}
PATCHES = {"size": 8, "dilations": [1, 2], "offsets": "release", "interpolation": "shifted"}
TOLD = {"coordinates": True}
SET_UPS = {
    "stylegan2": {"model": "stylegan2"},
    "released": {"model": "cips", "cips": RELEASED},
    "cylinder": {"model": "cips", "cips": {"circumference": 40}},
    "patches": {"model": "cips", "discriminator": TOLD, "training": {"patches": PATCHES}},
}


@pytest.mark.parametrize("run", SET_UPS.values(), ids=SET_UPS)
def test_every_set_up_trains(tmp_path: Path, tiny_params: dict, run: dict):
    """To its end, with changed weights, and on from a checkpoint as if nothing had happened."""
    tiny_params["runs"]["other"] = {"dataset": "faces", **run}
    tiny_params["training"] |= {"total_images": 48, "online_eval": None}
    whole = make_study(tmp_path / "whole", tiny_params)
    first, config = load_generator(stage.train_run(whole, "other")), whole.run("other")
    fresh = initial_generator(config.generator, config.training.seed, torch.device("cpu"))
    moved = zip(first.state_dict().values(), fresh.state_dict().values(), strict=True)
    assert any(not torch.equal(a, b) for a, b in moved)
    short = {**tiny_params, "training": {**tiny_params["training"], "total_images": 24}}
    parts = make_study(tmp_path / "parts", short)
    stage.train_run(parts, "other")
    (tmp_path / "parts" / "params.yaml").write_text(yaml.safe_dump(tiny_params))
    longer = load_profile(tmp_path / "parts" / "params.yaml")
    second = load_generator(stage.train_run(longer, "other"))
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name
