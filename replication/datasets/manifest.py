"""What became of every file: a table beside the array, and its summary for the user."""

import csv
import gzip
import io
from collections.abc import Iterable
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
    enlarged: FileNames = field(default_factory=FileNames)  # as they had too few pixels


def write_manifest(path: Path, records: Iterable[Record], side: int) -> Summary:
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
            if record.problem:
                summary.skipped.add(f"{record.name} {record.problem}")
                continue
            summary.taken += 1
            if record.image_sha256 in first:
                summary.duplicates.add(f"{record.name} = {first[record.image_sha256]}")
            first.setdefault(record.image_sha256, record.name)
            if 0 < record.side < side:
                summary.enlarged.add(f"{record.name} ({record.side} px)")
    summary.distinct = len(first)
    return summary
