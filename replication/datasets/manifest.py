"""What became of every file: a table beside the array, and its summary for the user."""

import csv
import gzip
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from replication.datasets.sources.base import FileNames
from replication.datasets.worker import Record


@dataclass
class Summary:
    """Counts of images of each kind, with the first few names."""

    taken: int = 0
    distinct: int = 0
    skipped: FileNames = field(default_factory=FileNames)
    duplicates: FileNames = field(default_factory=FileNames)
    animated: FileNames = field(default_factory=FileNames)
    small: FileNames = field(default_factory=FileNames)  # enlarged, as they had too few pixels
    unexpected: FileNames = field(default_factory=FileNames)  # of another size than the card says

    def lines(self, side: int, expected_side: int | None) -> Iterator[str]:
        """Return a sentence for each kind that occurred."""
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
) -> Summary:
    """Write a compressed CSV: index in the array (none if skipped), name, SHA-256, problem."""
    summary = Summary()
    first: dict[str, str] = {}  # the name of the first image with these pixels
    with (
        open(path, "wb") as file,
        # No name and no time inside: the same images give the same bytes.
        gzip.GzipFile("", "wb", 9, file, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
    ):
        table = csv.writer(text, lineterminator="\n")
        table.writerow(("index", "name", "sha256", "problem"))
        for record in records:
            index = "" if record.problem else summary.taken
            table.writerow((index, record.name, record.source_sha256, record.problem))
            _count(summary, record, first, side, expected_side)
    summary.distinct = len(first)
    return summary


def _count(
    summary: Summary, record: Record, first: dict[str, str], side: int, expected_side: int | None
) -> None:
    if record.problem:
        summary.skipped.add(f"{record.name} {record.problem}")
        return
    summary.taken += 1
    if record.image_sha256 in first:
        summary.duplicates.add(f"{record.name} = {first[record.image_sha256]}")
    first.setdefault(record.image_sha256, record.name)
    if record.animated:
        summary.animated.add(record.name)
    if 0 < record.side < side:
        summary.small.add(f"{record.name} ({record.side} px)")
    if expected_side and record.side and record.side != expected_side:
        summary.unexpected.add(f"{record.name} ({record.side} px)")
