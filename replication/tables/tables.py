"""How notebooks and report show tables, and how a notebook saves them."""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from IPython.display import Markdown
from tabulate import tabulate  # type: ignore[import-untyped]

from cipslib.metrics.measurement import (
    DifferentProtocolsError,
    Measurement,
    Measurements,
    Protocol,
    ProtocolValue,
    difference,
)
from cipslib.utils.files import atomic_write
from replication.tables.format_number import format_number, typeset

SHA256 = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")
LONGEST_REPEATED = 20  # characters that each row of a table may repeat
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")  # of notes' marks


def with_interval(number: Measurement | None, percent: bool = False) -> str:
    """A number and its interval; a dash where there were too few images.

    Of several trainings: mean ± standard deviation, how many, and the interval of the mean. A
    number that has no interval stands alone.
    """
    if number is None:
        return "–"
    estimate = number.estimate
    numbers = [estimate.value, estimate.low, estimate.high]
    numbers += [] if number.deviation is None else [number.deviation]
    shown = [f"{each:z.1%}" for each in numbers] if percent else format_number(*numbers)
    if estimate.low == estimate.high:
        return shown[0]
    trainings = len(number.per_seed)
    spread = "" if number.deviation is None else f" ± {shown[3]} ({trainings} trainings)"
    return f"{shown[0]}{spread} [{shown[1]}, {shown[2]}]"


def by_kind(
    kinds: Mapping[str, str],
    first: str,
    columns: Mapping[str, Mapping[str, Measurement | None]],
    percent: bool = False,
) -> list[dict[str, str]]:
    """Return a row for each kind, with a number of each measure; ``kinds``: their names.

    ``columns``: title -> a measure's numbers by kind.
    """
    return [
        {first: name}
        | {title: with_interval(of.get(kind), percent) for title, of in columns.items()}
        for kind, name in kinds.items()
    ]


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
    cells = table.drop(columns=[*above]).astype(str).map(_cell)
    once = [f"*{column}*, in every row: {typeset(_cell(text))}." for column, text in above.items()]
    return "\n\n".join([*once, markdown_table([*cells.columns], cells.to_numpy().tolist())])


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table in Markdown; each row has as many cells as the header."""
    cells = [[typeset(str(cell)) for cell in row] for row in rows]
    return tabulate(cells, headers=header, tablefmt="pipe", disable_numparse=True)


def escape_markdown(text: str) -> str:
    """Escape what Markdown takes for its own, for a cell of a table."""
    for character in "\\|*_[]<>":
        text = text.replace(character, f"\\{character}")
    return text


def _said_once(column: pd.Series) -> bool:
    same = len(column) > 2 and column.nunique(dropna=False) == 1
    return same and len(str(column.iloc[0])) > LONGEST_REPEATED


def _cell(text: str) -> str:
    """As it is shown: of a SHA-256 the beginning, the whole of it where the mouse rests."""
    # A bar, as in |x|, would end the cell; < would begin what a name has of HTML.
    escaped = text.replace("|", "\\|").replace("<", "\\<")
    return SHA256.sub(r'<abbr title="\g<0>">\1…</abbr>', escaped)


def protocol_table(numbers: Mapping[str, Measurements]) -> pd.DataFrame:
    """Return how the numbers of runs were taken: the entries that all of them share, then the
    others of each kind of number; kinds that were taken alike stand in one row.
    """
    frame = pd.DataFrame(
        {"Run": run, "Measure": measure, "Kind": kind, "name": number.protocol.name}
        | {name: str(value) for name, value in number.protocol.entries.items()}
        for run, measures in numbers.items()
        for measure, kinds in measures.items()
        for kind, number in kinds.items()
        if number is not None
    )
    if frame.empty:
        return pd.DataFrame(columns=["Numbers", "Protocol"])
    names = frame.columns.drop(["Run", "Measure", "Kind"])
    one_a_run = frame.groupby("Run")[list(names)].nunique().eq(1).all()
    shared = one_a_run & frame[names].notna().all()
    by_measure = frame.groupby(["Measure", "Kind"], sort=False)[["Run", *names]]
    texts = by_measure.apply(_entries_text, names[~shared])
    rows = [("all", _entries_text(frame, names[shared]))]
    for text, alike in texts.groupby(texts, sort=False):
        kinds_of = alike.index.to_frame(index=False).groupby("Measure", sort=False)["Kind"]
        labels = [f"{measure} ({', '.join(kinds)})" for measure, kinds in kinds_of]
        rows.append(("; ".join(labels).replace("_", " "), str(text) or "nothing else"))
    return pd.DataFrame(rows, columns=["Numbers", "Protocol"])


def _entries_text(protocols: pd.DataFrame, names: pd.Index) -> str:
    """Return entries as in "seed: 1; noise: none (run, run), stored (run)"."""
    texts = []
    for name in names:
        runs = protocols.dropna(subset=name).groupby(name, sort=False)["Run"].unique()
        values = [f"{value} ({', '.join(of)})" for value, of in runs.items()]
        if values:
            said = ", ".join(values if len(values) > 1 else runs.index)
            texts.append(f"{name.replace('_', ' ')}: {said}")
    return "; ".join(texts)
