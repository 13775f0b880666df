"""Whether a generator has learnt to draw, by rule over what was measured."""

import pytest

from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement, Protocol
from replication.claims.trained_enough import LEAST, SHARES, drawing_text, not_learnt


def share(value: float, width: float = 0.02) -> Measurement:
    return Measurement(Estimate(value, value - width, value + width), Protocol("m", {}))


def pair(generated: float, real: float = 0.9) -> dict[str, Measurement | None]:
    return {"generated": share(generated), "real": share(real)}


@pytest.mark.parametrize("measure", SHARES)
def test_each_share_far_below_that_of_real_pictures_is_enough(measure: str):
    fine = {name: pair(0.6) for name in SHARES}
    assert not_learnt(fine) == ""
    why = not_learnt({**fine, measure: pair(0.05)})
    assert why == f"{SHARES[measure]} 5.0 % (other real pictures: 90 %)"


@pytest.mark.parametrize(("value", "written"), [(0.0005, "0.05"), (0.0, "0"), (0.0123, "1.2")])
def test_a_small_share_is_not_rounded_away(value: float, written: str):
    assert f"recall {written} % (" in not_learnt({"recall": pair(value)})


def test_both_intervals_must_be_apart():
    """At a quarter of 0.9, as it is, nothing is said; nor where an interval reaches that far."""
    assert not_learnt({"recall": pair(LEAST * 0.9)}) == ""
    wide = {"generated": share(0.05, 0.2), "real": share(0.9)}
    assert not_learnt({"recall": wide}) == ""
    of_real = {"generated": share(0.19, 0.0), "real": share(0.9, 0.2)}
    assert not_learnt({"recall": of_real}) == ""


def test_what_was_not_measured_says_nothing():
    assert not_learnt({}) == ""
    assert not_learnt({"recall": {"generated": None, "real": share(0.9)}}) == ""
    assert not_learnt({"recall": {"generated": share(0.01)}}) == ""
    assert not_learnt({"frechet": pair(0.01)}) == ""


def test_the_text_names_who_has_not_and_why():
    runs = {"a": {"recall": pair(0.6)}, "b": {"recall": pair(0.05)}}
    text = drawing_text(runs)
    assert text.startswith("**1 of 2 runs have not learnt to draw:**")
    assert "- `b`: recall 5.0 % (other real pictures: 90 %)" in text
    assert "`a`" not in text
    assert drawing_text({"a": runs["a"]}).startswith("Of no run")
