"""Kills a small training run with SIGKILL, over and over, and starts the same command again.

    python benchmarks/kills.py [--kills 20] [--seed 0] [--out FILE]

Half of the kills come at random times; the others wait for a checkpoint's unfinished file or for
the log to grow, and strike then. What comes out is compared with a run that was left alone: the
generator byte by byte, the sample grids, each row of the log. Writes kills.json, and ends with 1 if
anything differs or more than a checkpoint's interval was lost.
"""

import argparse
import json
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import torch
import yaml
from arguments import ROOT
from safetensors import SafetensorError, safe_open

from cipslib.utils.environment import describe_environment
from cipslib.utils.files import write_json
from replication.profile.profile import Profile, load_profile

RUN = "faces-cips"
BATCH, LOGGED, SAVED = 8, 32, 192  # images: of a step, between log entries, between checkpoints
KINDS = ("time", "checkpoint", "time", "log")  # of kills, in turn
POLL = 0.0002  # seconds between two looks at the folder
CLOCKS = re.compile(r"second|time|memory|hours", re.IGNORECASE)  # log columns that are no result


def small_profile(root: Path, intervals: int) -> Profile:
    """Return the demo with a smaller network and smaller, fewer images, in a folder of its own."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    faces = params["datasets"]["faces"] | {"resolution": 16, "count": 1024}
    params["datasets"] = {"faces": faces}
    params["runs"] = {RUN: {"dataset": "faces", "model": "cips"}}
    params["cips"] |= {"block_widths": [16, 16], "fourier_dim": 8, "embedding_dim": 8}
    params["cips"] |= {"style_dim": 16, "mapping_layers": 2}
    params["discriminator"] |= {"channel_base": 128, "channel_max": 16}
    params["evaluation"] |= {"images": 64}
    params["hardware"] |= {"device": "cpu"}
    params["training"] |= {
        "total_images": intervals * SAVED,
        "batch_size": BATCH,
        "log_every_images": LOGGED,
        "sample_every_images": 4 * SAVED,
        "checkpoint_every_images": SAVED,
        "online_eval": params["training"]["online_eval"]
        | {"every_images": 2 * SAVED, "images": 64},
    }
    root.mkdir(parents=True)
    for linked in ("data/synthetic", "data/cards"):
        (root / linked).parent.mkdir(exist_ok=True)
        (root / linked).symlink_to(ROOT / linked)
    (root / "params.yaml").write_text(yaml.safe_dump(params))
    return load_profile(root / "params.yaml")


def cips(profile: Profile, command: str, name: str) -> list[str]:
    params = str(profile.params_file)
    return [sys.executable, "-m", "replication.cli", command, name, "--params", params]


# --- what the folders say


def work(profile: Profile) -> Path:
    return profile.paths.root / "results" / "work"


def unfinished(profile: Profile) -> set[str]:
    """Checkpoints and results that are being written; grids are not counted."""
    found = (path.name for path in work(profile).rglob(".*.part"))
    return {name for name in found if "png" not in name}


def log_sizes(profile: Profile) -> int:
    return sum(path.stat().st_size for path in log_files(work(profile)))


def log_files(folder: Path) -> list[Path]:
    return [p for p in sorted(folder.rglob("*")) if p.suffix in (".tsv", ".jsonl")]


def saved_images(profile: Profile) -> int:
    """Of the furthest whole checkpoint; 0 if there is none."""
    seen = [0]
    for path in work(profile).rglob("*.safetensors"):
        try:
            with safe_open(path, "pt") as file:
                about = json.loads((file.metadata() or {}).get("cipslib", "{}"))
        except (OSError, SafetensorError):
            continue
        seen.append(about.get("images_seen", 0))
    return max(seen)


def rows(path: Path) -> list[dict[str, object]]:
    """Of one file of the log, without what depends on the machine; a torn line is left out."""
    found = []
    lines = path.read_text().splitlines()
    if path.suffix == ".tsv":
        header, lines = lines[0].split("\t") if lines else [], lines[1:]
        found = [dict(zip(header, line.split("\t"), strict=False)) for line in lines]
    else:
        for line in lines:
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
    return [{k: v for k, v in row.items() if not CLOCKS.search(k)} for row in found]


def step_of(row: dict[str, object]) -> int:
    return int(str(row.get("step", row.get("images_seen"))))


def logged_images(folder: Path) -> int:
    return max((step_of(row) for path in log_files(folder) for row in rows(path)), default=0)


# --- killing


class NoRestartError(Exception):
    """The same command did not go on after a kill: what it said."""


@dataclass(frozen=True)
class Kill:
    """One life of the trainer, and how far it had come."""

    kind: str
    seconds: float  # after its start
    target: str  # what was seen, for the targeted ones
    resumed_at: int | None  # images, as it said itself; None: it said nothing
    logged: int  # images at the last log entry
    saved: int  # images in the last whole checkpoint
    lost: int = 0  # images between them


Moment = Callable[[float], str | None]  # seconds since the start -> what was seen, at the moment


def at_time(seconds: float) -> Moment:
    return lambda now: "clock" if now >= seconds else None


T = TypeVar("T")


def at_change(look: Callable[[], T], change: Callable[[T, T], str | None], skipped: int) -> Moment:
    """When what ``look`` sees has changed since its last look, after ``skipped`` such changes.

    ``change`` says what there is between two looks, None if it is nothing.
    """
    before, left = look(), skipped

    def seen(_: float) -> str | None:
        nonlocal before, left
        now, known = look(), before
        before, said = now, change(known, now)
        if said is not None:
            left -= 1
        return said if left < 0 else None

    return seen


def at_checkpoint(profile: Profile, skipped: int) -> Moment:
    """When an unfinished file appears that was not there a moment ago."""
    return at_change(
        lambda: unfinished(profile), lambda known, now: min(now - known, default=None), skipped
    )


def at_log(profile: Profile, skipped: int) -> Moment:
    """When a file of the log has grown: mostly between two files of one entry."""
    return at_change(
        lambda: log_sizes(profile),
        lambda known, now: f"{now - known:+d} bytes" if now != known else None,
        skipped,
    )


def live(profile: Profile, kind: str, moment: Moment) -> Kill | None:
    """Start the trainer and kill it at the moment; None if it came to its end before.

    Raises NoRestartError if it ended by itself and not well.
    """
    errors = profile.paths.root / "stderr.txt"
    start = time.perf_counter()
    with open(errors, "w") as said:
        command = cips(profile, "train", RUN)
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=said)
        target = None
        while target is None and process.poll() is None:
            try:
                target = moment(time.perf_counter() - start)
            except FileNotFoundError:  # a temporary file that took its name meanwhile
                continue
            time.sleep(POLL)
        seconds = time.perf_counter() - start
        process.kill()
        code = process.wait()
    text = errors.read_text()
    if code == 0:
        return None
    if code != -9:
        raise NoRestartError(text.strip().splitlines()[-1])
    found = re.search(r"going on at ([\d,]+) images", text)
    resumed = int(found[1].replace(",", "")) if found else None
    reached, saved = logged_images(work(profile)), saved_images(profile)
    return Kill(kind, round(seconds, 3), target or "", resumed, reached, saved)


def choose_moment(
    profile: Profile, kind: str, chance: random.Random, startup: float, interval: float
) -> Moment:
    if kind == "checkpoint":
        return at_checkpoint(profile, chance.randrange(3))
    if kind == "log":
        return at_log(profile, chance.randrange(2 * SAVED // LOGGED * 4))
    return at_time(chance.uniform(0.7 * startup, startup + 2 * interval))


def train_to_the_end(profile: Profile) -> tuple[float, float]:
    """Seconds until the log began, and in all. Raises SystemExit if it fails."""
    errors = profile.paths.root / "stderr.txt"
    start, begun = time.perf_counter(), 0.0
    with open(errors, "w") as said:
        command = cips(profile, "train", RUN)
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=said)
        while process.poll() is None:
            if not begun and log_files(work(profile)):
                begun = time.perf_counter() - start
            time.sleep(0.01)
    if process.returncode:
        raise SystemExit(f"the run that was left alone failed: {errors.read_text()}")
    return begun, time.perf_counter() - start


# --- comparing


def differences(alone: Profile, killed: Profile) -> list[str]:
    """What a reader of the results could tell the two runs apart by."""
    found = []
    one, other = (profile.paths.generator(RUN).read_bytes() for profile in (alone, killed))
    if one != other:
        found.append("generator.safetensors differs")
    folders = [profile.paths.training(RUN) for profile in (alone, killed)]
    grids = [{p.name: p.read_bytes() for p in f.rglob("*.png")} for f in folders]
    found += [
        f"sample grid {name} differs, or one has it alone"
        for name in sorted(grids[0] | grids[1])
        if grids[0].get(name) != grids[1].get(name)
    ]
    logs = [{p.relative_to(f): rows(p) for p in log_files(f)} for f in folders]
    if set(logs[0]) != set(logs[1]):
        found.append(f"the logs have other files: {sorted(map(str, set(logs[0]) ^ set(logs[1])))}")
    for path in sorted(set(logs[0]) & set(logs[1])):
        found += [f"{path}: {text}" for text in differing_rows(logs[0][path], logs[1][path])]
    left = sorted(path.name for path in (killed.paths.root / "results").rglob(".*.part"))
    if left:
        found.append(f"{len(left)} unfinished files were left for ever: {left[:4]}")
    return found


def differing_rows(alone: list[dict[str, object]], killed: list[dict[str, object]]) -> list[str]:
    steps, wanted = [step_of(row) for row in killed], [step_of(row) for row in alone]
    found = []
    twice = sorted({step for step in steps if steps.count(step) > 1})
    if twice:
        found.append(f"{len(twice)} steps are there more than once: {twice[:8]}")
    missing, extra = sorted(set(wanted) - set(steps)), sorted(set(steps) - set(wanted))
    if missing or extra:
        found.append(f"steps missing: {missing[:8]}, steps too many: {extra[:8]}")
    if steps != sorted(steps):
        found.append("the steps are out of order")
    values = {step_of(row): row for row in killed}  # of those that are there twice, the last
    other = [step for step in wanted if step in values and values[step] not in alone]
    if other:
        found.append(f"other values at {other[:8]}")
    return found


def kill_and_restart(
    profile: Profile,
    kills: list[Kill],
    wanted: int,
    chance: random.Random,
    times: tuple[float, float],
) -> None:
    """Kill until there were enough; then, or if it is too quick, the run comes to its end.

    ``kills`` are those so far, and takes up the new ones.
    """
    while len(kills) < wanted:
        kind = KINDS[len(kills) % len(KINDS)]
        kill = live(profile, kind, choose_moment(profile, kind, chance, *times))
        if kill is None:
            return
        kills.append(replace(kill, lost=max(0, kill.logged - kill.saved)))
        print(len(kills), kills[-1], file=sys.stderr)
    assert live(profile, "none", lambda _: None) is None  # nobody kills this one


def wrong_restarts(kills: list[Kill]) -> list[str]:
    """Where a life went on at another place than the last whole checkpoint of the one before."""
    return [
        f"after a kill with {before.saved} images saved the restart went on at {after.resumed_at}"
        for before, after in pairwise(kills)
        if after.resumed_at is not None and after.resumed_at != before.saved
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("kills.json"))
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    intervals = arguments.kills + 4  # a life gets about one of them further
    with TemporaryDirectory(prefix="kills-") as folder:
        alone = small_profile(Path(folder) / "alone", intervals)
        subprocess.run(cips(alone, "prepare", "faces"), cwd=ROOT, check=True)
        startup, seconds = train_to_the_end(alone)
        times = startup, (seconds - startup) / intervals
        kills: list[Kill] = []
        problems: list[str] = []
        runs, stuck = 0, False
        while len(kills) < arguments.kills and not stuck:
            runs += 1
            killed = small_profile(Path(folder) / f"killed-{runs}", intervals)
            shutil.copytree(alone.paths.images("faces").parent, killed.paths.images("faces").parent)
            before = len(kills)
            try:
                kill_and_restart(killed, kills, arguments.kills, chance, times)
                problems += differences(alone, killed)
            except NoRestartError as error:
                stuck = True
                problems.append(f"no restart after kill {len(kills)}: {error}")
            problems += wrong_restarts(kills[before:])
        problems += [
            f"kill {number}: {kill.lost} images were lost, more than {SAVED} between checkpoints"
            for number, kill in enumerate(kills, start=1)
            if kill.lost > SAVED
        ]
    write_json(
        arguments.out,
        {
            "kills": len(kills),
            "runs": runs,
            "problems": problems,
            "images": {"in_all": intervals * SAVED, "between_checkpoints": SAVED, "batch": BATCH},
            "lost_at_most": max(kill.lost for kill in kills),
            "seconds_alone": round(seconds, 1),
            "moments": [asdict(kill) for kill in kills],
            "environment": describe_environment(ROOT, torch.device("cpu")),
        },
    )
    print("\n".join(problems) or f"{len(kills)} kills, and no difference")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
