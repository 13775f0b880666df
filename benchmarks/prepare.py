"""How long `cips prepare` takes with one worker and with one a core, and its peak memory.

    python benchmarks/prepare.py SOURCE [--resolution R]

SOURCE is what --source takes: a folder, a zip, a tar, ... The command runs as a user runs it, in a
folder of its own: with a worker a core, with one, and with all once more, which must give the same
array. Memory is the greatest sum, over the command's processes, of their resident sets, taken 20
times a second; a page that two processes share counts twice.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import torch
import yaml
from tabulate import tabulate

from cipslib.utils.environment import describe_environment
from cipslib.utils.files import atomic_write, write_json
from replication.paths import Paths, find_root

HERE = Path(__file__).parent
NAME = "faces"  # the demo's data set whose place the images take
EXPLANATION = """# The preparation's time and memory

`cips prepare` of {source} ({size:.1f} MB, {container}) to {resolution} px: {count:,} images,
{duplicates:,} of them with the same pixels as an earlier one, {skipped:,} skipped. Seconds are of
the whole command, of which about 3 pass before the first image. The array's SHA-256 in each run:
`{sha256}`. Written by `prepare.py`; machine, versions, load: `prepare.json`.

"""


def write_study(root: Path, resolution: int) -> Path:
    """A profile with one data set of the user's own images; returns its params.yaml."""
    repository = find_root(HERE)
    card = Paths(repository, "demo").source_card("own-folder")
    there = Paths(root, "demo").source_card("own-folder")
    there.parent.mkdir(parents=True)
    shutil.copy(card, there)
    (root / "dvc.yaml").touch()
    params = yaml.safe_load((repository / "params.yaml").read_text())
    taken = {"card": card.stem, "resolution": resolution, "count": None, "held_out": 0}
    params["datasets"] = {NAME: params["datasets"][NAME] | taken}
    params["runs"] = {run: params["runs"][run] for run in ("faces-cips",)}
    params["left_out"] = {}
    (root / "params.yaml").write_text(yaml.safe_dump(params))
    return root / "params.yaml"


def run(source: Path, resolution: int, workers: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """One preparation from nothing: what was measured, and the card that was written."""
    with tempfile.TemporaryDirectory() as name:
        params = write_study(Path(name), resolution)
        command = [
            sys.executable,
            "-m",
            "replication.cli",
            "prepare",
            NAME,
            "--params",
            str(params),
        ]
        command += ["--source", str(source), "--workers", str(workers)]
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=find_root(HERE), stdout=subprocess.DEVNULL)
        peak = peak_memory(process)
        seconds = time.perf_counter() - start
        if process.returncode:
            raise SystemExit(process.returncode)
        card = json.loads(Paths(Path(name), "demo").card(NAME).read_text())
    measured = {
        "workers": workers,
        "seconds": seconds,
        "images_per_second": card["count"] / seconds,
        "peak_memory_gb": peak / 1e9,
    }
    return measured, card


def peak_memory(process: subprocess.Popen[bytes]) -> int:
    """In bytes; waits until the process has ended."""
    root, peak = psutil.Process(process.pid), 0
    while process.poll() is None:
        try:
            family = [root, *root.children(recursive=True)]
            peak = max(peak, sum(member.memory_info().rss for member in family))
        except psutil.Error:  # one has just ended
            continue
        time.sleep(0.05)
    return peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("--resolution", type=int, default=128)
    arguments = parser.parse_args()
    source, cores = arguments.source.resolve(), len(os.sched_getaffinity(0))
    results = [run(source, arguments.resolution, workers) for workers in (cores, 1, cores)]
    rows, cards = [row for row, _ in results], [card for _, card in results]
    if len({card["sha256"] for card in cards}) > 1:
        raise SystemExit(f"the runs gave different arrays: {[c['sha256'] for c in cards]}")
    card = cards[0]
    content = {
        "source": source.name,
        "bytes": source.stat().st_size if source.is_file() else None,
        **{key: card[key] for key in ("container", "resolution", "count", "skipped", "sha256")},
        "duplicates": card["count"] - card["distinct"],
        "runs": rows,
        "load_average": os.getloadavg()[1],
        "environment": describe_environment(find_root(HERE), torch.device("cpu")),
    }
    write_json(HERE / "prepare.json", content)
    text = EXPLANATION.format(**content, size=(content["bytes"] or 0) / 1e6)
    with atomic_write(HERE / "prepare.md") as temporary:
        table = tabulate(
            rows, headers="keys", floatfmt=("d", ".1f", ",.0f", ".2f"), tablefmt="github"
        )
        temporary.write_text(text + table + "\n")
    print(table)


if __name__ == "__main__":
    main()
