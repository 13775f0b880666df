"""Which runs are compared: by data set, and by how long they are trained."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from replication.claims.criterion import Criterion
from replication.claims.results import Key
from replication.claims.rules import more

# Data set in the paper -> the stem of its runs here, and the card of the data themselves.
DATASETS = {
    "FFHQ": ("faces", "ffhq"),
    "LSUN Churches": ("churches", "lsun-churches"),
    "Landscapes": ("landscapes", "landscapes"),
    "Satellite-Buildings": ("satellite-buildings", "satellite-buildings"),
    "Satellite-Landscapes": ("satellite-landscapes", "satellite-landscapes"),
}
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


def matched_budget(compare: Callable[[str, str], Criterion], first: str, second: str) -> Criterion:
    """Compare two runs or, where these were not trained alike, their matched runs."""
    criterion = compare(first, second)
    runs = (MATCHED_BUDGET.get(first, first), MATCHED_BUDGET.get(second, second))
    return criterion if runs == (first, second) else replace(criterion, matched=compare(*runs))


def distance(run: str) -> Key:
    """Return the key of a run's distance to real images."""
    return Key(f"{run}/metrics", "frechet", label="distance to real images")


def worse(first: str, second: str) -> Criterion:
    """Ask that the first run has the greater distance to real images."""
    return matched_budget(lambda a, b: more(distance(a), distance(b)), first, second)
