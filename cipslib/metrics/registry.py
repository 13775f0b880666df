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
