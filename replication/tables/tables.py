"""How a notebook shows and saves its tables."""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pandas as pd
from IPython.display import Markdown

from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import (
    DifferentProtocolsError,
    Measurement,
    Measurements,
    Protocol,
    ProtocolValue,
    difference,
)
from cipslib.utils.files import atomic_write
from replication.tables.format_number import format_number, non_breaking, use_minus_sign

SHA256 = re.compile(r"\b[0-9a-f]{64}\b")
LONGEST_LABEL = 40  # characters, of numbers in tables of protocols
LONGEST_REPEATED = 20  # characters that each row of a table may repeat
# What the paper says, the number's name, "above" or "below" as the paper has it, the number here,
# and what it is compared with. None: there is no such run.
Comparison = tuple[str, str, str, Measurement | None, Measurement | None]
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")  # of notes' marks


def with_interval(number: Measurement | None, percent: bool = False) -> str:
    """A number and its interval; a dash where there were too few images.

    Of several trainings: mean ± standard deviation, how many, and the interval of the mean.
    """
    if number is None:
        return "–"
    return _text(number.estimate, percent, number.deviation, len(number.per_seed))


def _text(
    estimate: Estimate,
    percent: bool,
    deviation: float | None = None,
    trainings: int = 1,
    decimals: int = 1,  # of a percentage
) -> str:
    numbers = [estimate.value, estimate.low, estimate.high]
    numbers += [] if deviation is None else [deviation]
    shown = (
        [f"{number:z.{decimals}%}" for number in numbers] if percent else format_number(*numbers)
    )
    spread = "" if deviation is None else f" ± {shown[3]} ({trainings} trainings)"
    return f"{shown[0]}{spread} [{shown[1]}, {shown[2]}]"


def by_kind(
    kinds: Mapping[str, str] | None,
    first: str,
    columns: Mapping[str, Mapping[str, Measurement | None]],
    percent: bool = False,
) -> list[dict[str, str]]:
    """Return a row for each kind, with a number of each measure; ``kinds``: their names, or all.

    ``columns``: title -> a measure's numbers by kind.
    """
    known = dict.fromkeys(kind for numbers in columns.values() for kind in numbers)
    return [
        {first: kinds[kind] if kinds else kind}
        | {title: with_interval(of.get(kind), percent) for title, of in columns.items()}
        for kind in kinds or known
    ]


def comparisons(rows: Sequence[Comparison], percent: bool = False) -> pd.DataFrame:
    """Return numbers beside those that would contradict the paper; dashes of what was not run."""
    table = []
    for said, measure, side, here, other in rows:
        row = {"The paper": said, "Number": measure}
        if here is None or other is None:
            row["Number"] += ": not run"
        else:
            row["Here"] = with_interval(here, percent)
            row["Compared with"] = _reference(other, percent)
            row["The paper expects"] = f"{side} it"
            row["Intervals"] = _beside(here.estimate, other.estimate)
        table.append(row)
    return pd.DataFrame(table)


def tally(table: pd.DataFrame) -> str:
    """Say how many of ``comparisons``' rows are as the paper has them."""
    if "Intervals" not in table:
        return "Nothing was compared."
    decided = table[table["Intervals"].isin(["above it", "below it", "not apart"])]
    expected = decided["The paper expects"].str.replace("apart from it", "apart")
    same = (decided["Intervals"] == expected).sum()
    open_ = ((decided["Intervals"] == "not apart") & (expected != "not apart")).sum()
    return (
        f"Of {len(decided)} comparisons {same} are as the paper has them, "
        f"{len(decided) - same - open_} the other way round, and {open_} are not decided."
    )


def _reference(other: Measurement, percent: bool) -> str:
    constant = other.estimate.low == other.estimate.high
    return f"{other.estimate.value:g}" if constant else with_interval(other, percent)


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
        self._first: dict[str, Measurement] = {}
        self._marks: dict[str, str] = {}  # note -> mark

    def mark(self, number: Measurement | None, group: str) -> str:
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
        if number.per_seed:
            notes.append(_of_trainings(number.protocol))
        if number.protocol.caution is not None:
            notes.append(f"{number.protocol.caution}.")
        return "".join(self.note(note) for note in notes)

    def note(self, text: str) -> str:
        """The mark of a note, which is new or there already."""
        return self._marks.setdefault(text, f"⁽{str(len(self._marks) + 1).translate(RAISED)}⁾")

    def show(self, number: Measurement | None, group: str, percent: bool = False) -> str:
        """The number, its interval and its marks."""
        return with_interval(number, percent) + self.mark(number, group)

    def less(
        self, first: Measurement | None, second: Measurement | None, percent: bool = False
    ) -> str:
        """``first`` less ``second`` with its interval; a dash where they do not compare.

        A percentage has a decimal more than the two, whose rounding it would otherwise deny.
        """
        if first is None or second is None:
            return "–"
        try:
            return _text(difference(first, second), percent, decimals=2)
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
        f"Mean ± standard deviation over {entries['num_seeds']} trainings, seeds "
        f"{entries['seeds']}, and the mean's 95 % interval over them. A number without ± is "
        f"of one training at most, its interval over images.{stopped}"
    )


def _short(entry: ProtocolValue) -> str:
    text = str(entry)
    return text if len(text) <= 80 else f"{text[:79]}…"


def save_table(
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
    return Markdown("\n\n".join([table_markdown(table), *lines]))


def table_markdown(table: pd.DataFrame) -> str:
    """Markdown; a long text that is the same in every row of a column is said once, above."""
    above = {column: str(table[column].iloc[0]) for column in table if _said_once(table[column])}
    cells = table.drop(columns=[*above])
    cells = cells.map(lambda cell: _cell(cell) if isinstance(cell, str) else cell)
    once = [f"*{column}*, in every row: {_cell(text)}." for column, text in above.items()]
    return "\n\n".join([*once, cells.to_markdown(index=False, disable_numparse=True)])


def _said_once(column: pd.Series) -> bool:
    same = len(column) > 2 and column.nunique(dropna=False) == 1
    return same and len(str(column.iloc[0])) > LONGEST_REPEATED


def _cell(text: str) -> str:
    """As it is shown: of a SHA-256 the beginning, the whole of it where the mouse rests."""
    barred = text.replace("|", "\\|")  # a bar, as in |x|, would end the cell
    return non_breaking(use_minus_sign(SHA256.sub(lambda found: _abbreviated(found[0]), barred)))


def _abbreviated(sha256: str) -> str:
    return f'<abbr title="{sha256}">{sha256[:12]}…</abbr>'


def protocol_table(numbers: Mapping[str, Measurements]) -> pd.DataFrame:
    """Every entry of the protocols of all numbers, by run: what it says, and of which numbers."""
    protocols = _protocols(numbers)  # (run, the number's label) -> entries
    labels = dict.fromkeys(label for _, label in protocols)
    rows = [("numbers", "; ".join(labels), "all")]
    known = dict.fromkeys(name for entries in protocols.values() for name in entries)
    for entry in sorted(known, key=lambda name: name not in ("name", "measure")):
        having = {key: entries[entry] for key, entries in protocols.items() if entry in entries}
        for value in dict.fromkeys(having.values()):
            chosen = [key for key in having if having[key] == value]
            said = entry.replace("_", " "), _said(value), _which(chosen, list(protocols))
            rows.append(said)
    return pd.DataFrame(rows, columns=["What", "How", "Of"])


def _in_words(measure: str) -> str:
    return measure.replace("_", " ").replace("frechet", "Fréchet distance")


def _said(value: ProtocolValue) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)


def _protocols(
    numbers: Mapping[str, Measurements],
) -> dict[tuple[str, str], dict[str, ProtocolValue]]:
    """The entries by run and label of a number, which is its name, unless that is too long.

    A `measure` that says no more than the name is left out.
    """
    known: dict[tuple[str, str], dict[str, ProtocolValue]] = {}
    for run, measures in numbers.items():
        for measure, kinds in measures.items():
            there = {kind: number.protocol for kind, number in kinds.items() if number is not None}
            found = {protocol.hash: protocol for protocol in there.values()}
            for protocol in found.values():
                of = [kind.replace("_", " ") for kind in there if there[kind].hash == protocol.hash]
                short = len(protocol.name) <= LONGEST_LABEL
                label = protocol.name if short else _in_words(measure)
                label += f" ({', '.join(of)})" if len(found) > 1 else ""
                if (run, label) in known:  # two measures of one name
                    label += f" ({_in_words(measure)})"
                named = {} if short else {"name": protocol.name}
                entries = {**named, **protocol.entries}
                if entries.get("measure") == protocol.name:
                    del entries["measure"]
                known[run, label] = entries
    return known


def _which(chosen: Sequence[tuple[str, str]], known: Sequence[tuple[str, str]]) -> str:
    """Which numbers: of whatever run, or else those of some runs; "all but" a few."""
    labels = [*dict.fromkeys(label for _, label in known)]
    whole = [one for one in labels if all(key in chosen for key in known if key[1] == one)]
    if {key for key in known if key[1] in whole} == {*chosen}:
        return _listed(whole, labels)
    by_text: dict[str, list[str]] = {}  # what is said -> of these runs
    for run in dict.fromkeys(run for run, _ in chosen):
        mine = [label for r, label in chosen if r == run]
        text = _listed(mine, [label for r, label in known if r == run])
        by_text.setdefault(text, []).append(run)
    return "; ".join(f"{text} of {', '.join(runs)}" for text, runs in by_text.items())


def _listed(chosen: Sequence[str], known: Sequence[str]) -> str:
    """The names; or "all", or "all but" a few."""
    missing = [label for label in known if label not in chosen]
    if len(missing) < len(chosen):
        return "all but " + "; ".join(missing) if missing else "all"
    return "; ".join(chosen)
