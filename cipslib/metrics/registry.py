"""All metrics that `cips evaluate` takes. A new one is a module of its own and a line here."""

from cipslib.metrics import fid, kid, prdc

METRICS = (fid.METRIC, kid.METRIC, prdc.METRIC)
