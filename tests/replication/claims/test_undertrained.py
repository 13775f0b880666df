"""Whether a generator is undertrained, by rule over what was measured."""

import pytest

from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement, Protocol
from replication.claims.undertrained import LEAST, SHARES, undertrained


def share(value: float, width: float = 0.02) -> Measurement:
    return Measurement(Estimate(value, value - width, value + width), Protocol("m", {}))


def pair(generated: float, real: float = 0.9) -> dict[str, Measurement | None]:
    return {"generated": share(generated), "real": share(real)}


@pytest.mark.parametrize("measure", SHARES)
def test_each_share_far_below_that_of_real_images_is_enough(measure: str):
    fine = {name: pair(0.6) for name in SHARES}
    assert undertrained(fine) == ""
    why = undertrained({**fine, measure: pair(0.05)})
    assert why == f"{SHARES[measure]} 5.0 % (other real images: 90 %)"


@pytest.mark.parametrize(
    "kinds",
    [
        {"recall": pair(LEAST * 0.9)},
        {"recall": {"generated": share(0.05, 0.2), "real": share(0.9)}},  # an interval reaches up
        {"recall": {"generated": share(0.19, 0.0), "real": share(0.9, 0.2)}},  # or down
        {},
        {"recall": {"generated": None, "real": share(0.9)}},
        {"recall": {"generated": share(0.01)}},
        {"frechet": pair(0.01)},  # no share
    ],
)
def test_intervals_that_meet_and_what_was_not_measured_say_nothing(kinds: dict):
    assert undertrained(kinds) == ""
