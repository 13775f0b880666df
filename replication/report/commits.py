"""At which commit each page of the report and each stage behind it was made."""

from collections.abc import Sequence

from cipslib.utils.files import read_json
from replication.profile.profile import Profile
from replication.report.costs import last_cost
from replication.report.pipeline import Pipeline, Stage
from replication.tables.markdown import markdown_table

COMMITS = "commits"  # the label of the section on the page of methods
NAMED = 3  # stages of one kind that are named; of more it is said how many
NOT_HERE = "taken from a cache, not run on this machine"
NO_CHECKOUT = "outside a git checkout"


def commits_section(profile: Profile, pipeline: Pipeline) -> str:
    """Markdown: a table of commits, and of what was made at each.

    Raises UserError if the summary of a training is missing.
    """
    made: dict[str, list[Stage]] = {}
    for stage in pipeline.stages.values():
        if stage.name != "report":  # it is being made
            made.setdefault(_commit(profile, stage), []).append(stage)
    pages = {path.stem for path in profile.paths.source_notebooks.glob("[0-9][0-9]-*.ipynb")}
    rows = [
        (commit if commit in (NOT_HERE, NO_CHECKOUT) else f"`{commit}`", *_shown(stages, pages))
        for commit, stages in made.items()
    ]
    return f"{_said([*made])}\n\n{markdown_table(('Commit', 'Pages', 'Other stages'), rows)}"


def _commit(profile: Profile, stage: Stage) -> str:
    """A training carries its commit with it, wherever it was made; of others there is a note."""
    if stage.command == "train" and stage.of is not None:
        environment = read_json(profile.paths.summary(stage.of))["environment"]
        return environment["commit"] or NO_CHECKOUT
    cost = last_cost(profile, stage.command, stage.of)
    return NOT_HERE if cost is None else cost.commit or NO_CHECKOUT


def _said(commits: Sequence[str]) -> str:
    if len(commits) == 1:
        return "All pages and stages are of one commit."
    return (
        "Pages and stages are not all of one commit: a stage runs again only where the code, "
        "the parameters or the results that it depends on have changed. A + marks changes that "
        "were not committed."
    )


def _shown(stages: Sequence[Stage], pages: set[str]) -> tuple[str, str]:
    """Links to the pages; the other stages by their kind."""
    shown = ", ".join(f"[]({stage.name})" for stage in stages if stage.name in pages)
    kinds: dict[str, list[str]] = {}
    for stage in stages:
        if stage.name not in pages:
            kinds.setdefault(stage.name.partition("@")[0], []).append(stage.name)
    return shown or "–", ", ".join(_kind(kind, names) for kind, names in kinds.items()) or "–"


def _kind(kind: str, names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= NAMED else f"{kind} ({len(names)} stages)"
