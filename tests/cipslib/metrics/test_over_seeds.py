"""Numbers of several trainings: how they are joined, written, shown, compared and judged."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import make_study, measurement, refused

from cipslib.metrics.intervals import proportion
from cipslib.metrics.measurement import (
    Measurement,
    Protocol,
    difference,
    measurements_from_json,
    measurements_to_json,
)
from cipslib.metrics.over_seeds import aggregate_over_seeds
from cipslib.networks.files import save_generator
from cipslib.networks.models import initial_generator
from cipslib.utils.files import read_json, write_json
from replication.claims.claim import all_claims
from replication.claims.criterion import CONTRADICTED, INCONCLUSIVE, Criterion
from replication.claims.evidence import evidence_lines
from replication.claims.results import Key, Results
from replication.claims.rules import more
from replication.measurements.common.run import analyse_run
from replication.measurements.evaluate import evaluate_run
from replication.profile.profile import Profile

RUN = "faces-cips"


def number(value: float, width: float = 0.1, **entries: object) -> Measurement:
    return measurement(value, width, "a distance", measure="d", **entries)


def joined(*values: float, stopped: dict[int, str] | None = None) -> Measurement:
    by_seed = {seed: {"d": {"generated": number(value)}} for seed, value in enumerate(values)}
    found = aggregate_over_seeds(by_seed, stopped)["d"]["generated"]
    assert found is not None
    return found


def test_the_mean_has_students_interval_over_the_seeds():
    """Of 1, 2, 3: t(0.975, 2) = 4.303, times 1 / sqrt(3)."""
    found = joined(1, 2, 3)
    assert (found.estimate.value, found.deviation, found.per_seed) == (2, 1, (1, 2, 3))
    half = 4.302653 / 3**0.5
    assert (found.estimate.low, found.estimate.high) == pytest.approx((2 - half, 2 + half))
    entries = {"measure": "d", "num_seeds": 3, "seeds": "0, 1, 2", "interval_of": "trainings"}
    assert found.protocol.entries == entries


def test_a_difference_of_trainings_covers_the_truth_as_often_as_it_says():
    """It is Welch's; of pairs Student's of the differences, whatever the trainings share."""
    random, covered = np.random.default_rng(0), []
    for _ in range(1000):
        one, other = (joined(*random.normal(center, 1, 3)) for center in (5, 4))
        shared = random.normal(0, 3, 3)
        pair = [joined(*np.add(shared, each.per_seed)) for each in (one, other)]
        found = [difference(one, other), difference(*pair, paired=True)]
        covered.append([each.low <= 1 <= each.high for each in found])
    assert all(0.94 <= each < 0.98 for each in np.mean(covered, axis=0))


def test_trainings_that_agree_are_no_surer_than_their_images_make_them():
    """Sides of 0.1 and 0.1, and of no side where a share is 0."""
    found = joined(0.5, 0.5).estimate
    half = 0.1 / 2**0.5
    assert (found.low, found.high) == pytest.approx((0.5 - half, 0.5 + half))
    none = [Measurement(proportion(np.zeros(20, bool)), Protocol("s", {})) for _ in range(4)]
    by_seed = {seed: {"s": {"generated": one}} for seed, one in enumerate(none)}
    found = aggregate_over_seeds(by_seed)["s"]["generated"].estimate
    assert (found.low, found.value) == (0, 0)
    assert found.high == pytest.approx(none[0].estimate.high / 2)


def test_real_images_have_no_seed_and_what_one_training_lacks_none_has():
    one = {"d": {"generated": number(1), "real": number(5)}, "e": {"generated": number(1)}}
    other = {"d": {"generated": number(2)}, "e": {"generated": None}}
    found = aggregate_over_seeds({0: one, 7: other})
    assert found["d"]["real"] == number(5)
    assert found["e"]["generated"] is None
    assert found["d"]["generated"].protocol.entries["seeds"] == "0, 7"
    two = {0: {"d": {"x": number(1)}}, 1: {"d": {"x": number(1, images=5)}}}
    refused("not measured by one protocol", aggregate_over_seeds, two, error=ValueError)


def test_they_come_back_from_json_and_those_of_one_training_are_as_ever():
    numbers = {"d": {"generated": joined(1, 2, 3), "real": number(5)}}
    written = json.loads(json.dumps(measurements_to_json(numbers)))
    assert measurements_from_json(written) == numbers
    assert written["numbers"]["d"]["generated"]["per_seed"] == [1, 2, 3]
    assert set(written["numbers"]["d"]["real"]) == {"value", "interval", "protocol"}


def test_seeds_do_not_keep_numbers_from_being_compared():
    assert difference(joined(5, 6), number(1)).value == 4.5
    assert difference(joined(5, 6), joined(1, 2, 3)).value == 3.5
    other = number(1, images=4)
    refused("differ in images", difference, joined(5, 6), other, error=ValueError)


# --- claims


FIRST, SECOND = Key("a/metrics", "d"), Key("b/metrics", "d")
COMPARISON = next(claim for claim in all_claims() if claim.statement.scope == "comparison")


def judged(criterion: Criterion, *numbers: Measurement) -> dict:
    """The verdict on a comparison of networks that is decided by one criterion."""
    results = Results(dict(zip(criterion.keys, numbers, strict=True)))
    return replace(COMPARISON, criteria=(criterion,)).judge(results).to_json()


def test_the_spread_over_seeds_decides():
    """The first seeds are 5 and 4, each with a narrow interval; the others overlap."""
    part = more(FIRST, SECOND)
    several = judged(part, joined(5, 3, 4), joined(4, 5, 3))
    steady = judged(part, joined(4, 4.1, 4.05), joined(5, 5.1, 5.05))
    verdicts = [found["verdict"] for found in (several, steady)]
    assert verdicts == [INCONCLUSIVE, CONTRADICTED]
    (line,) = evidence_lines(several)
    assert "a: d: 4.00 ± 1.00 (3 trainings) [1.52, 6.48]" in line


def test_one_training_compares_with_several_and_it_is_said():
    found = judged(more(FIRST, SECOND), number(9), joined(4, 5, stopped={1: "budget"}))
    assert found["verdict"] == INCONCLUSIVE
    (outcome,) = found["outcomes"]
    assert outcome["remark"] == (
        "intervals over several trainings, and over images of one; "
        "b ended before its end: seed 1: budget"
    )
    real = Key("a/metrics", "d", "real")
    (outcome,) = judged(more(FIRST, real), joined(4, 5), number(1))["outcomes"]
    assert "remark" not in outcome


# --- the stage


def trained(study: Profile) -> Profile:
    """With an untrained generator of each seed in the trained one's place."""
    run = study.run(RUN)
    for seed in run.seeds:
        other = None if seed == run.seeds[0] else seed
        untrained = initial_generator(run.generator, seed + 100, torch.device("cpu"))
        save_generator(study.paths.generator(RUN, other), untrained)
        write_json(study.paths.summary(RUN, other), {"stopped": "budget" if seed == 5 else None})
    return study


def metrics_of(folder: Path, params: dict, *seeds: int) -> dict:
    params["training"]["seeds"] = [*seeds]
    return read_json(evaluate_run(trained(make_study(folder, params)), RUN))


def test_the_stage_takes_each_seeds_numbers_and_their_means(tmp_path: Path, tiny_params: dict):
    both = metrics_of(tmp_path / "both", tiny_params, 2, 5)
    single = {seed: metrics_of(tmp_path / str(seed), tiny_params, seed) for seed in (2, 5)}
    for seed, alone in single.items():
        for kind in ("generated", "untrained"):
            found = both["per_seed"][str(seed)]["numbers"]["frechet"][kind]
            assert found == alone["numbers"]["frechet"][kind]
    numbers, real = measurements_from_json(both), single[2]["numbers"]
    values = [alone["numbers"]["frechet"]["generated"]["value"] for alone in single.values()]
    for measure in ("frechet", "precision"):
        assert len(numbers[measure]["generated"].per_seed) == 2
        assert len(numbers[measure]["untrained"].per_seed) == 2
        assert both["numbers"][measure]["real"] == real[measure]["real"]
    assert list(numbers["frechet"]["generated"].per_seed) == values
    entries = numbers["frechet"]["generated"].protocol.entries
    assert (entries["num_seeds"], entries["seeds"]) == (2, "2, 5")
    assert entries["stopped"] == "seed 5: budget"
    assert "stopped" not in numbers["frechet"]["untrained"].protocol.entries


def test_an_analysis_asks_all_untrained_networks(tmp_path: Path, tiny_params: dict):
    tiny_params["datasets"]["faces"]["resolution"] = 32
    tiny_params["training"]["seeds"] = [2, 5]
    study = trained(make_study(tmp_path, tiny_params))
    nulls = read_json(analyse_run(study, "spectra", RUN))["untrained"]
    one, other = (
        nulls["per_seed"][seed]["numbers"]["spectral_distance"]["generated"]["value"]
        for seed in ("2", "5")
    )
    assert one != other
    found = measurements_from_json(nulls)["spectral_distance"]["generated"]
    assert found.per_seed == (one, other)
    assert found.estimate.value == pytest.approx((one + other) / 2)
