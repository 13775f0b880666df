"""Where the report's figures come from: stages, parameters, commits, data."""

from collections.abc import Sequence

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from cipslib.utils.files import read_json
from replication.profile.profile import Profile
from replication.report.costs import last_cost
from replication.report.pipeline import Pipeline, Stage

DIGITS = 12  # of hashes and commits that are shown
STAGES = "stages"  # the label of the table of all stages, on the page of methods


def provenance_text(profile: Profile, pipeline: Pipeline, page: str) -> str:
    """Return Markdown on a notebook's figures: a line, which opens to parameters and data.

    Raises UserError if a summary or a card of what the notebook shows is missing.
    """
    stage = pipeline.stages[f"notebook@{page}"]
    before = pipeline.before(stage.name)
    made = _short([commit_of_stage(profile, stage)])
    trained = _short([commit_of_stage(profile, each) for each in before if each.command == "train"])
    line = f"Stage <code>{stage.name}</code>, "
    line += f"at commit {made}" if made else "its commit is not known"
    line += f", with networks trained at commit {trained}" if trained else ""
    details = f"Parameters: those of [the stages before it](#{STAGES})."
    hashes = [
        f"{dataset} `{read_json(profile.paths.card(dataset))['sha256'][:DIGITS]}`"
        for dataset in _datasets(profile, before)
    ]
    if hashes:
        details += f" Data, by the SHA-256 of the arrays: {', '.join(hashes)}."
    return f'<details class="provenance">\n<summary>{line}</summary>\n\n{details}\n\n</details>'


def _datasets(profile: Profile, before: Sequence[Stage]) -> list[str]:
    """Return the data sets of the runs among the stages; without runs, all that are prepared."""
    names = [stage.of for stage in before if stage.of is not None]
    runs = [profile.runs[name].dataset for name in names if name in profile.runs]
    prepared = [name for name in names if name in profile.datasets]
    return list(dict.fromkeys(runs or prepared))


def _short(commits: Sequence[str | None]) -> str:
    """List each known commit once, with the + behind it that marks uncommitted changes."""
    known = [commit for commit in dict.fromkeys(commits) if commit is not None]
    return ", ".join(f"<code>{c[:DIGITS]}{'+' * c.endswith('+')}</code>" for c in known)


def commit_of_stage(profile: Profile, stage: Stage) -> str | None:
    """Return at which commit a stage ran: a training carries it along, others have a note.

    None if there is no note, or if it ran outside a git checkout.
    """
    if stage.command == "train" and stage.of is not None:
        commit: str | None = read_json(profile.paths.summary(stage.of))["environment"]["commit"]
        return commit
    cost = last_cost(profile, stage.command, stage.of)
    return cost.commit if cost else None


def add_provenance(notebook: NotebookNode, text: str) -> None:
    """Put ``text`` below each output of an executed notebook that is an image or a table."""
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
