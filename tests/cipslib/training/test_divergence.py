"""Each rule that stops a run, provoked."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from conftest import refused
from torch import nn

from cipslib.training.config import StopRules
from cipslib.training.divergence import DivergedError, DivergenceMonitor, check_weights

RULES = StopRules(
    max_score_gap=20.0,
    score_patience=3,
    min_diversity=0.2,
    max_distance_ratio=4.0,
    eval_patience=2,
    warmup_images=1000,
)
GOOD = {"loss/discriminator": 1.3, "loss/generator": 0.7, "score/real": 0.4, "score/fake": -0.4}
APART = {**GOOD, "score/real": 15.0, "score/fake": -6.0}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("key", ["loss/generator", "score/fake", "r1"])
def test_a_logged_value_that_is_no_number_stops(key: str, value: float):
    message = rf"training diverged: {key} is .* at 4,800 images; lower learning_rate or raise"
    logged, monitor = {**GOOD, key: value}, DivergenceMonitor(RULES)
    refused(message, monitor.check_losses, 4800, logged, error=DivergedError)


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_a_weight_that_is_no_number_stops(broken: float):
    networks = {"generator": nn.Linear(3, 2), "discriminator": nn.Linear(2, 1)}
    with torch.no_grad():
        networks["generator"].weight.fill_(3e38)  # large, but a number
        check_weights(0, networks)
        networks["discriminator"].bias.fill_(broken)
    message = r"discriminator\.bias holds .* at 64 images"
    refused(message, check_weights, 64, networks, error=DivergedError)


@pytest.mark.parametrize("sign", [1, -1])
def test_scores_far_apart_stop_after_the_patience_and_not_before(sign: int):
    """Whosever scores are higher."""
    monitor = DivergenceMonitor(RULES)
    apart = {**GOOD, "score/real": 15.0 * sign, "score/fake": -6.0 * sign}
    monitor.check_losses(100, apart)
    monitor.check_losses(200, apart)
    message = r"21\.0 apart, in 3 log entries .* at 300 images; raise r1"
    refused(message, monitor.check_losses, 300, apart, error=DivergedError)


def test_scores_that_come_together_again_are_forgiven():
    monitor = DivergenceMonitor(RULES)
    for entry in (APART, APART, GOOD, APART, APART, GOOD):
        monitor.check_losses(100, entry)
    assert monitor.state["gaps"] == 0


@pytest.mark.parametrize(
    ("evaluations", "message"),
    [
        ([(1.0, 0.05), (1.0, 0.05)], r"collapsed: .* 5\.0% of the real .* 2 evalu.* at 3,000"),
        ([(1.0, 0.9), (4.1, 0.9), (5.0, 0.9)], r"worse: .* is 5, .* best, 1, at 4,000 images"),
    ],
)
def test_images_that_are_all_alike_or_get_ever_worse_stop(evaluations: list, message: str):
    check = DivergenceMonitor(RULES).check_evaluation
    *before, last = ((2000 + 1000 * i, *evaluation) for i, evaluation in enumerate(evaluations))
    for evaluation in before:
        check(*evaluation)
    refused(message, check, *last, error=DivergedError)


def test_one_bad_evaluation_is_forgiven():
    monitor = DivergenceMonitor(RULES)
    for distance in (1.0, 4.1, 3.9, 4.1, 0.5, 1.9, 2.1, 1.9):
        monitor.check_evaluation(2000, distance, diversity=0.9)
    assert (monitor.state["far"], monitor.state["best_distance"]) == (0, 0.5)


def test_a_young_generator_has_time_but_not_for_what_is_no_number():
    monitor = DivergenceMonitor(RULES)
    for images_seen in range(0, 1000, 100):
        monitor.check_evaluation(images_seen, distance=50.0, diversity=0.0)
    assert monitor.state == DivergenceMonitor(RULES).state
    message = "frechet distance is nan at 10 images"
    refused(message, monitor.check_evaluation, 10, math.nan, 0.5, error=DivergedError)


def test_a_resumed_monitor_counts_on():
    """One session, and one that passes through JSON after every entry, stop at the same one."""

    def run(resumed: bool) -> tuple[list[dict[str, Any]], str]:
        monitor, states = DivergenceMonitor(replace(RULES, score_patience=4)), []
        for step in range(20):
            try:
                monitor.check_losses(2000 * step, APART if step % 4 else GOOD)
                monitor.check_evaluation(2000 * step, 1.0 + step, 0.1 if step > 5 else 0.9)
            except DivergedError as error:
                return states, str(error)
            states.append(monitor.state)
            if resumed:
                state = json.loads(json.dumps(monitor.state))
                monitor = DivergenceMonitor(monitor.rules, state)
        raise AssertionError("it never stopped")

    assert run(resumed=True) == run(resumed=False)
