"""Kills what makes a small whole pipeline, at random moments, and lets `cips repro` finish it.

    python benchmarks/faults.py [--kills 60] [--seed 0]

The victims, in turn at random: `cips repro`, a worker of its scheduler, DVC, a stage, a notebook's
kernel, and the whole group. Whenever the pipeline has come to its end, its results are compared
with those of one that was left alone, and it starts from nothing again. Writes faults.json, and
ends with 1 if a process outlived its parent, a restart failed, a result differs, or `cips repro`
printed a traceback.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil  # type: ignore[import-untyped]
import torch
import yaml
from arguments import ROOT

from cipslib.utils.environment import describe_environment
from cipslib.utils.files import write_json

COMMAND = [sys.executable, "-m", "replication.cli", "repro", "--jobs", "2"]
MOMENTS = (2.0, 25.0)  # seconds between two kills
GONE = 30.0  # seconds in which children end with their parent
RESTARTS = 5  # without a kill, after which a pipeline must have come to its end
RUN = "faces-cips"
# What a process's command has, by the kind of victim; `cips repro` itself and its group are known.
MARKS = {
    "worker": "multiprocessing.spawn",
    "dvc": "dvc.cli",
    "stage": "bin/cips",
    "kernel": "ipykernel_launcher",
}


def make_clone(folder: Path) -> Path:
    """Clone the last commit, with the demo's pipeline in small: one run, the others left out."""
    subprocess.run(
        ["git", "clone", "--quiet", "--depth", "1", f"file://{ROOT}", folder], check=True
    )
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    others = [run for run in params["runs"] if run != RUN]
    params["left_out"] = dict.fromkeys(others, "too long for this")
    params["runs"] = {RUN: params["runs"][RUN]}
    params["datasets"] = {"faces": params["datasets"]["faces"] | {"count": 400, "held_out": 32}}
    params["cips"] |= {"block_widths": [16, 16, 16], "fourier_dim": 8, "embedding_dim": 8}
    params["training"] |= {"total_images": 1600, "checkpoint_every_images": 320}
    params["training"]["online_eval"] |= {"every_images": 800, "images": 64}
    params["evaluation"] |= {"images": 100, "faces": 20, "neighbours": 50, "spectrum_images": 100}
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    return folder


def start(clone: Path) -> subprocess.Popen:
    """Start `cips repro` in a process group of its own; what it says goes to a file."""
    code = f"{clone}{os.pathsep}{clone / 'data'}"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PYTHONPATH": code, "PATH": path}
    with open(clone / "said.txt", "a") as said:
        return subprocess.Popen(
            COMMAND, cwd=clone, env=environment, stdout=said, stderr=said, start_new_session=True
        )


def kill(process: subprocess.Popen) -> tuple[str, list[psutil.Process]]:
    """Kill one of a kind that there is just now; return which, and all others."""
    children = psutil.Process(process.pid).children(recursive=True)
    found = {
        kind: [each for each in children if mark in command_of(each)]
        for kind, mark in MARKS.items()
    }
    kind = random.choice(["repro", "group", *(kind for kind, some in found.items() if some)])
    if kind == "group":
        os.killpg(process.pid, signal.SIGKILL)
    elif kind == "repro":
        process.kill()
    else:
        random.choice(found[kind]).kill()
    return kind, children


def command_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def alive(processes: list[psutil.Process]) -> list[str]:
    found = [each for each in processes if each.is_running() and command_of(each)]
    return [command_of(each)[:80] for each in found]


def all_gone(processes: list[psutil.Process]) -> bool:
    return not alive(processes)


def has_ended(process: subprocess.Popen) -> bool:
    return process.poll() is not None


def wait_until(met: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not met() and time.monotonic() < end:
        time.sleep(0.2)
    return met()


def differences(alone: Path, killed: Path) -> list[str]:
    """Return what tells the results of two clones apart: numbers, tables, weights, grids."""
    compare = [sys.executable, ROOT / "benchmarks" / "compare_results.py"]
    folders = [clone / "results" / "demo" for clone in (alone, killed)]
    said = subprocess.run([*compare, *folders], capture_output=True, text=True)
    found = said.stdout.splitlines() if said.returncode else []
    weights = {file.relative_to(folders[0]) for file in folders[0].rglob("*.safetensors")}
    for name in weights | {file.relative_to(folders[0]) for file in folders[0].rglob("*.png")}:
        one, other = (folder / name for folder in folders)
        if not other.is_file() or one.read_bytes() != other.read_bytes():
            found.append(f"{name} differs")
    return found


def start_over(clone: Path) -> None:
    for made in ("results/demo", "results/work", "data/prepared", ".dvc/cache", ".dvc/tmp"):
        shutil.rmtree(clone / made, ignore_errors=True)
    (clone / "dvc.lock").unlink(missing_ok=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0, help="of moments and victims")
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    killed: Counter[str] = Counter()
    problems: list[str] = []
    ends = 0
    began = time.monotonic()
    environment = describe_environment(ROOT, torch.device("cpu"))  # of the commit that is cloned
    with TemporaryDirectory(prefix="faults-") as folder:
        alone, clone = (make_clone(Path(folder) / name) for name in ("alone", "killed"))
        if start(alone).wait():
            raise SystemExit(f"left alone it failed:\n{(alone / 'said.txt').read_text()}")
        process, restarts = start(clone), 0
        while killed.total() < arguments.kills or process.poll() != 0:
            wait_until(partial(has_ended, process), random.uniform(*MOMENTS))
            if process.poll() == 0 and killed.total() < arguments.kills:
                ends += 1
                problems += differences(alone, clone)
                start_over(clone)
                process, restarts = start(clone), 0
            elif process.poll():
                restarts += 1
                if restarts > RESTARTS and killed.total() >= arguments.kills:
                    problems.append(f"no end:\n{(clone / 'said.txt').read_text()[-2000:]}")
                    break
                process = start(clone)
            elif killed.total() < arguments.kills:
                kind, children = kill(process)
                killed[kind] += 1
                restarts = 0
                print(f"{killed.total()}: {kind}", file=sys.stderr)
                if kind in ("repro", "group") and not wait_until(partial(all_gone, children), GONE):
                    problems.append(f"after a kill of {kind} there are still: {alive(children)}")
        problems += differences(alone, clone)
        if tracebacks := (clone / "said.txt").read_text().count("Traceback"):
            problems.append(f"cips repro printed {tracebacks} tracebacks")
    write_json(
        Path(__file__).with_name("faults.json"),
        {
            "kills": dict(killed),
            "ends": ends + 1,
            "problems": problems,
            "seed": arguments.seed,
            "minutes": round((time.monotonic() - began) / 60, 1),
            "environment": environment,
        },
    )
    print("\n".join(problems) or f"{killed.total()} kills, {ends + 1} ends, and no difference")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
