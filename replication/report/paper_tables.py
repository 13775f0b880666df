"""Tables 1 to 5 of the paper on the report's front page: its numbers beside those taken here."""

from collections.abc import Mapping, Sequence
from typing import Any

from cipslib.metrics.measurement import Measurements, measurements_from_json
from cipslib.utils.files import read_json
from replication.claims.rules import BY_MODEL
from replication.claims.trained import DATASETS, twin_note, twin_of
from replication.claims.trained_enough import NOTE, not_learnt
from replication.profile.groups import COLUMNS
from replication.profile.paper import paper_numbers
from replication.profile.profile import Profile
from replication.tables.markdown import markdown_table
from replication.tables.tables import Footnotes

# Entries of protocols that the tables show by their rows and columns: data set and model.
SHOWN = {"real_sha256", *BY_MODEL}
Rows = list[tuple[str, ...]]


class PaperTables:
    """The five tables as Markdown, of what the stages of a profile wrote.

    Raises UserError if the numbers of a run that the profile has are missing.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._paper = paper_numbers(profile.paths.paper)
        self._numbers = {run: _numbers(profile, run) for run in profile.runs}
        self._footnotes = Footnotes(SHOWN)
        self._names: set[str] = set()  # of the numbers in a table

    def text(self, claims: Sequence[Mapping[str, Any]]) -> str:
        """A section for each table, with the page on which more of it stands."""
        made = (self._table_1, self._table_2, self._table_3, self._table_4, self._table_5)
        parts = []
        for number, make in enumerate(made, start=1):
            self._footnotes, self._names = Footnotes(SHOWN), set()  # each table has its own
            header, rows = make()
            item = f"Tab. {number}"
            notebooks = {c["notebook"] for c in claims if item in c["items"]}
            more = ", ".join(f"[]({name})" for name in sorted(notebooks))
            title = self._paper[f"table-{number}"]["title"]
            parts += [f"### {item}: {title}", *self._measures(), markdown_table(header, rows)]
            parts += self._footnotes.lines
            parts += [f"More of it: {more}."] if more else []
        return "\n\n".join(parts)

    def _measures(self) -> list[str]:
        """What the numbers of the table at hand are, where they are measured at all."""
        return [f"*Here*: {'; '.join(sorted(self._names))}."] if self._names else []

    def _table_1(self) -> tuple[tuple[str, ...], Rows]:
        header = "Data set", "StyleGAN2: paper", "here", "CIPS: paper", "here"
        rows: Rows = []
        for dataset, theirs in self._paper["table-1"]["rows"].items():
            runs = [f"{DATASETS[dataset][0]}-{model}" for model in ("stylegan2", "cips")]
            baseline, cips = self._distances(runs)
            rows.append((dataset, str(theirs["stylegan2"]), baseline, str(theirs["cips"]), cips))
            if twin := self._twin(runs[1]):
                baseline, cips = self._distances([runs[0], twin])
                rows.append((self._titled(dataset, runs[1], twin), "–", baseline, "–", cips))
        return header, rows

    def _table_2(self) -> tuple[tuple[str, ...], Rows]:
        header = "Model", "Precision: paper", "here", "Recall: paper", "here"
        models = {"StyleGANv2": "faces-stylegan2", "CIPS": "faces-cips"}
        measures = ("precision", "recall")
        here = {m: self._compared([*models.values()], m) for m in measures}
        rows: Rows = []
        for number, model in enumerate(models):
            theirs = self._paper["table-2"]["rows"][model]
            cells = [(str(theirs[measure]), found[number]) for measure, found in here.items()]
            rows.append((model, *cells[0], *cells[1]))
        if twin := self._twin(models["CIPS"]):
            # Beside a run of its own length: no mark for it.
            one, other = (self._compared([models["StyleGANv2"], twin], m)[1] for m in measures)
            rows.append((self._titled("CIPS", models["CIPS"], twin), "–", one, "–", other))
        return header, rows

    def _table_3(self) -> tuple[tuple[str, ...], Rows]:
        theirs = self._paper["table-3"]["rows"]
        runs = {column.printed: column.run for column in COLUMNS}
        distances = self._distances([runs[name] for name in theirs])
        rows: Rows = [
            (name, str(theirs[name]), here) for name, here in zip(theirs, distances, strict=True)
        ]
        return ("Variant", "Paper", "Here"), rows

    def _table_4(self) -> tuple[tuple[str, ...], Rows]:
        found = measurements_from_json(read_json(self._profile.paths.checks))["parameters"]
        rows: Rows = []
        for name, theirs in self._paper["table-4"]["rows"].items():
            number = found[name]
            assert number is not None  # a count is always there
            rows.append((name, str(theirs), f"{number.estimate.value:.2f}"))
        return ("Generator", "Paper", "Here, of the same size"), rows

    def _table_5(self) -> tuple[tuple[str, ...], Rows]:
        table = self._paper["table-5"]["rows"]
        sizes = [*next(iter(table.values()))]
        header = ["Data set"]
        for size in sizes:
            header += [f"{size} px: paper", "here"]
        rows = []
        for dataset, theirs in table.items():
            stem = DATASETS[dataset][0]
            runs = [f"{stem}-cips", *(f"{stem}-patch{size}" for size in sizes[1:])]
            cells = [dataset]
            for size, run, here in zip(sizes, runs, self._distances(runs), strict=True):
                cells += [str(theirs[size]), here + self._side(run)]
            rows.append(tuple(cells))
            if twin := self._twin(runs[0]):
                cells = [self._titled(dataset, runs[0], twin)]
                runs[0] = twin
                for run, here in zip(runs, self._distances(runs), strict=True):
                    cells += ["–", here + self._side(run)]
                rows.append(tuple(cells))
        return tuple(header), rows

    def _twin(self, run: str) -> str | None:
        return twin_of(run, {name: known.length for name, known in self._profile.runs.items()})

    def _titled(self, row: str, run: str, twin: str) -> str:
        """Of a row in which the shorter twin stands in the place of ``run``."""
        return f"{row}: `{twin}`{self._footnotes.note(twin_note(run))}"

    def _side(self, run: str) -> str:
        """Of the patches on which a run was trained, beside that of its pictures."""
        if run not in self._profile.runs:
            return ""
        config = self._profile.runs[run]
        whole = config.generator.resolution
        patches = config.training.patches
        return f" ({patches.size if patches else whole} of {whole} px)"

    def _distances(self, runs: Sequence[str]) -> list[str]:
        return self._compared(runs, "frechet")

    def _compared(self, runs: Sequence[str], measure: str) -> list[str]:
        """Numbers that are to be compared with each other: the lengths of training are noted where
        they are not equal.
        """
        known = self._profile.runs
        lengths = {run: known[run].length for run in runs if run in known}
        cells = []
        for run in runs:
            cell = self._cell(run, measure)
            if run in lengths and len({*lengths.values()}) > 1:
                cell += self._footnotes.note(
                    f"Images that it was trained on: {known[run].length_text}; others beside it: "
                    "more or fewer, so that it does not compare with those."
                )
            cells.append(cell)
        return cells

    def _cell(self, run: str, measure: str) -> str:
        if run in self._numbers:
            number = self._numbers[run][measure]["generated"]
            self._names |= {number.protocol.name} if number else set()
            cell = self._footnotes.show(number, measure)
            return cell + (self._footnotes.note(NOTE) if not_learnt(self._numbers[run]) else "")
        why = self._profile.left_out.get(run, "this profile does not have it")
        return "not run" + self._footnotes.note(f"Not run: {why}.")


def _numbers(profile: Profile, run: str) -> Measurements:
    return measurements_from_json(read_json(profile.paths.metrics(run)))
