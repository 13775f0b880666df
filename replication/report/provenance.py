"""Where a page of the report comes from: stage, parameters, commits, data."""

from collections.abc import Sequence

from cipslib.utils.files import read_json
from replication.profile.profile import Profile
from replication.report.costs import last_cost
from replication.report.pipeline import Pipeline, Stage

DIGITS = 12  # of hashes and commits that are shown
STAGES = "stages"  # the label of the table of all stages, on the page of methods


def provenance_text(profile: Profile, pipeline: Pipeline, page: str) -> str:
    """Return Markdown on a notebook: a line, which opens to parameters and data.

    Raises UserError if the summary of a run or the card of a data set is missing.
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
        for dataset in profile.datasets
    ]
    details += f" Data, by the SHA-256 of the arrays: {', '.join(hashes)}."
    return f'<details class="provenance">\n<summary>{line}</summary>\n\n{details}\n\n</details>'


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
