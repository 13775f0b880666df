"""Where the report's figures come from: stages, parameters, commits, data."""

from collections.abc import Sequence

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from cipslib.utils.files import read_json
from replication.profile.profile import Profile
from replication.report.costs import last_cost
from replication.report.pipeline import Pipeline, Stage
from replication.tables.markdown import markdown_table

DIGITS = 12  # of hashes and commits that are shown
COMMITS = "commits"  # labels of sections on the page of methods
STAGES = "stages"
MOST_NAMED = 3  # stages of one kind that are named; of more it is said how many
FROM_CACHE = "taken from a cache, not run on this machine"
NO_CHECKOUT = "outside a git checkout"


def provenance_text(profile: Profile, pipeline: Pipeline, page: str) -> str:
    """Return Markdown on a notebook's figures: a line, which opens to parameters and data.

    Raises UserError if a summary or a card of what the notebook shows is missing.
    """
    stage = pipeline.notebook(page)
    before = pipeline.before(stage.name)
    made = _short([_commit(profile, stage)])
    trained = _short([_commit(profile, each) for each in before if each.command == "train"])
    line = f"Stage <code>{stage.name}</code>, "
    line += f"at commit {made}" if made else "its commit is not known"
    line += f", with networks trained at commit {trained}" if trained else ""
    keys = ", ".join(f"`{key}`" for key in stage.params) or "none of its own"
    details = f"Parameters: {keys}"
    if before:
        noun = "the stage" if len(before) == 1 else f"the {len(before)} stages"
        details += f", and those of [{noun} before it](#{STAGES})"
    details += "."
    hashes = [
        f"{dataset} `{read_json(profile.paths.card(dataset))['sha256'][:DIGITS]}`"
        for dataset in _datasets(profile, before)
    ]
    if hashes:
        details += f" Data, by the SHA-256 of the arrays: {', '.join(hashes)}."
    return f'<details class="provenance">\n<summary>{line}</summary>\n\n{details}\n\n</details>'


def _datasets(profile: Profile, before: Sequence[Stage]) -> list[str]:
    """Return the data sets of the runs among the stages; without runs, all that are prepared."""
    runs = [profile.runs[each.of].dataset for each in before if each.of in profile.runs]
    return list(dict.fromkeys(runs or [each.of for each in before if each.command == "prepare"]))


def _short(commits: Sequence[str]) -> str:
    """List each known commit once, with the + behind it that marks uncommitted changes."""
    known = [commit for commit in dict.fromkeys(commits) if commit not in (FROM_CACHE, NO_CHECKOUT)]
    return ", ".join(f"<code>{c[:DIGITS]}{'+' * c.endswith('+')}</code>" for c in known)


def _commit(profile: Profile, stage: Stage) -> str:
    """Return at which commit a stage ran: a training carries it along, others have a note."""
    if stage.command == "train" and stage.of is not None:
        environment = read_json(profile.paths.summary(stage.of))["environment"]
        return environment["commit"] or NO_CHECKOUT
    cost = last_cost(profile, stage.command, stage.of)
    return FROM_CACHE if cost is None else cost.commit or NO_CHECKOUT


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


def commits_section(profile: Profile, pipeline: Pipeline) -> str:
    """Return a Markdown table of commits, and of what was made at each.

    Raises UserError if the summary of a training is missing.
    """
    made: dict[str, list[Stage]] = {}
    for stage in pipeline.stages.values():
        if stage.command != "report":  # it is being made
            made.setdefault(_commit(profile, stage), []).append(stage)
    rows = [
        (commit if commit in (FROM_CACHE, NO_CHECKOUT) else f"`{commit}`", *_listed(stages))
        for commit, stages in made.items()
    ]
    summary = (
        "All pages and stages were made at one commit."
        if len(made) == 1
        else "Pages and stages were made at several commits: a stage runs again only if its code, "
        "its parameters or the results it depends on have changed. A + marks uncommitted changes."
    )
    return f"{summary}\n\n{markdown_table(('Commit', 'Pages', 'Other stages'), rows)}"


def _listed(stages: Sequence[Stage]) -> tuple[str, str]:
    """Return links to the pages among the stages, and the other stages by their kind."""
    pages = [f"[]({stage.of})" for stage in stages if stage.command == "notebook"]
    kinds: dict[str, list[str]] = {}
    for stage in stages:
        if stage.command != "notebook":
            kinds.setdefault(stage.name.partition("@")[0], []).append(stage.name)
    others = [
        ", ".join(names) if len(names) <= MOST_NAMED else f"{kind} ({len(names)} stages)"
        for kind, names in kinds.items()
    ]
    return ", ".join(pages) or "–", ", ".join(others) or "–"
