"""Tables: the paper's numbers, and how a notebook shows and saves its own."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from IPython.display import Markdown

from cipslib.metrics.protocol import (
    DifferentProtocolsError,
    Entry,
    Number,
    Numbers,
    Protocol,
    difference,
)
from cipslib.metrics.uncertainty import Estimate
from cipslib.paths import atomic_write

RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")  # of notes' marks


def paper_numbers(path: Path) -> dict[str, Any]:
    """results/paper.yaml: every number that the paper prints, by table."""
    numbers: dict[str, Any] = yaml.safe_load(path.read_text())
    return numbers


def with_interval(number: Number | None, percent: bool = False) -> str:
    """A number and its interval; a dash where there were too few pictures.

    Of several trainings: mean ± standard deviation, how many, and the interval of the mean.
    """
    if number is None:
        return "–"
    return _text(number.estimate, percent, number.deviation, len(number.trainings))


def _text(
    estimate: Estimate, percent: bool, deviation: float | None = None, trainings: int = 1
) -> str:
    def shown(value: float) -> str:
        return f"{value:.1%}" if percent else f"{value:.3g}"

    spread = "" if deviation is None else f" ± {shown(deviation)} ({trainings} trainings)"
    return f"{shown(estimate.value)}{spread} [{shown(estimate.low)}, {shown(estimate.high)}]"


def comparisons(
    rows: Sequence[tuple[str, str, str, Number, Number]], percent: bool = False
) -> pd.DataFrame:
    """Numbers beside those that would contradict the paper.

    Each row: what the paper says, the number's name, "above" or "below" as the paper has it, the
    number here, and what it is compared with.
    """
    return pd.DataFrame(
        {
            "The paper": said,
            "Number": measure,
            "Here": with_interval(here, percent),
            "Compared with": with_interval(other, percent),
            "If so": f"{side} it",
            "Intervals": _beside(here.estimate, other.estimate),
        }
        for said, measure, side, here, other in rows
    )


def _beside(first: Estimate, second: Estimate) -> str:
    if first.low > second.high:
        return "above it"
    return "below it" if first.high < second.low else "not apart"


class Footnotes:
    """Marks numbers that do not compare with those beside them, or that need a caution.

    Numbers of one ``group`` (a measure) stand side by side. Those whose protocol differs from the
    first one's, in more than the entries of ``despite``, which the table itself shows, get a mark;
    the note says in what.
    """

    def __init__(self, despite: Collection[str] = ()) -> None:
        self._despite = despite
        self._first: dict[str, Number] = {}
        self._marks: dict[str, str] = {}  # note -> mark

    def mark(self, number: Number | None, group: str) -> str:
        """The number's marks, in a row; none where nothing is to be said."""
        if number is None:
            return ""
        notes = []
        try:
            difference(number, self._first.setdefault(group, number), self._despite)
        except DifferentProtocolsError as error:
            entries = (
                f"{name.replace('_', ' ')} {_short(mine)}, not {_short(others)}"
                for name, (mine, others) in error.entries.items()
            )
            notes.append(f"Not to be compared with the first of its measure: {'; '.join(entries)}.")
        if number.trainings:
            notes.append(_of_trainings(number.protocol))
        if number.protocol.caution is not None:
            notes.append(f"{number.protocol.caution}.")
        return "".join(self.note(note) for note in notes)

    def note(self, text: str) -> str:
        """The mark of a note, which is new or there already."""
        return self._marks.setdefault(text, f"⁽{str(len(self._marks) + 1).translate(RAISED)}⁾")

    def show(self, number: Number | None, group: str, percent: bool = False) -> str:
        """The number, its interval and its marks."""
        return with_interval(number, percent) + self.mark(number, group)

    def less(self, first: Number | None, second: Number | None, percent: bool = False) -> str:
        """``first`` less ``second`` with its interval; a dash where they do not compare."""
        if first is None or second is None:
            return "–"
        try:
            return _text(difference(first, second), percent)
        except DifferentProtocolsError:
            return "–"

    @property
    def lines(self) -> list[str]:
        """The notes, each behind its mark."""
        return [f"{mark} {note}" for note, mark in self._marks.items()]

    def of(self, text: str) -> str:
        """The notes whose marks are in a text."""
        return " ".join(f"{mark} {note}" for note, mark in self._marks.items() if mark in text)


def _of_trainings(protocol: Protocol) -> str:
    entries = protocol.entries
    stopped = f" Ended before its end: {entries['stopped']}." if "stopped" in entries else ""
    return (
        f"Mean ± standard deviation over {entries['trainings']} trainings, seeds "
        f"{entries['seeds']}, and the mean's 95 % interval over them. A number without ± is "
        f"of one training at most, its interval over pictures.{stopped}"
    )


def _short(entry: Entry) -> str:
    text = str(entry)
    return text if len(text) <= 80 else f"{text[:79]}…"


def finish_table(
    table: pd.DataFrame, folder: Path, name: str, footnotes: Footnotes | None = None
) -> Markdown:
    """Save as CSV, and return the table for the notebook to show; both have the notes."""
    lines = footnotes.lines if footnotes else []
    saved = table
    if footnotes and lines:
        rows = ["".join(map(str, row)) for row in table.itertuples(index=False)]
        saved = table.assign(Notes=[footnotes.of(row) for row in rows])
    with atomic_write(folder / f"{name}.csv") as temporary:
        saved.to_csv(temporary, index=False)
    # A bar, as in |x|, would end the cell.
    barred = table.map(lambda cell: cell.replace("|", "\\|") if isinstance(cell, str) else cell)
    shown = barred.to_markdown(index=False, disable_numparse=True)
    return Markdown("\n\n".join([shown, *lines]))


def protocol_table(numbers: Mapping[str, Numbers]) -> pd.DataFrame:
    """Every entry of the protocols of all numbers, by run: what it says, and of which numbers."""
    protocols = {}  # (run, what is measured) -> protocol
    for run, measures in numbers.items():
        for measure, kinds in measures.items():
            by_hash: dict[str, list[str]] = {}
            for kind, number in kinds.items():
                if number is not None:
                    by_hash.setdefault(number.protocol.hash, []).append(kind)
            for of in by_hash.values():
                label = measure if len(by_hash) == 1 else f"{measure} ({', '.join(of)})"
                first = kinds[of[0]]
                assert first is not None
                protocols[run, label] = {"name": first.protocol.name, **first.protocol.entries}
    rows = []
    for entry in dict.fromkeys(name for entries in protocols.values() for name in entries):
        having = {key: entries[entry] for key, entries in protocols.items() if entry in entries}
        for value in dict.fromkeys(having.values()):
            chosen = [key for key in having if having[key] == value]
            shown = _short(value) if "sha256" in entry else str(value)
            of_which = _which(chosen, list(protocols))
            rows.append({"What": entry.replace("_", " "), "How": shown, "Of": of_which})
    return pd.DataFrame(rows)


def _which(chosen: list[tuple[str, str]], known: list[tuple[str, str]]) -> str:
    """Of each run "all", "all but" a few, or the labels; said once if it is so in all runs."""
    said = {}
    for run in dict.fromkeys(run for run, _ in known):
        labels = [label for r, label in known if r == run]
        mine = [label for label in labels if (run, label) in chosen]
        missing = [label for label in labels if label not in mine]
        if not mine:
            continue
        if len(missing) < len(mine):
            said[run] = "all but " + ", ".join(missing) if missing else "all"
        else:
            said[run] = ", ".join(mine)
    if len({*said.values()}) == 1 and len(said) == len({run for run, _ in known}):
        return next(iter(said.values()))
    return "; ".join(f"{run}: {text}" for run, text in said.items())
