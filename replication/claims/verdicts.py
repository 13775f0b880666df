"""The four verdicts, and how an interval or several parts decide between them."""

from collections.abc import Sequence

from cipslib.metrics.intervals import Estimate

REPRODUCED = "reproduced"
CONTRADICTED = "contradicted"
INCONCLUSIVE = "inconclusive"
NOT_RUN = "not run"
VERDICTS = (REPRODUCED, CONTRADICTED, INCONCLUSIVE, NOT_RUN)


def above(estimate: Estimate, limit: float) -> str:
    """Reproduced if the whole interval is above the limit, contradicted if it is all below."""
    if estimate.low > limit:
        return REPRODUCED
    return CONTRADICTED if estimate.high < limit else INCONCLUSIVE


def within(estimate: Estimate, low: float, high: float) -> str:
    """Reproduced if the interval is in [low, high], contradicted if it is all outside."""
    if low <= estimate.low and estimate.high <= high:
        return REPRODUCED
    return CONTRADICTED if estimate.high < low or estimate.low > high else INCONCLUSIVE


def together(verdicts: Sequence[str]) -> str:
    """All parts of a claim must hold; one that fails decides, whatever the others are."""
    for verdict in (CONTRADICTED, NOT_RUN, INCONCLUSIVE):
        if verdict in verdicts:
            return verdict
    return REPRODUCED
