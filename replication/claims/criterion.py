"""A criterion of a claim: a condition in words, the numbers it needs, and how those decide."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement
from replication.claims.results import Key, NotMeasuredError, Results
from replication.claims.undertrained import undertrained

REPRODUCED = "reproduced"
CONTRADICTED = "contradicted"
INCONCLUSIVE = "inconclusive"
NOT_RUN = "not run"
VERDICTS = (REPRODUCED, CONTRADICTED, INCONCLUSIVE, NOT_RUN)


def combine(verdicts: Sequence[str]) -> str:
    """Return the verdict of all together: one that fails decides, whatever the others are."""
    for verdict in (CONTRADICTED, NOT_RUN, INCONCLUSIVE):
        if verdict in verdicts:
            return verdict
    return REPRODUCED


@dataclass(frozen=True)
class Decision:
    """What a rule makes of numbers that are all there."""

    verdict: str
    difference: Estimate | None = None
    remark: str = ""


@dataclass(frozen=True)
class Outcome:
    """What a criterion found: its verdict, the numbers, and what else is to be said."""

    rule: str
    verdict: str
    numbers: Mapping[str, Measurement]  # by what they are
    difference: Estimate | None = None
    remark: str = ""
    missing: tuple[str, ...] = ()  # why numbers are not there

    def to_json(self) -> dict[str, Any]:
        numbers = {
            name: {**number.to_json(), "protocol": number.protocol.name}
            | {"protocol_hash": number.protocol.hash}
            for name, number in self.numbers.items()
        }
        content: dict[str, Any] = {"rule": self.rule, "verdict": self.verdict, "numbers": numbers}
        if self.difference is not None:
            interval = [self.difference.low, self.difference.high]
            content["difference"] = {"value": self.difference.value, "interval": interval}
        if self.remark:
            content["remark"] = self.remark
        if self.missing:
            content["missing"] = list(self.missing)
        return content


@dataclass(frozen=True)
class Criterion:
    """A condition in words, the numbers that it needs, and how those decide."""

    rule: str
    keys: tuple[Key, ...]
    decide: Callable[[Results, tuple[Measurement, ...]], Decision]
    compares_runs: bool = False  # of which each must be trained well enough
    # The same asked of runs of a shorter training: it decides if its runs have all numbers and were
    # trained alike, and those of this one were not.
    matched: "Criterion | None" = None

    def judge(self, results: Results) -> Outcome:
        matched = self.matched
        if matched and matched.comparable(results) and not self.comparable(results):
            return matched.judge(results)
        found: dict[Key, Measurement] = {}
        missing: list[str] = []
        for key in self.keys:
            try:
                found[key] = results.number(key)
            except NotMeasuredError as error:
                missing.append(str(error))
        numbers = {str(key): number for key, number in found.items()}
        if missing:
            return Outcome(self.rule, NOT_RUN, numbers, missing=tuple(missing))
        decision = self.decide(results, tuple(found[key] for key in self.keys))
        runs = dict.fromkeys(key.run for key in self.keys)
        short = [run for run in runs if undertrained(results.metrics(run))]
        verdict = decision.verdict
        remarks = [decision.remark]
        if short:
            remarks.append(f"undertrained: {', '.join(short)}")
        if short and self.compares_runs and verdict != INCONCLUSIVE:
            remarks.append(f"the numbers alone: {verdict}")
            verdict = INCONCLUSIVE
        remark = "; ".join(filter(None, (*remarks, *_about_trainings(found))))
        return Outcome(self.rule, verdict, numbers, decision.difference, remark)

    def comparable(self, results: Results) -> bool:
        """Tell whether all numbers are there, of runs that were trained alike."""
        return all(key in results.numbers for key in self.keys) and results.trained_alike(self.keys)


def _about_trainings(numbers: Mapping[Key, Measurement]) -> Iterator[str]:
    """Say that numbers are of one and of several trainings, and that some of these ended early."""
    counts = {len(number.per_seed) for key, number in numbers.items() if key.kind != "real"}
    if 0 in counts and len(counts) > 1:
        yield "intervals over several trainings, and over images of one"
    for key, number in numbers.items():
        if "stopped" in number.protocol.entries:
            yield f"{key.run} ended before its end: {number.protocol.entries['stopped']}"
