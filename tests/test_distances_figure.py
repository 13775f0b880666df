"""The figure of distances on the page of quality."""

from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement, Protocol
from replication.figures.distances import beside_real_and_untrained
from replication.tables.tables import Footnotes


def test_each_run_has_its_three_distances_and_its_mark():
    def number(value: float) -> Measurement:
        return Measurement(Estimate(value, value - 2, value + 2), Protocol("distance", {}))

    kinds = {"real": number(1.0), "generated": number(3.0), "untrained": number(80.0)}
    marks = {"a": "", "b": "⁽¹⁾"}
    runs = {run: {"frechet": dict(kinds)} for run in marks}
    axes = beside_real_and_untrained(runs, Footnotes(), marks).axes[0]
    labels = [text.get_text() for text in axes.texts]
    each = ["real\n1.00", "generated\n3.00", "untrained\n80.0"]
    assert labels == [*each, each[0], "generated⁽¹⁾\n3.00", each[2]]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["a", "b"]
    assert axes.yaxis_inverted()  # in the table's order
    assert axes.get_xscale() == "log" and axes.get_xlim()[0] > 0
