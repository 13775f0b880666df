"""Where each figure of the report comes from: stage, parameters, commit, data."""

from collections.abc import Sequence
from dataclasses import dataclass

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from cipslib.utils.files import read_json
from replication.profile.profile import Profile
from replication.report.costs import last_cost
from replication.report.pipeline import Pipeline, Stage

DIGITS = 12  # of hashes and commits that are shown
STAGES = "stages"  # the label of the table of all stages, on the page of methods


@dataclass(frozen=True)
class Provenance:
    """Of the figures and tables that one stage made."""

    stage: Stage
    before: Sequence[Stage]
    commits: Sequence[str]  # of the stage, if it was run on this machine
    trainings: Sequence[str]  # commits of those that it shows
    data: Sequence[tuple[str, str]]  # data set, SHA-256 of its array

    @property
    def text(self) -> str:
        """Markdown: a line, which opens to parameters and data."""
        parts = [f"Stage <code>{self.stage.name}</code>", *self._commits()]
        keys = _listed(self.stage.params) or "none of its own"
        details = [f"Parameters: {keys}{self._others()}."]
        if self.data:
            hashes = ", ".join(f"{name} `{sha256[:DIGITS]}`" for name, sha256 in self.data)
            details.append(f"Data, by the SHA-256 of the arrays: {hashes}.")
        return f"""<details class="provenance">
<summary>{", ".join(parts)}</summary>

{" ".join(details)}

</details>"""

    def _commits(self) -> list[str]:
        """That of the stage, and those of the trainings."""
        made = _html(self.commits)
        said = [f"at commit {made}" if made else "its commit is not known"]
        if self.trainings:
            said.append(f"of what was trained at commit {_html(self.trainings)}")
        return said

    def _others(self) -> str:
        count = len(self.before)
        noun = "the stage" if count == 1 else f"the {count} stages"
        return f", and those of [{noun} before it](#{STAGES})" if count else ""


def provenance(profile: Profile, pipeline: Pipeline, name: str) -> Provenance:
    """Of stage ``name``. Raises UserError if a summary or a card of what it shows is missing."""
    stage, before = pipeline.stages[name], pipeline.before(name)
    cost = last_cost(profile, stage.command, stage.of)
    trainings, data = [], []
    for earlier in before:
        if earlier.of is None:
            continue
        if earlier.command == "train":
            environment = read_json(profile.paths.summary(earlier.of))["environment"]
            trainings.append(environment["commit"])
        if earlier.command == "prepare":
            data.append((earlier.of, read_json(profile.paths.card(earlier.of))["sha256"]))
    commits = _short([cost.commit] if cost else [])
    return Provenance(stage, before, commits, _short(trainings), data)


def _short(commits: Sequence[str | None]) -> list[str]:
    """Each once, with the + behind it that marks changes which were not committed."""
    known = dict.fromkeys(commit for commit in commits if commit is not None)
    return [commit[:DIGITS] + "+" * commit.endswith("+") for commit in known]


def _html(commits: Sequence[str]) -> str:
    return ", ".join(f"<code>{commit}</code>" for commit in commits)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def add_provenance(notebook: NotebookNode, text: str) -> None:
    """``text`` below each output of an executed notebook that is a picture or a table."""
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if cell.cell_type == "code" and any(map(_is_shown, cell.outputs)):
            cells.append(new_markdown_cell(text, id=f"{cell.id}-from"))
    notebook.cells = cells


def _is_shown(output: NotebookNode) -> bool:
    data = output.get("data", {})
    table = "|:-" in data.get("text/markdown", "") or "|--" in data.get("text/markdown", "")
    return "image/png" in data or "text/html" in data or table
