"""Times of several ways to do one thing, alternating in one run, so that their ratios hold."""

import argparse
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import torch

from cipslib.utils.environment import choose_device, describe_environment
from cipslib.utils.files import read_json, write_json
from replication.paths import find_root

Ways = Mapping[str, Callable[[], Any]]
Row = dict[str, Any]
FOLDER = Path(__file__).parent
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
PRODUCTS, SHARE = "products alone", "of the products' speed"


def speed_parser(description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--repeats", type=int, default=5, help="of each way, alternating")
    parser.add_argument("--small", action="store_true", help="small sizes, to see that it runs")
    parser.add_argument("--out", type=Path, help="the JSON, by default beside this file")
    parser.add_argument("--append", action="store_true", help="one more run in the same JSON")
    return parser


def device_of(arguments: argparse.Namespace) -> torch.device:
    return choose_device(arguments.device)


def once(way: Callable[[], Any], device: torch.device) -> tuple[float, float]:
    """Seconds, and on a GPU the peak of its memory in GB (else NaN), after all work is done."""
    if device.type == "cuda":
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
    start = time.perf_counter()
    way()
    if device.type != "cuda":
        return time.perf_counter() - start, float("nan")
    torch.cuda.synchronize()
    return time.perf_counter() - start, torch.cuda.max_memory_allocated() / 1e9


def measure(
    what: str, ways: Ways, device: torch.device, repeats: int, flop: float | None = None
) -> list[Row]:
    """Median seconds of each way after one unmeasured turn; the first way is what others are
    compared with. ``flop``: multiplications and additions of one turn, the same for all ways. A way
    that a GPU has no memory for is left out, and said.
    """
    ways = {name: way for name, way in ways.items() if fits(what, name, way)}
    turns: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            turns[name].append(once(way, device))
    rows: list[Row] = []
    for name, measured in turns.items():
        seconds = statistics.median(second for second, _ in measured)
        row = {"what": what, "way": name, "seconds": seconds}
        row["of the first's speed"] = (rows[0]["seconds"] if rows else seconds) / seconds
        if flop is not None:
            row["GFLOP/s"] = flop / seconds / 1e9
        if device.type == "cuda":
            row["GB"] = max(memory for _, memory in measured)
        rows.append(row)
    return rows


def fits(what: str, name: str, way: Callable[[], Any]) -> bool:
    """Whether the unmeasured turn has memory enough."""
    try:
        way()
    except torch.OutOfMemoryError:
        print(f"{what}: {name}: out of memory")
        torch.cuda.empty_cache()
        return False
    return True


def products(device: torch.device, pixels: int, flop: float, width: int = 512) -> Ways:
    """The layers' plain products alone, of at most ``pixels`` rows, into memory that is there: as
    many as make ``flop``, which a network of as many is measured against.
    """
    pixels = min(pixels, round(flop / (2 * width * width)))
    turns = round(flop / (2 * pixels * width * width))

    def multiply(x: torch.Tensor, weight: torch.Tensor, out: torch.Tensor) -> None:
        for _ in range(turns):
            torch.mm(x, weight, out=out)

    def way(dtype: torch.dtype) -> Callable[[], None]:
        shapes = (pixels, width), (width, width), (pixels, width)
        return partial(multiply, *(torch.randn(s, device=device, dtype=dtype) for s in shapes))

    return {f"{PRODUCTS}, {name}": way(dtype) for name, dtype in PRECISIONS.items()}


def with_shares(rows: list[Row]) -> list[Row]:
    """Beside each row the products' seconds in its precision over its own."""
    seconds = {row["way"]: row["seconds"] for row in rows}
    for row in rows:
        precision = row["way"].split(", ")[1]
        row[SHARE] = seconds[f"{PRODUCTS}, {precision}"] / row["seconds"]
    return rows


def report(
    name: str, rows: Iterable[Row], device: torch.device, arguments: argparse.Namespace, **more: Any
) -> None:
    """Print the table; write it as a run of the JSON, with machine, versions, commit and date."""
    rows = list(rows)
    print_table(rows)
    content = {
        "rows": rows,
        **more,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "environment": describe_environment(find_root(FOLDER), device),
    }
    path = arguments.out or FOLDER / f"{name}.json"
    before = read_json(path)["runs"] if arguments.append and path.exists() else []
    write_json(path, {"runs": [*before, content]})


def print_table(rows: list[Row]) -> None:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = [columns] + [[shown(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    for line in cells:
        print("  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)))


def shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
