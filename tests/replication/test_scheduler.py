"""`cips repro` on a pipeline of six stages: in parallel, and whatever is killed in the middle."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread

import psutil
import pytest
import yaml
from conftest import REPOSITORY, refused

from cipslib.utils.errors import UserError
from replication.dvc_files import forget_what_is_cut
from replication.scheduler import Work, jobs_that_fit, run_pipeline

# `left` and `right` each wait for the other; `broken` asks for a file that is not there.
BEFORE = {
    "first": [],
    "left": ["first"],
    "right": ["first"],
    "last": ["left", "right"],
    "broken": ["first"],
    "behind": ["broken"],
}
WAIT = "i=0; until [ -f mark.{1} ] || [ $i = 300 ]; do sleep 0.1; i=$((i+1)); done; "
MEET = "touch mark.{0}; " + WAIT
COMMANDS = {
    "left": MEET.format("left", "right") + "[ -f mark.right ] && echo left > left",
    "right": MEET.format("right", "left") + "[ -f mark.left ] && echo right > right",
    "last": "cat left right > last",
    "broken": "cat missing > broken",
}
# Kills what DVC's process hangs on, once.
KILL_WORKER = """
import os, pathlib, psutil, signal
mark = pathlib.Path("mark.killed")
if not mark.exists():
    mark.touch()
    dvc = next(p for p in psutil.Process().parents() if "dvc.cli" in " ".join(p.cmdline()))
    os.kill(dvc.ppid(), signal.SIGKILL)
    __import__("time").sleep(60)
pathlib.Path("last").write_text("left\\nright\\n")
"""


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return pipeline(tmp_path, COMMANDS)


def pipeline(root: Path, commands: dict[str, str]) -> Work:
    stages = {
        name: {
            "cmd": commands.get(name, f"echo {name} > {name}"),
            "deps": [{"path": each} for each in before] and before,
            "outs": [name],
        }
        for name, before in BEFORE.items()
    }
    (root / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
    if not (root / ".dvc").exists():
        command = [sys.executable, "-m", "dvc", "init", "--quiet", "--no-scm"]
        subprocess.run(command, cwd=root, check=True)
    return Work(root, "dvc.yaml", BEFORE, dict.fromkeys(BEFORE, 1.0), root / "logs")


def run(work: Work) -> str:
    """Run all but what is broken, whose message is returned."""
    with pytest.raises(UserError) as error:  # a line for each stage
        run_pipeline(work, 2)
    return str(error.value)


def results(work: Work) -> dict[str, str]:
    return {each: (work.root / each).read_text() for each in ("first", "left", "right", "last")}


WHOLE = {"first": "first\n", "left": "left\n", "right": "right\n", "last": "left\nright\n"}


def test_what_a_failed_stage_feeds_is_not_run_and_all_else_is(work: Work):
    said = run(work)
    assert "stage broken failed on worker" in said
    assert "missing: No such file" in said
    assert said.endswith("not up to date: broken, behind")
    assert results(work) == WHOLE  # left and right ran at one time
    times = {each: (work.root / each).stat().st_mtime_ns for each in WHOLE}
    mended = pipeline(work.root, {**COMMANDS, "broken": "echo mended > broken"})
    assert sorted(run_pipeline(mended, 2)) == ["behind", "broken"]
    assert times == {each: (work.root / each).stat().st_mtime_ns for each in WHOLE}
    forget_what_is_cut(work.root, work.root / "dvc.lock")  # nothing: all is whole
    assert run_pipeline(mended, 2) == []


def test_a_stage_that_fails_before_all_others_is_named(work: Work):
    with pytest.raises(UserError, match="stage broken failed"):
        run_pipeline(replace(work, first=("broken",)), 1)


def test_the_stage_of_a_killed_worker_runs_again(tmp_path: Path):
    (tmp_path / "kill.py").write_text(KILL_WORKER)
    work = pipeline(tmp_path, {**COMMANDS, "last": f"{sys.executable} kill.py"})
    assert "not up to date: broken, behind" in run(work)
    assert (tmp_path / "mark.killed").exists()
    assert results(work) == WHOLE


def test_what_holds_dvcs_lock_for_a_while_is_waited_for(tmp_path: Path):
    """As `dvc status` in another terminal does."""
    hold = "flock .dvc/tmp/lock sleep 3 > /dev/null 2>&1 & sleep 0.5; "
    work = pipeline(tmp_path, {**COMMANDS, "last": hold + COMMANDS["last"]})
    assert "not up to date: broken, behind" in run(work)
    assert results(work) == WHOLE


@pytest.mark.parametrize("cut", [("dvc.lock", ".dvc/tmp/rwlock"), (".dvc/cache/**/*",)])
def test_what_is_cut_of_dvcs_files_is_made_again(work: Work, cut: tuple[str, ...]):
    run(work)
    for file in (file for glob in cut for file in work.root.glob(glob) if file.is_file()):
        file.chmod(0o644)
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 3])
    (work.root / "last").unlink()
    forget_what_is_cut(work.root, work.root / "dvc.lock")
    assert "not up to date: broken, behind" in run(work)
    assert results(work) == WHOLE


ALONE = """
import sys
from pathlib import Path
from replication.scheduler import Work, run_pipeline
root = Path(sys.argv[1])
before = {before!r}
if __name__ == "__main__":
    run_pipeline(Work(root, "dvc.yaml", before, dict.fromkeys(before, 1.0), root / "logs"), 2)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_its_end_is_that_of_all_its_processes(tmp_path: Path, how: signal.Signals):
    work = pipeline(tmp_path, {**COMMANDS, "last": "touch mark.last; sleep 300"})
    script = tmp_path / "alone.py"
    script.write_text(ALONE.format(before=BEFORE))
    process = subprocess.Popen(
        [sys.executable, script, tmp_path],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_for(lambda: (tmp_path / "mark.last").exists())
    refused("another cips repro is at work", run_pipeline, work, 1)
    root = psutil.Process(process.pid)
    # The shell starts it after the mark.
    wait_for(lambda: "sleep" in names_below(root))
    mine = root.children(recursive=True)
    process.send_signal(how)
    process.wait(timeout=30)
    wait_for(lambda: not any(each.is_running() and each.name() != "sleep" for each in mine))
    again = pipeline(tmp_path, COMMANDS)
    run(again)
    assert results(again) == WHOLE


def names_below(root: psutil.Process) -> Iterator[str]:
    for each in root.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            yield each.name()


def wait_for(met, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end
        time.sleep(0.2)


def test_a_scheduler_that_does_not_answer(work: Work, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("replication.scheduler.TIMEOUT", 1)
    address = "tcp://127.0.0.1:9"
    refused(f"no dask scheduler answers at {address}", run_pipeline, work, 1, address)


def dask(role: str, file: Path, *how: str) -> subprocess.Popen:
    command = [sys.executable, "-m", f"distributed.cli.dask_{role}", "--scheduler-file", file, *how]
    code = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.Popen(command, env=code, stderr=subprocess.DEVNULL)


def test_a_scheduler_of_the_users_own_that_is_killed(work: Work, capfd: pytest.CaptureFixture):
    file, mark = work.root / "scheduler.json", work.root / "mark.first"
    started = [dask("scheduler", file, "--port", "0")]
    wait_for(lambda: file.exists() and file.read_text().endswith("}"))
    address = json.loads(file.read_text())["address"]

    def join_late_and_kill() -> None:
        with suppress(AssertionError):  # then that which is refused is another thing
            wait_for(lambda: "no worker yet: waiting for one" in capfd.readouterr().err)
            started.append(dask("worker", file, "--no-nanny"))
            wait_for(mark.exists)
        started[0].kill()

    pipeline(work.root, {**COMMANDS, "first": "touch mark.first; sleep 300"})
    other = Thread(target=join_late_and_kill)
    other.start()
    try:
        refused(f"{address} was lost: the same command goes on", run_pipeline, work, 1, address)
        assert mark.exists()
    finally:
        other.join()
        for process in started:
            process.kill()
            process.wait()
    assert capfd.readouterr().err == ""
    pipeline(work.root, COMMANDS)
    run(work)
    assert results(work) == WHOLE


def test_workers_that_do_not_start(work: Work, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("distributed.nanny.Nanny.start_unsafe", never)
    refused("no worker could be started: killed", run_pipeline, work, 1)


async def never(*_: object) -> None:
    raise RuntimeError("killed")


def test_no_more_jobs_than_memory_holds(work: Work, capsys: pytest.CaptureFixture):
    assert jobs_that_fit(replace(work, peak=1), 3) == 3
    assert jobs_that_fit(replace(work, gpus=2), None) == 2
    assert capsys.readouterr().err == ""
    assert jobs_that_fit(replace(work, peak=2**60), 3) == 1
    assert capsys.readouterr().err == "cips: 1 jobs, not 3: memory holds no more\n"
