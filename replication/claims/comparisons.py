"""Runs of matched budget, by which claims on a run that is trained for longer are judged."""

from collections.abc import Mapping

# The same model of the same data, trained with the budget of most other runs.
MATCHED_BUDGET = {"faces-cips": "ablation-main"}


def matched_budget_run(run: str, lengths: Mapping[str, int | None]) -> str | None:
    """Return the run by which claims on a longer ``run`` are judged; None if none is needed.

    ``lengths``: of every run that there is, the number of images that it is trained on.
    """
    matched = MATCHED_BUDGET.get(run, "")
    if run not in lengths or matched not in lengths or lengths[run] == lengths[matched]:
        return None
    return matched


def matched_budget_note(run: str) -> str:
    """Return the note on the matched run of ``run``."""
    return (
        f"The model and the data of {run}, trained on fewer images: claims compare it with runs "
        "that were trained on as many."
    )
