"""Whether a generator is undertrained, by rule over what was measured."""

import pytest
from conftest import measurement

from cipslib.metrics.measurement import Measurement
from replication.claims.undertrained import LEAST, SHARES, undertrained


def pair(generated: float, real: float = 0.9) -> dict[str, Measurement | None]:
    return {"generated": measurement(generated, 0.02), "real": measurement(real, 0.02)}


@pytest.mark.parametrize("measure", SHARES)
def test_each_share_far_below_that_of_real_images_is_enough(measure: str):
    fine = {name: pair(0.6) for name in SHARES}
    assert undertrained(fine) == ""
    why = undertrained({**fine, measure: pair(0.05)})
    assert why == f"{SHARES[measure]} 5 % (other real images: 90 %)"


def test_noise_does_not_pass_by_lying_among_everything():
    assert undertrained({"recall": pair(0.9), "coverage": pair(0.9), "precision": pair(0.0)})


@pytest.mark.parametrize(
    "kinds",
    [
        {"precision": pair(LEAST * 0.9)},
        # An interval reaches up, or down.
        {"precision": {"generated": measurement(0.05, 0.2), "real": measurement(0.9, 0.02)}},
        {"precision": {"generated": measurement(0.19), "real": measurement(0.9, 0.2)}},
        {},
        {"precision": {"generated": None, "real": measurement(0.9, 0.02)}},
        {"precision": {"generated": measurement(0.01, 0.02)}},
        {"recall": pair(0.01), "coverage": pair(0.01)},  # few kinds of images, drawn well
        {"frechet": pair(0.01)},  # no share
    ],
)
def test_intervals_that_meet_and_what_was_not_measured_say_nothing(kinds: dict):
    assert undertrained(kinds) == ""


@pytest.mark.parametrize(("distance", "said"), [(0.6, "distance 0.6 (untrained: 1)"), (0.3, "")])
def test_a_distance_about_that_of_the_untrained_network_is_enough(distance: float, said: str):
    kinds = {"generated": measurement(distance, 0.02), "untrained": measurement(1.0, 0.02)}
    assert undertrained({"precision": pair(0.9), "frechet": kinds}) == said
