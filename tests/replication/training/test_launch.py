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
from conftest import PYTHONPATH, REPOSITORY, make_study, python, refused
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure

from cipslib.networks.files import load_generator
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


def start(study: Profile) -> subprocess.Popen:
    command, root = [*TRAIN, str(study.params_file)], study.paths.root
    said = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, cwd=root, env=CHILD, **said)


def logged(study: Profile) -> list[dict]:
    lines = (study.paths.log("faces-cips") / "log.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_two_processes_publish_what_one_does(tmp_path: Path, tiny_params: dict):
    """The same log and the same generator, to rounding; the second process writes nothing."""
    one, two = (study_in(tmp_path / str(n), tiny_params, processes=n) for n in (1, 2))
    train_run(one, "faces-cips")
    process = start(two)
    output, _ = process.communicate(timeout=180)
    assert process.returncode == 0, output
    assert output.count("\r") < 10  # in a log a bar is a line now and then
    assert output.splitlines().count(str(two.paths.generator("faces-cips"))) == 1
    assert json.loads(two.paths.summary("faces-cips").read_text())["environment"]["processes"] == 2
    expected, found = logged(one), logged(two)
    assert [e["images_seen"] for e in found] == [e["images_seen"] for e in expected]
    assert found[0]["loss/discriminator"] == pytest.approx(expected[0]["loss/discriminator"], 1e-3)
    first, second = (load_generator(s.paths.generator("faces-cips")) for s in (one, two))
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert float((a - b).norm() / a.norm().clamp(min=1e-6)) < 0.05


def test_a_process_that_fails_is_named(tmp_path: Path, tiny_params: dict, monkeypatch):
    def fail(options: list[str]) -> None:
        assert "--local-addr=127.0.0.1" in options  # whether or not this machine's name resolves
        failure = ProcessFailure(local_rank=1, pid=2, exitcode=1, error_file="none")
        raise ChildFailedError("cips", {1: failure})

    monkeypatch.setattr("torch.distributed.run.main", fail)
    study = study_in(tmp_path, tiny_params, processes=2)
    message = "run faces-cips: one of 2 processes failed, see above"
    refused(message, launch.launch, study, "faces-cips", fresh=False)


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
        end = time.monotonic() + 90
        while not any(f.stat().st_size for f in log.glob("*/log/log.jsonl")):
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=90)
    finally:
        process.kill()
    stopped = re.search(r"stopped at ([\d,]+) images: SIGTERM", output)
    assert stopped, output
    (newest, *_) = sorted(log.glob("*/checkpoints/*.safetensors"), reverse=True)
    assert int(newest.stem) == int(stopped[1].replace(",", "")) > 0
    assert not study.paths.generator("faces-cips").exists()


def test_training_needs_neither_dvc_nor_the_metrics_packages(tmp_path: Path):
    """As on a GPU machine that has torch, NumPy and little else."""
    done = python(REPOSITORY / "tests" / "bare_machine.py", tmp_path)
    assert Path(done.stdout.strip().splitlines()[-1]).is_file()
