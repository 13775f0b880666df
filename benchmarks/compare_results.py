"""Whether two results folders hold the same numbers, to the last digit.

``python benchmarks/compare_results.py OLD/results/demo NEW/results/demo`` compares metrics.json,
numbers.json, checks.json and tables as lists of numbers, so that a renamed key or a moved file
changes nothing. Intervals are compared apart from values, and the largest relative difference is
printed. It exits with 1 if anything differs.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NUMBER = re.compile(r"(?<![\w.])[-−+]?\d[\d,]*\.?\d*(?:e[-+]?\d+)?(?![\w])")
PATTERNS = ("**/metrics.json", "**/numbers.json", "**/checks.json", "**/*.csv")
LEFT_OUT = ("tables/protocol", "-protocol.csv")  # tables of words
SPELLINGS = {"artefacts": "artifacts"}  # one word, two spellings over time


def name_of(path: Path, root: Path) -> str:
    """Return what a file is called in every layout: its last folders and its name."""
    parts = path.relative_to(root).parts
    name = f"tables/{path.name}" if path.suffix == ".csv" else "/".join(parts)
    name = name.removeprefix("runs/")
    for old, new in SPELLINGS.items():
        name = name.replace(old, new)
    return name


def numbers_of(content: Any, key: str = "value") -> Iterator[tuple[str, float]]:
    """Yield each number of a JSON value with what it is: "interval" or "value"."""
    if isinstance(content, dict):
        for name, value in content.items():
            if name == "seconds":
                continue
            yield from numbers_of(value, "interval" if name == "interval" else key)
    elif isinstance(content, list):
        for value in content:
            yield from numbers_of(value, key)
    elif isinstance(content, (int, float)) and not isinstance(content, bool):
        yield key, float(content)


def numbers_in(path: Path) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"value": [], "interval": []}
    if path.suffix == ".json":
        for kind, number in numbers_of(json.loads(path.read_text())):
            found[kind].append(number)
    else:
        texts = (
            text.replace(",", "").replace("−", "-") for text in NUMBER.findall(path.read_text())
        )
        found["value"] = [float(text) for text in texts]
    return {kind: sorted(numbers) for kind, numbers in found.items()}


def found(root: Path) -> dict[str, dict[str, list[float]]]:
    files = {file for pattern in PATTERNS for file in root.glob(pattern)}
    named = {name_of(file, root): file for file in sorted(files)}
    kept = {name: file for name, file in named.items() if not any(x in name for x in LEFT_OUT)}
    return {name: numbers_in(file) for name, file in kept.items()}


def difference(old: list[float], new: list[float]) -> str:
    """Return in words how two sorted lists of numbers differ, or "" if they do not."""
    if old == new:
        return ""
    if len(old) != len(new):
        return f"{len(old)} numbers, now {len(new)}"
    relative = (abs(a - b) / max(abs(a), abs(b), 1e-300) for a, b in zip(old, new, strict=True))
    return f"up to {max(relative):.1e} relative"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    arguments = parser.parse_args()
    old, new = found(arguments.old), found(arguments.new)
    failed = 0
    for name in sorted(old.keys() | new.keys()):
        if name not in old or name not in new:
            print(f"{name}: only in {'the new' if name in new else 'the old'}")
            continue
        said = {kind: difference(old[name][kind], new[name][kind]) for kind in old[name]}
        if any(said.values()):
            print(name, "; ".join(f"{kind}: {text}" for kind, text in said.items() if text))
            failed += 1
    print(f"{len(old.keys() & new.keys()) - failed} files hold the same numbers, {failed} do not")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
