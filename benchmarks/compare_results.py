"""Whether two results folders hold the same numbers, to the last digit.

``python benchmarks/compare_results.py OLD/results/demo NEW/results/demo`` compares metrics.json,
numbers.json, checks.json and table as lists of numbers, so that a renamed key or a moved
file changes nothing. It prints what differs, and exits with 1 if anything does.
"""

import argparse
import re
import sys
from pathlib import Path

NUMBER = re.compile(r"(?<![\w.])[-−+]?\d[\d,]*\.?\d*(?:e[-+]?\d+)?")
PATTERNS = ("**/metrics.json", "**/numbers.json", "**/checks.json", "**/*.csv")
SPELLINGS = {"artefacts": "artifacts"}  # one word, two spellings over time


def name_of(path: Path, root: Path) -> str:
    """Return what a file is called in every layout: its last folder and its name."""
    parts = path.relative_to(root).parts
    if path.suffix == ".csv":
        name = f"tables/{path.name}"
    else:
        name = "/".join(part for part in parts if part != "runs")
    for old, new in SPELLINGS.items():
        name = name.replace(old, new)
    return name


def numbers_in(path: Path) -> list[str]:
    return sorted(NUMBER.findall(path.read_text()))


def found(root: Path) -> dict[str, list[str]]:
    files = {file for pattern in PATTERNS for file in root.glob(pattern)}
    return {name_of(file, root): numbers_in(file) for file in sorted(files)}


def difference(old: list[str], new: list[str]) -> str:
    """Return in words how two sorted lists of numbers differ, or "" if they do not."""
    gone = [number for number in old if number not in new]
    come = [number for number in new if number not in old]
    if not gone and not come and len(old) == len(new):
        return ""
    return f"{len(old)} numbers, now {len(new)}; gone {gone[:6]}, come {come[:6]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    arguments = parser.parse_args()
    old, new = found(arguments.old), found(arguments.new)
    same, failed = 0, 0
    for name in sorted(old.keys() | new.keys()):
        if name not in old or name not in new:
            print(f"{name}: only in {'the new' if name in new else 'the old'}")
        else:
            said = difference(old[name], new[name])
            if said:
                print(f"{name}: {said}")
                failed += 1
            else:
                same += 1
    print(f"{same} files hold the same numbers, {failed} do not")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
