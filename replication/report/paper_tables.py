"""Tables 1 to 5 of the paper on the report's front page: its numbers beside those taken here."""

from collections.abc import Mapping, Sequence
from typing import Any

from cipslib.metrics.measurement import Measurements, measurements_from_json
from cipslib.utils.files import read_json
from cipslib.utils.yaml_file import read_yaml
from replication.claims.rules import ALLOWED_DIFFERENCES
from replication.claims.undertrained import UNDERTRAINED, undertrained
from replication.profile.groups import COLUMNS
from replication.profile.profile import Profile
from replication.tables.tables import Footnotes, markdown_table

# Entries of protocols that the tables show by their rows and columns: data set and model.
SHOWN = {"real_sha256", *ALLOWED_DIFFERENCES}
STEMS = {  # data set of the paper -> how its runs' names begin
    "FFHQ": "faces",
    "LSUN Churches": "churches",
    "Landscapes": "landscapes",
    "Satellite-Buildings": "satellite-buildings",
    "Satellite-Landscapes": "satellite-landscapes",
}
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


def _table_1(paper: Mapping[str, Any], cells: _Cells) -> Table:
    rows = []
    for dataset, printed in paper.items():
        runs = [f"{STEMS[dataset]}-{model}" for model in ("stylegan2", "cips")]
        baseline, cips = cells.compared(runs)
        rows.append((dataset, str(printed["stylegan2"]), baseline, str(printed["cips"]), cips))
    return ("Data set", "StyleGAN2: paper", "here", "CIPS: paper", "here"), [*rows]


def _table_2(paper: Mapping[str, Any], cells: _Cells) -> Table:
    runs = {"StyleGANv2": "faces-stylegan2", "CIPS": "faces-cips"}
    precision = cells.compared([*runs.values()], "precision")
    recall = cells.compared([*runs.values()], "recall")
    rows = [
        (model, str(paper[model]["precision"]), p, str(paper[model]["recall"]), r)
        for model, p, r in zip(runs, precision, recall, strict=True)
    ]
    return ("Model", "Precision: paper", "here", "Recall: paper", "here"), [*rows]


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
    rows = []
    for dataset, printed in paper.items():
        stem = STEMS[dataset]
        runs = [f"{stem}-cips", *(f"{stem}-patch{size}" for size in sizes[1:])]
        row = [dataset]
        for size, run, here in zip(sizes, runs, cells.compared(runs), strict=True):
            row += [str(printed[size]), here + _side(run, cells.profile)]
        rows.append(row)
    return header, [*rows]


def _side(run: str, profile: Profile) -> str:
    """Return the side of the patches that a run is trained on, beside that of its images."""
    if run not in profile.runs:
        return ""
    patches = profile.runs[run].training.patches
    whole = profile.runs[run].generator.resolution
    return f" ({patches.size if patches else whole} of {whole} px)"
