"""Each rule that stops a run, provoked."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from cipslib.training.config import WatchConfig
from cipslib.training.divergence import Diverged, Watch, check_weights
from cipslib.utils.dataclass_from_dict import build

CONFIG = WatchConfig(
    score_gap=20.0,
    score_patience=3,
    least_diversity=0.2,
    worst_distance=4.0,
    judgement_patience=2,
    grace_images=1000,
    max_hours=2.0,
)
GOOD = {"loss/discriminator": 1.3, "loss/generator": 0.7, "score/real": 0.4, "score/fake": -0.4}
APART = {**GOOD, "score/real": 15.0, "score/fake": -6.0}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("key", ["loss/generator", "score/fake", "r1"])
def test_a_logged_value_that_is_no_number_stops(key: str, value: float):
    message = rf"training diverged: {key} is .* at 4,800 images; lower learning_rate or raise"
    with pytest.raises(Diverged, match=message) as caught:
        Watch(CONFIG).logged(4800, {**GOOD, key: value})
    assert caught.value.images_seen == 4800


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_a_weight_that_is_no_number_stops(broken: float):
    networks = {"generator": nn.Linear(3, 2), "discriminator": nn.Linear(2, 1)}
    check_weights(0, networks)
    with torch.no_grad():
        networks["discriminator"].bias.fill_(broken)
    with pytest.raises(Diverged, match=r"discriminator\.bias holds .* at 64 images"):
        check_weights(64, networks)


def test_weights_that_are_large_but_numbers_pass():
    network = nn.Linear(2, 1)
    with torch.no_grad():
        network.weight.fill_(3e38)
    check_weights(0, {"generator": network})


def test_scores_far_apart_stop_after_the_patience_and_not_before():
    watch = Watch(CONFIG)
    watch.logged(100, APART)
    watch.logged(200, APART)
    with pytest.raises(Diverged, match=r"21\.0 apart, in 3 log entries .* at 300 images; raise r1"):
        watch.logged(300, APART)


def test_it_does_not_matter_whose_scores_are_higher():
    watch = Watch(replace(CONFIG, score_patience=1))
    with pytest.raises(Diverged, match="apart"):
        watch.logged(100, {**GOOD, "score/real": -6.0, "score/fake": 15.0})


def test_scores_that_come_together_again_are_forgiven():
    watch = Watch(CONFIG)
    for entry in (APART, APART, GOOD, APART, APART, GOOD):
        watch.logged(100, entry)
    assert watch.state["gaps"] == 0


def test_pictures_that_are_all_alike_stop():
    watch = Watch(CONFIG)
    watch.judged(2000, distance=1.0, diversity=0.05)
    with pytest.raises(
        Diverged, match=r"collapsed: .* 5\.0% of the real .* 2 judgements .* at 3,000"
    ):
        watch.judged(3000, distance=1.0, diversity=0.05)


def test_pictures_that_get_ever_worse_stop():
    watch = Watch(CONFIG)
    watch.judged(2000, distance=1.0, diversity=0.9)
    watch.judged(3000, distance=4.1, diversity=0.9)
    with pytest.raises(Diverged, match=r"got worse: .* is 5, .* the best, 1 after 2,000 images"):
        watch.judged(4000, distance=5.0, diversity=0.9)


def test_one_bad_judgement_is_forgiven():
    watch = Watch(CONFIG)
    for distance in (1.0, 4.1, 3.9, 4.1, 0.5, 1.9, 2.1, 1.9):
        watch.judged(2000, distance, diversity=0.9)
    assert (watch.state["bad"], watch.state["best_distance"]) == (0, 0.5)


def test_a_young_generator_has_time_but_not_for_what_is_no_number():
    watch = Watch(CONFIG)
    for images_seen in range(0, 1000, 100):
        watch.judged(images_seen, distance=50.0, diversity=0.0)
    assert watch.state == Watch(CONFIG).state
    with pytest.raises(Diverged, match="frechet distance is nan at 10 images"):
        watch.judged(10, distance=math.nan, diversity=0.5)


def test_the_budget_is_of_all_sittings_and_no_error():
    watch = Watch(CONFIG)
    assert not watch.spent(2 * 3600 - 1)
    assert watch.spent(2 * 3600)
    assert not Watch(replace(CONFIG, max_hours=None)).spent(1e9)


def test_a_resumed_watch_counts_on():
    """One sitting, and one that passes through JSON after every entry, stop at the same one."""

    def entries(step: int) -> tuple[dict[str, float], float, float]:
        return (APART if step % 4 else GOOD), 1.0 + step, 0.1 if step > 5 else 0.9

    def run(resumed: bool) -> tuple[list[dict[str, Any]], str]:
        watch, states = Watch(replace(CONFIG, score_patience=4)), []
        for step in range(20):
            scores, distance, diversity = entries(step)
            try:
                watch.logged(2000 * step, scores)
                watch.judged(2000 * step, distance, diversity)
            except Diverged as error:
                return states, str(error)
            states.append(watch.state)
            if resumed:
                watch = Watch(watch.config, json.loads(json.dumps(watch.state)))
        raise AssertionError("it never stopped")

    assert run(resumed=True) == run(resumed=False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"score_gap": 0.0}, "score_gap is 0.0, must be more than 0"),
        ({"score_patience": 0}, "score_patience is 0, must be more than 0"),
        ({"judgement_patience": -1}, "judgement_patience is -1, must be more than 0"),
        ({"least_diversity": 1.0}, r"least_diversity is 1.0, must be in \[0, 1\)"),
        ({"worst_distance": 1.0}, "worst_distance is 1.0, must be more than 1"),
        ({"grace_images": -1}, "grace_images is -1, must not be negative"),
        ({"max_hours": 0.0}, "max_hours is 0.0, must be more than 0, or null"),
    ],
)
def test_an_impossible_threshold_is_named(change: dict[str, Any], message: str):
    values = {**vars(CONFIG), **change}
    with pytest.raises(ValueError, match=f"training.watch: {message}"):
        build(WatchConfig, values, "training.watch")
