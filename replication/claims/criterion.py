"""A criterion of a claim: a condition in words, the numbers it needs, and how those decide."""

import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from typing import Any

from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement
from replication.claims.results import Key, NotMeasuredError, Results
from replication.claims.undertrained import undertrained

REPRODUCED = "reproduced"
CONTRADICTED = "contradicted"
INCONCLUSIVE = "inconclusive"
OUT_OF_REACH = "out of reach"  # of any training at this scale
NOT_RUN = "not run"
VERDICTS = (REPRODUCED, CONTRADICTED, INCONCLUSIVE, OUT_OF_REACH, NOT_RUN)
DECIDED = (REPRODUCED, CONTRADICTED)


def combine(verdicts: Sequence[str]) -> str:
    """Return the verdict of all together: one that fails decides, whatever the others are."""
    for verdict in (CONTRADICTED, NOT_RUN, OUT_OF_REACH, INCONCLUSIVE):
        if verdict in verdicts:
            return verdict
    return REPRODUCED


@dataclass(frozen=True)
class Decision:
    """What a rule makes of numbers that are all there."""

    verdict: str
    difference: Estimate | None = None
    remark: str = ""
    needed: str = "more images or training seeds: the interval covers both sides"  # to decide


@dataclass(frozen=True)
class Outcome:
    """What a criterion found: its verdict, the numbers, and what else is to be said."""

    rule: str
    verdict: str
    numbers: Mapping[str, Measurement]  # by what they are
    difference: Estimate | None = None
    logarithms: bool = False  # the difference is of the numbers' logarithms
    remark: str = ""
    needed: str = ""  # what would decide; nothing if it is decided
    missing: tuple[str, ...] = ()  # why numbers are not there
    untrained: Mapping[str, float] = field(default_factory=dict)  # the same before any training

    def to_json(self) -> dict[str, Any]:
        numbers = {
            name: {**number.to_json(), "protocol": number.protocol.name}
            | ({"untrained": self.untrained[name]} if name in self.untrained else {})
            for name, number in self.numbers.items()
        }
        content: dict[str, Any] = {"rule": self.rule, "verdict": self.verdict, "numbers": numbers}
        if self.difference is not None:
            value, *interval = map(math.exp if self.logarithms else float, astuple(self.difference))
            name = "ratio" if self.logarithms else "difference"
            content[name] = {"value": value, "interval": interval}
        for name in ("remark", "needed"):
            if getattr(self, name):
                content[name] = getattr(self, name)
        if self.missing:
            content["missing"] = list(self.missing)
        return content


@dataclass(frozen=True)
class Criterion:
    """A condition in words, the numbers that it needs, and how those decide."""

    rule: str
    keys: tuple[Key, ...]
    decide: Callable[[Results, tuple[Measurement, ...]], Decision]
    of_difference: Callable[[Estimate], str] | None = None  # the verdict, where that decides
    logarithms: bool = False  # it is the difference of the two numbers' logarithms

    def judge(self, results: Results) -> Outcome:
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
        decision = self.decide(results, tuple(found.values()))
        verdict = decision.verdict
        remarks = [decision.remark, *_about_trainings(found)]
        needed = decision.needed
        if verdict in DECIDED:
            needed = "; ".join(self._doubts(results, found, decision))
            if needed:
                remarks.insert(0, f"the numbers alone: {verdict}")
                verdict = INCONCLUSIVE
        remark = "; ".join(filter(None, remarks))
        null = {key: results.untrained[key] for key in self.keys if key in results.untrained}
        return Outcome(
            self.rule,
            verdict,
            numbers,
            difference=decision.difference,
            logarithms=self.logarithms,
            remark=remark,
            needed=needed,
            untrained={str(key): number.estimate.value for key, number in null.items()},
        )

    def _doubts(
        self, results: Results, found: Mapping[Key, Measurement], decision: Decision
    ) -> Iterator[str]:
        """Yield why numbers that lie on one side decide nothing yet, as what would be needed."""
        runs = dict.fromkeys(key.run for key in self.keys)
        short = [run for run in runs if undertrained(results.metrics(run))]
        if short:
            yield f"a longer training: undertrained are {', '.join(short)}"
        counts = [len(number.per_seed) for number in found.values()]
        less = decision.difference
        if len(runs) > 1 and 0 in counts:  # they differ from seed to seed
            yield "several trainings of each run: another seed may say otherwise"
        for left_out in range(max(counts)):
            rest = tuple(without_training(number, left_out) for number in found.values())
            if self.of_difference and less:  # its interval keeps its width
                values = [number.estimate.value for number in rest]
                first, second = map(math.log, values) if self.logarithms else values
                by = first - second - less.value
                again = self.of_difference(shifted(less, by))
            else:
                again = self.decide(results, rest).verdict
            if again != decision.verdict:
                yield f"more trainings: without number {left_out + 1} of each it is not decided"
                return

    def untrained_passes(self, results: Results) -> bool:
        """Tell whether networks fulfil it before their training; not if nobody measured them."""
        numbers = {**results.numbers, **results.untrained}
        measured = results.untrained.keys() & {*self.keys}
        if not measured or not all(key in numbers for key in self.keys):
            return False
        found = tuple(numbers[key] for key in self.keys)
        return self.decide(results, found).verdict == REPRODUCED


def without_training(number: Measurement, left_out: int) -> Measurement:
    """Return a mean over trainings without one of them; the interval keeps its width.

    Without a training of three, Student's interval would be of two, and contain nearly anything.
    """
    if len(number.per_seed) <= left_out:
        return number
    rest = (*number.per_seed[:left_out], *number.per_seed[left_out + 1 :])
    shift = statistics.mean(rest) - number.estimate.value if rest else 0.0
    return replace(number, estimate=shifted(number.estimate, shift), per_seed=rest)


def shifted(estimate: Estimate, by: float) -> Estimate:
    """Return the estimate moved, its interval as wide as before."""
    return Estimate(*(by + end for end in astuple(estimate)))


def _about_trainings(numbers: Mapping[Key, Measurement]) -> Iterator[str]:
    """Say that numbers are of one and of several trainings, and that some of these ended early."""
    counts = {len(number.per_seed) for key, number in numbers.items() if key.kind != "real"}
    if 0 in counts and len(counts) > 1:
        yield "intervals over several trainings, and over images of one"
    for key, number in numbers.items():
        if "stopped" in number.protocol.entries:
            yield f"{key.run} ended before its end: {number.protocol.entries['stopped']}"
