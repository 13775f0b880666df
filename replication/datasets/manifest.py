"""What became of every file: a table beside the array, and its summary for the user."""

import csv
import gzip
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cipslib.utils.files import atomic_write
from replication.datasets.sources.base import Names
from replication.datasets.worker import Record


@dataclass
class Outcome:
    """Counts, with the first few names."""

    taken: int = 0
    distinct: int = 0
    skipped: Names = field(default_factory=Names)
    duplicates: Names = field(default_factory=Names)
    animated: Names = field(default_factory=Names)
    small: Names = field(default_factory=Names)  # enlarged, as they had too few pixels
    unexpected: Names = field(default_factory=Names)  # of another size than the card says

    def lines(self, side: int, expected_side: int | None) -> Iterator[str]:
        """A sentence for each kind that occurred."""
        sentences = (
            (self.skipped, "could not be used and were skipped"),
            (self.duplicates, "have the same pixels as an earlier one (all are kept)"),
            (self.animated, "are animations, of which the first frame was taken"),
            (self.small, f"had a shorter side below {side} px and were enlarged"),
            (self.unexpected, f"had a shorter side other than the card's {expected_side} px"),
        )
        for names, what in sentences:
            if names.count:
                yield f"{names.count:,} {what}: {names}"


def write_manifest(
    path: Path, records: Iterable[Record], side: int, expected_side: int | None
) -> Outcome:
    """A compressed CSV: index in the array (none if skipped), name, SHA-256, problem."""
    outcome = Outcome()
    first: dict[bytes, str] = {}  # of each result
    with (
        atomic_write(path) as temporary,
        open(temporary, "wb") as file,
        # No name and no time inside: the same pictures give the same bytes.
        gzip.GzipFile("", "wb", 9, file, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
    ):
        table = csv.writer(text, lineterminator="\n")
        table.writerow(("index", "name", "sha256", "problem"))
        for record in records:
            index = "" if record.problem else outcome.taken
            table.writerow((index, record.name, record.source, record.problem))
            _count(outcome, record, first, side, expected_side)
    outcome.distinct = len(first)
    return outcome


def _count(
    outcome: Outcome,
    record: Record,
    first: dict[bytes, str],
    side: int,
    expected_side: int | None,
) -> None:
    if record.problem:
        outcome.skipped.add(f"{record.name} {record.problem}")
        return
    outcome.taken += 1
    result = bytes.fromhex(record.result)
    if result in first:
        outcome.duplicates.add(f"{record.name} = {first[result]}")
    first.setdefault(result, record.name)
    if record.animated:
        outcome.animated.add(record.name)
    if 0 < record.side < side:
        outcome.small.add(f"{record.name} ({record.side} px)")
    if expected_side and record.side and record.side != expected_side:
        outcome.unexpected.add(f"{record.name} ({record.side} px)")
