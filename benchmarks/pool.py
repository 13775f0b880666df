"""Adds to a profile's results the trainings that another copy of them has.

A study of many seeds may be trained in several sittings, or on several machines: each has some of
the seeds, and this joins their numbers.

    python benchmarks/pool.py --params profiles/study/params.yaml published/study

The profile's training.seeds name all trainings, in this order. Those that this copy has not come
from the other one, with the numbers that were measured there; figures stay this copy's. Then
`cips claims`, `cips notebook` and `cips report` see them all.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cipslib.metrics.measurement import Measurements, measurements_from_json
from cipslib.utils.files import read_json, write_json
from replication.measurements.common.run import seeds_to_json, untrained_to_json
from replication.profile.profile import Profile, load_profile
from replication.profile.results import NUMBERS
from replication.training.publish import SHARED

Content = Mapping[str, Any]


def summaries_by_seed(summary: Content) -> dict[int, Content]:
    """Return what a run's summary says of each of its trainings."""
    first = {key: summary[key] for key in (*SHARED, "environment")}
    each = (first, *summary.get("other_seeds", ()))
    return {one["seed"]: {"environment": summary["environment"], **one} for one in each}


def numbers_by_seed(content: Content, first: int) -> dict[int, Measurements]:
    """Return the numbers of each training; a file of a single one is that of seed ``first``."""
    each = content.get("per_seed") or {first: content}
    return {int(seed): measurements_from_json(numbers) for seed, numbers in each.items()}


def join(content: Content, old: Content, firsts: tuple[int, int]) -> dict[int, Measurements]:
    """Return the numbers of each training of two copies; what both have is the first one's."""
    return {**numbers_by_seed(old, firsts[1]), **numbers_by_seed(content, firsts[0])}


def pool_run(profile: Profile, name: str, other: Path) -> tuple[int, int]:
    """Join a run's numbers; return how many trainings there are, and how many are the other's.

    Raises ValueError if trainings are missing, or were measured in different ways.
    """
    seeds = profile.run(name).seeds
    here, there = profile.paths.run(name), other / "runs" / name
    summary = read_json(profile.paths.summary(name))
    theirs = summaries_by_seed(read_json(there / "training" / "summary.json"))
    ours = summaries_by_seed(summary)
    missing = {*seeds} - {*theirs, *ours}
    if missing:
        raise ValueError(f"{name}: neither copy has seeds {', '.join(map(str, sorted(missing)))}")
    trainings = {seed: {**theirs, **ours}[seed] for seed in seeds}
    if summary["seed"] != seeds[0]:
        raise ValueError(f"{name}: figures show seed {summary['seed']}, the profile has {seeds[0]}")
    reasons = {seed: one["stopped"] for seed, one in trainings.items()}
    for path in (profile.paths.metrics(name), *here.glob(f"*/{NUMBERS}")):
        content, old = read_json(path), read_json(there / path.relative_to(here))
        firsts = summary["seed"], next(iter(theirs))
        found = join(content, old, firsts)
        stopped = reasons if path == profile.paths.metrics(name) else None
        joined = seeds_to_json({seed: found[seed] for seed in seeds}, stopped)
        if "untrained" in content:
            if "untrained" not in old:
                raise ValueError(f"{name}: {other} has no untrained networks' numbers")
            nulls = join(content["untrained"], old["untrained"], firsts)
            joined["untrained"] = untrained_to_json({s: nulls[s] for s in seeds if s in nulls})
        write_json(path, {**content, **joined})
    write_json(profile.paths.summary(name), {**summary, "other_seeds": [*trainings.values()][1:]})
    return len(seeds), len({*seeds} - {*ours})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--params", type=Path, required=True)
    parser.add_argument(
        "other", type=Path, help="a folder like results/PROFILE, such as published/study"
    )
    arguments = parser.parse_args()
    profile = load_profile(arguments.params)
    for name in profile.runs:
        count, theirs = pool_run(profile, name, arguments.other)
        print(f"{name}: {count} trainings, {theirs} of them from {arguments.other}")


if __name__ == "__main__":
    main()
