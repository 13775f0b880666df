"""What DVC itself costs: a stage without its command, and a pipeline with nothing to do.

Run it in a clone whose pipeline is up to date: ``python benchmarks/pipeline.py``. The command is
stood in for by one that puts the stage's old outputs back: what is left is DVC's own time.
"""

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

import yaml

ROOT = Path(__file__).parent.parent
STAND_IN = """#!/bin/sh
cp -r "$SAVED/." .
"""


def seconds(command: list[str], environment: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


def stage_seconds(stage: str, repeats: int) -> float:
    """Return the median time of one stage, run by itself, whose command only copies files."""
    lock = yaml.safe_load((ROOT / "dvc.lock").read_text())["stages"][stage]
    with tempfile.TemporaryDirectory() as name:
        saved = Path(name) / "saved"
        for out in (entry["path"] for entry in lock["outs"]):
            (saved / out).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (ROOT / out).is_dir() else shutil.copy
            copy(ROOT / out, saved / out)
        cips = Path(name) / "cips"
        cips.write_text(STAND_IN)
        cips.chmod(0o755)
        path = f"{name}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "SAVED": str(saved)}
        command = ["dvc", "repro", "--single-item", "--force", stage]
        return median(seconds(command, environment) for _ in range(repeats))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", default="evaluate@faces-cips")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    nothing = [seconds(["dvc", "repro"], dict(os.environ)) for _ in range(arguments.repeats)]
    start_up = [seconds(["dvc", "--version"], dict(os.environ)) for _ in range(arguments.repeats)]
    result = {
        "lock_lines": len((ROOT / "dvc.lock").read_text().splitlines()),
        "start_up_s": round(median(start_up), 2),
        "one_stage_s": round(stage_seconds(arguments.stage, arguments.repeats), 2),
        "nothing_to_do_s": round(median(nothing), 2),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
