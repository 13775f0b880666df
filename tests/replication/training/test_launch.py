"""`cips train` as processes: several of them, what ends them, and what they leave."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from conftest import PYTHONPATH, REPOSITORY, make_study

from cipslib.networks.files import load_generator
from cipslib.training.checkpoint_folder import images_in
from replication.profile.profile import Profile
from replication.training import launch
from replication.training.train import train_run

ENDLESS = {"total_images": 800_000, "checkpoint_every_images": 800_000}
CHILD = {**os.environ, "PYTHONPATH": PYTHONPATH, "OMP_NUM_THREADS": "1"}
TRAIN = [sys.executable, "-m", "replication.cli", "train", "faces-cips", "--params"]


def study_in(folder: Path, params: dict, processes: int = 1, **training: object) -> Profile:
    hardware = {**params["hardware"], "processes": processes}
    changed = {**params, "hardware": hardware, "training": {**params["training"], **training}}
    return make_study(folder, changed)


def start(study: Profile, *options: str) -> subprocess.Popen:
    return subprocess.Popen(
        [*TRAIN, str(study.params_file), *options],
        cwd=study.paths.root,
        env=CHILD,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def logged(study: Profile) -> list[dict]:
    lines = (study.paths.log("faces-cips") / "log.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def wait_for(condition, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def test_two_processes_publish_what_one_does(tmp_path: Path, tiny_params: dict):
    """The same log and the same generator, to rounding; the second process writes nothing."""
    one, two = (study_in(tmp_path / str(n), tiny_params, processes=n) for n in (1, 2))
    train_run(one, "faces-cips")
    process = start(two)
    output, _ = process.communicate(timeout=180)
    assert process.returncode == 0, output
    assert output.splitlines().count(str(two.paths.generator("faces-cips"))) == 1
    assert json.loads(two.paths.summary("faces-cips").read_text())["environment"]["processes"] == 2
    expected, found = logged(one), logged(two)
    assert [e["images_seen"] for e in found] == [e["images_seen"] for e in expected]
    assert found[0]["loss/discriminator"] == pytest.approx(expected[0]["loss/discriminator"], 1e-3)
    first, second = (load_generator(s.paths.generator("faces-cips")) for s in (one, two))
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert float((a - b).norm() / a.norm().clamp(min=1e-6)) < 0.05


def test_two_processes_train_the_seed_that_is_asked_for_then_all(tmp_path: Path, tiny_params: dict):
    study = study_in(tmp_path, tiny_params, processes=2, seeds=[0, 1])
    output, _ = start(study, "--seed", "1").communicate(timeout=180)
    assert "cips train faces-cips publishes it with the others" in output
    assert not study.paths.training("faces-cips").exists()
    output, _ = start(study).communicate(timeout=180)
    assert "faces-cips, seed 1: trained to its end already, 96 images" in output
    assert str(study.paths.generator("faces-cips")) in output.splitlines()
    assert study.paths.generator("faces-cips", 1).is_file()


def test_a_process_that_fails_is_named(tmp_path: Path, tiny_params: dict):
    tiny_params["hardware"]["microbatch"] = 3
    process = start(study_in(tmp_path, tiny_params, processes=2))
    output, _ = process.communicate(timeout=180)
    assert process.returncode != 0
    assert "hardware.microbatch is 3; a share of 4 images in groups of 4 allows 4" in output
    assert "one of 2 processes failed, see above" in output


def test_no_more_processes_than_the_batch_has_groups(
    tmp_path: Path, tiny_params: dict, monkeypatch, capsys
):
    started: list[int] = []
    monkeypatch.setattr(launch, "_torchrun", lambda *given: started.append(given[-1]))
    study = study_in(tmp_path, tiny_params, processes=5, batch_size=24)  # six groups of 4
    launch.launch(study, "faces-cips", fresh=False)
    assert started == [3]
    said = "faces-cips: in 3 of 5 processes: its batch of 24 has 6 groups of 4\n"
    assert capsys.readouterr().err == said


def test_sigterm_reaches_all_processes_and_the_state_is_saved(tmp_path: Path, tiny_params: dict):
    study = study_in(tmp_path, tiny_params, processes=2, **ENDLESS)
    process = start(study)
    try:
        log = study.paths.root / "results" / "work" / "demo"
        wait_for(lambda: any(f.stat().st_size for f in log.glob("*/log/log.jsonl")))
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=90)
    finally:
        process.kill()
    stopped = re.search(r"stopped at ([\d,]+) images: SIGTERM", output)
    assert stopped, output
    (newest, *_) = sorted(log.glob("*/checkpoints/*.safetensors"), reverse=True)
    assert int(newest.stem) == int(stopped[1].replace(",", "")) > 0
    assert not study.paths.generator("faces-cips").exists()


@pytest.mark.parametrize("processes", [1, 2])
def test_a_trainer_stops_when_dvc_is_gone(tmp_path: Path, tiny_params: dict, processes: int):
    """Killed with SIGKILL, DVC cannot tell it; the state is saved, and the lock free soon after."""
    study = study_in(tmp_path, tiny_params, processes, **ENDLESS)
    parent = "import subprocess, sys; subprocess.run(sys.argv[1:])"
    dvc = subprocess.Popen(
        [sys.executable, "-c", parent, *TRAIN, str(study.params_file)],
        env={**CHILD, "DVC_STAGE": "train@faces-cips"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    work = study.paths.root / "results" / "work" / "demo"
    try:
        wait_for(lambda: any(f.stat().st_size for f in work.glob("*/log/log.jsonl")))
    finally:
        dvc.kill()
        dvc.wait()
    wait_for(lambda: any(images_in(f) > 0 for f in work.glob("*/checkpoints/*.safetensors")))
    params = yaml.safe_load(study.params_file.read_text())
    params["training"]["total_images"] = 8
    params["hardware"]["processes"] = 1
    study.params_file.write_text(yaml.safe_dump(params))

    def is_free() -> bool:
        output, _ = start(study).communicate(timeout=90)
        assert "past total_images" in output or "is being trained by another process" in output
        return "past total_images" in output  # not refused: nobody trains it any more

    wait_for(is_free)


def test_training_needs_neither_dvc_nor_the_metrics_packages(tmp_path: Path):
    """As on a GPU machine that has torch, NumPy and little else."""
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "tests" / "bare_machine.py"), str(tmp_path)],
        env=CHILD,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip().splitlines()[-1]).is_file()
