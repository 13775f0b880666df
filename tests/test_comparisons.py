"""Numbers beside what would contradict the paper."""

import pytest

from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement, Protocol
from replication.tables.tables import comparisons


def number(value: float, low: float, high: float) -> Measurement:
    return Measurement(Estimate(value, low, high), Protocol("n", {"measure": "n"}))


@pytest.mark.parametrize(
    ("here", "said"),
    [((3, 2.5, 4), "above it"), ((1, 0.5, 1.5), "below it"), ((2, 1.5, 2.4), "not apart")],
)
def test_the_intervals_decide(here: tuple[float, float, float], said: str):
    table = comparisons([("so it is", "n", "above", number(*here), number(2, 1.8, 2.2))])
    assert list(table["Intervals"]) == [said]
    assert list(table["The paper expects"]) == ["above it"]
    assert list(table["Compared with"]) == ["2.00 [1.80, 2.20]"]


def test_a_constant_has_no_interval():
    table = comparisons([("less", "ratio", "below", number(0.5, 0.4, 0.6), number(1, 1, 1))])
    assert list(table["Compared with"]) == ["1"]
