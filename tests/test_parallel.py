"""Shared-out work keeps its order, and its processes end with the one that started them."""

import os
import subprocess
import sys
import time

from cipslib.utils.parallel import in_parallel

CODE = """
import time
from cipslib.parallel import in_parallel
if __name__ == "__main__":
    for pid in in_parallel(time.sleep, [0.0] * 4 + [600.0] * 4):
        print("started", flush=True)
"""


def test_results_come_in_the_order_of_the_tasks():
    assert list(in_parallel(abs, range(-20, 0))) == list(range(20, 0, -1))


def test_tasks_are_drawn_only_as_results_are_taken():
    """So that memory is bounded, however many tasks there are."""
    drawn = []
    results = in_parallel(abs, (drawn.append(i) or i for i in range(1000)), workers=2)
    for taken in range(1, 6):
        next(results)
        assert len(drawn) <= taken + 4
    results.close()


def test_workers_end_when_their_parent_is_killed(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(CODE)
    parent = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "started\n"
    workers = children(parent.pid)
    assert workers
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 20
    while any(is_running(pid) for pid in workers):
        assert time.monotonic() < deadline, "workers outlived their parent"
        time.sleep(0.1)


def children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True)
    rows = [line.split() for line in listed.stdout.splitlines()[1:]]
    return [int(child) for child, parent in rows if int(parent) == pid]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return bool(state.stdout.strip()) and not state.stdout.startswith("Z")
