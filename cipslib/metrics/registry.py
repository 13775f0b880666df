"""All metrics that `cips evaluate` takes. A new one is a module of its own and a line here."""

from cipslib.metrics import fid, kid, prdc
from cipslib.metrics.metric import Measure

METRICS = (
    fid.METRIC,
    kid.METRIC,
    prdc.METRIC,
)
MEASURES: dict[str, Measure] = {
    measure.name: measure for metric in METRICS for measure in metric.measures
}


def measures_of(network: str) -> list[str]:
    """Return the names of the measures that see the features of an evaluation's network."""
    return [one.name for metric in METRICS if metric.network == network for one in metric.measures]
