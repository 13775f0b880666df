"""Tables 1 to 5 of the paper on the report's front page: its numbers beside those taken here."""

from collections.abc import Mapping, Sequence
from typing import Any

from cipslib.metrics.measurement import Measurements, measurements_from_json
from cipslib.utils.files import read_json
from cipslib.utils.yaml_file import read_yaml
from replication.claims.comparisons import DATASETS, matched_budget_note, matched_budget_run
from replication.claims.rules import ALLOWED_DIFFERENCES
from replication.claims.undertrained import UNDERTRAINED, undertrained
from replication.profile.groups import COLUMNS
from replication.profile.profile import Profile
from replication.tables.markdown import markdown_table
from replication.tables.tables import Footnotes

# Entries of protocols that the tables show by their rows and columns: data set and model.
SHOWN = {"real_sha256", *ALLOWED_DIFFERENCES}
Table = tuple[Sequence[str], list[Sequence[str]]]  # header, rows


def paper_tables(profile: Profile, claims: Sequence[Mapping[str, Any]]) -> str:
    """Return a Markdown section for each table, with the pages that show more of it.

    ``claims``: of claims.json. Raises UserError if the numbers of a run of the profile are missing.
    """
    paper = read_yaml(profile.paths.paper)
    numbers = {
        run: measurements_from_json(read_json(profile.paths.metrics(run))) for run in profile.runs
    }
    parts = []
    for number, make in enumerate((_table_1, _table_2, _table_3, _table_4, _table_5), start=1):
        cells = _Cells(profile, numbers)  # each table has its own footnotes
        header, rows = make(paper[f"table-{number}"]["rows"], cells)
        item = f"Tab. {number}"
        pages = sorted({claim["notebook"] for claim in claims if item in claim["items"]})
        parts.append(f"### {item}: {paper[f'table-{number}']['title']}")
        if cells.names:
            parts.append(f"*Here*: {'; '.join(sorted(cells.names))}.")
        parts += [markdown_table(header, rows), *cells.footnotes.lines]
        if pages:
            parts.append(f"More of it: {', '.join(f'[]({page})' for page in pages)}.")
    return "\n\n".join(parts)


class _Cells:
    """The cells of one table, and the footnotes that they need."""

    def __init__(self, profile: Profile, numbers: Mapping[str, Measurements]) -> None:
        self.profile = profile
        self.footnotes = Footnotes(SHOWN)
        self.names: set[str] = set()  # of the numbers in the table
        self._numbers = numbers
        self._lengths = {name: run.length for name, run in profile.runs.items()}

    def compared(self, runs: Sequence[str], measure: str = "frechet") -> list[str]:
        """Return a measure of runs that stand side by side; unequal lengths are noted."""
        known = [run for run in runs if run in self._lengths]
        unequal = len({self._lengths[run] for run in known}) > 1
        cells = []
        for run in runs:
            cell = self._cell(run, measure)
            if unequal and run in known:
                cell += self.footnotes.note(
                    f"Trained on {self.profile.runs[run].length_text} images; not comparable with "
                    "the other runs in this row."
                )
            cells.append(cell)
        return cells

    def _cell(self, run: str, measure: str) -> str:
        if run not in self._numbers:
            why = self.profile.left_out.get(run, "this profile does not have it")
            return "not run" + self.footnotes.note(f"Not run: {why}.")
        number = self._numbers[run][measure]["generated"]
        if number is not None:
            self.names.add(number.protocol.name)
        cell = self.footnotes.show(number, measure)
        return cell + (
            self.footnotes.note(UNDERTRAINED) if undertrained(self._numbers[run]) else ""
        )

    def matched(self, run: str) -> str | None:
        """Return the run that stands in a row of its own in the place of a longer ``run``."""
        return matched_budget_run(run, self._lengths)

    def title(self, row: str, run: str) -> str:
        """Return the title of that row."""
        return f"{row}: `{self.matched(run)}`{self.footnotes.note(matched_budget_note(run))}"


def _table_1(paper: Mapping[str, Any], cells: _Cells) -> Table:
    rows: list[Sequence[str]] = []
    for dataset, printed in paper.items():
        baseline = f"{DATASETS[dataset][0]}-stylegan2"
        cips = f"{DATASETS[dataset][0]}-cips"
        here = cells.compared((baseline, cips))
        rows.append((dataset, str(printed["stylegan2"]), here[0], str(printed["cips"]), here[1]))
        if matched := cells.matched(cips):
            here = cells.compared((baseline, matched))
            rows.append((cells.title(dataset, cips), "–", here[0], "–", here[1]))
    return ("Data set", "StyleGAN2: paper", "here", "CIPS: paper", "here"), rows


def _table_2(paper: Mapping[str, Any], cells: _Cells) -> Table:
    runs = {"StyleGANv2": "faces-stylegan2", "CIPS": "faces-cips"}
    precision = cells.compared([*runs.values()], "precision")
    recall = cells.compared([*runs.values()], "recall")
    rows: list[Sequence[str]] = [
        (model, str(paper[model]["precision"]), p, str(paper[model]["recall"]), r)
        for model, p, r in zip(runs, precision, recall, strict=True)
    ]
    if matched := cells.matched("faces-cips"):
        pair = ("faces-stylegan2", matched)
        here = [cells.compared(pair, measure)[1] for measure in ("precision", "recall")]
        rows.append((cells.title("CIPS", "faces-cips"), "–", here[0], "–", here[1]))
    return ("Model", "Precision: paper", "here", "Recall: paper", "here"), rows


def _table_3(paper: Mapping[str, Any], cells: _Cells) -> Table:
    runs = {column.printed: column.run for column in COLUMNS}
    here = cells.compared([runs[name] for name in paper])
    rows = [(name, str(paper[name]), cell) for name, cell in zip(paper, here, strict=True)]
    return ("Variant", "Paper", "Here"), [*rows]


def _table_4(paper: Mapping[str, Any], cells: _Cells) -> Table:
    found = measurements_from_json(read_json(cells.profile.paths.checks))["parameters"]
    here = {name: number.estimate.value for name, number in found.items() if number is not None}
    rows = [(name, str(printed), f"{here[name]:.2f}") for name, printed in paper.items()]
    return ("Generator", "Paper", "Here, of the same size"), [*rows]


def _table_5(paper: Mapping[str, Any], cells: _Cells) -> Table:
    sizes = [*next(iter(paper.values()))]
    header = ["Data set"]
    for size in sizes:
        header += [f"{size} px: paper", "here"]
    rows: list[Sequence[str]] = []
    for dataset, printed in paper.items():
        stem = DATASETS[dataset][0]
        cips = f"{stem}-cips"
        patches = [f"{stem}-patch{size}" for size in sizes[1:]]
        stated = [str(printed[size]) for size in sizes]
        rows.append(_table_5_row(dataset, stated, [cips, *patches], cells))
        if matched := cells.matched(cips):
            dashes = ["–"] * len(sizes)
            rows.append(
                _table_5_row(cells.title(dataset, cips), dashes, [matched, *patches], cells)
            )
    return header, rows


def _table_5_row(
    title: str, printed: Sequence[str], runs: Sequence[str], cells: _Cells
) -> list[str]:
    row = [title]
    for stated, run, here in zip(printed, runs, cells.compared(runs), strict=True):
        row += [stated, here + _side(run, cells.profile)]
    return row


def _side(run: str, profile: Profile) -> str:
    """Return the side of the patches that a run is trained on, beside that of its images."""
    if run not in profile.runs:
        return ""
    patches = profile.runs[run].training.patches
    whole = profile.runs[run].generator.resolution
    return f" ({patches.size if patches else whole} of {whole} px)"
