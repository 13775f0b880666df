"""Notes of what commands cost."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

from replication.cli import main
from replication.profile.profile import Profile
from replication.report.costs import largest_process, last_cost, record_cost

MIB = 2**20


def test_a_stage_that_ends_well_is_noted_and_no_output_of_the_pipeline(study: Profile, monkeypatch):
    monkeypatch.chdir(study.paths.root)
    assert last_cost(study, "prepare", "faces") is None
    assert main(["prepare", "faces"]) == 0
    cost = last_cost(study, "prepare", "faces")
    assert cost is not None
    assert 0 < cost.seconds < 60
    assert 50 * MIB < cost.peak_bytes < 2**36
    assert timedelta() <= datetime.now(UTC) - datetime.fromisoformat(cost.when) < timedelta(hours=1)
    assert cost.commit is None  # a folder of the test's, not a checkout
    assert study.paths.cost("prepare", "faces").is_relative_to(study.paths.root / "results/work")


def test_a_failed_stage_and_a_command_that_is_no_stage_are_not_noted(study: Profile, monkeypatch):
    monkeypatch.chdir(study.paths.root)
    assert main(["evaluate", "faces-cips"]) == 1  # nothing was trained
    assert main(["doctor"]) == 1
    assert not study.paths.cost("evaluate", "faces-cips").parent.exists()


def test_of_several_processes_one_notes(study: Profile, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    with record_cost(study, "train", "faces-cips"):
        pass
    assert last_cost(study, "train", "faces-cips") is None


def test_memory_of_a_child_counts():
    before = largest_process()
    more = before // MIB + 200
    subprocess.run([sys.executable, "-c", f"len(b'x' * ({more} * {MIB}))"], check=True)
    assert largest_process() > before + 100 * MIB
