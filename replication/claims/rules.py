"""The parts of which rules are made: each takes numbers from the evidence and finds a verdict."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import DifferentProtocolsError, Measurement, difference
from replication.claims.evidence import Evidence, Key, NotMeasuredError
from replication.claims.trained_enough import not_learnt
from replication.claims.verdicts import (
    CONTRADICTED,
    INCONCLUSIVE,
    NOT_RUN,
    REPRODUCED,
    above,
    within,
)

# Entries of a protocol in which two kinds of generators differ by their nature.
BY_MODEL = ("interpolation", "noise")
SPREAD = 0.05  # of FIDs of one recipe, trained anew


@dataclass(frozen=True)
class Finding:
    """What one part found: its verdict, the numbers, and what else is to be said."""

    rule: str
    verdict: str
    numbers: Mapping[str, Measurement]  # by what they are
    difference: Estimate | None = None
    remark: str = ""
    missing: tuple[str, ...] = ()  # why numbers are not there
    not_learnt: Mapping[str, str] = field(default_factory=dict)  # runs that do not draw yet: why
    numbers_alone: str = ""  # the verdict without regard to that, if it is another

    def to_json(self) -> dict[str, Any]:
        numbers = {
            name: {**number.to_json(), "protocol": number.protocol.name}
            | {"protocol_hash": number.protocol.hash}
            for name, number in self.numbers.items()
        }
        found: dict[str, Any] = {"rule": self.rule, "verdict": self.verdict, "numbers": numbers}
        if self.difference is not None:
            estimate = self.difference
            found["difference"] = {
                "value": estimate.value,
                "interval": [estimate.low, estimate.high],
            }
        if self.remark:
            found["remark"] = self.remark
        if self.missing:
            found["missing"] = list(self.missing)
        return found


@dataclass(frozen=True)
class Part:
    """A condition in words, the numbers that it needs, and how those decide."""

    rule: str
    keys: tuple[Key, ...]
    decide: Callable[[Evidence, tuple[Measurement, ...]], tuple[str, Estimate | None, str]]
    # Whether runs are compared of which each must have learnt to draw.
    of_learnt: bool = False

    def find(self, evidence: Evidence) -> Finding:
        found: dict[Key, Measurement] = {}
        missing: list[str] = []
        for key in self.keys:
            try:
                found[key] = evidence.number(key)
            except NotMeasuredError as error:
                missing.append(str(error))
        numbers = {str(key): number for key, number in found.items()}
        if missing:
            return Finding(self.rule, NOT_RUN, numbers, missing=tuple(missing))
        verdict, estimate, remark = self.decide(evidence, tuple(found[key] for key in self.keys))
        short, alone = _not_learnt(evidence, self.keys), ""
        if short and self.of_learnt and verdict in (REPRODUCED, CONTRADICTED):
            verdict, alone = INCONCLUSIVE, verdict
        said = (remark, *_about_drawing(short, alone), *_about_trainings(found))
        remarks = "; ".join(filter(None, said))
        return Finding(
            self.rule, verdict, numbers, estimate, remarks, not_learnt=short, numbers_alone=alone
        )


def _about_drawing(short: Mapping[str, str], alone: str) -> Iterator[str]:
    if short:
        yield f"not learnt to draw: {', '.join(short)}"
    if alone:
        yield f"the numbers alone: {alone}"


def _not_learnt(evidence: Evidence, keys: tuple[Key, ...]) -> dict[str, str]:
    """The runs whose generators have not learnt to draw, by their evaluation, and why."""
    found: dict[str, str] = {}
    for run in dict.fromkeys(key.run for key in keys):
        kinds: dict[str, dict[str, Measurement]] = {}
        for key, number in evidence.numbers.items():
            if key.where == f"{run}/metrics":
                kinds.setdefault(key.measure, {})[key.kind] = number
        if why := not_learnt(kinds):
            found[run] = why
    return found


def _about_trainings(numbers: Mapping[Key, Measurement]) -> Iterator[str]:
    """That numbers are of one and of several trainings, and that some of these ended early."""
    counts = {len(number.trainings) for key, number in numbers.items() if key.kind != "real"}
    if 0 in counts and len(counts) > 1:
        yield "intervals over several trainings, and over pictures of one"
    for key, number in numbers.items():
        if "stopped" in number.protocol.entries:
            yield f"{key.run} ended before its end: {number.protocol.entries['stopped']}"


@dataclass(frozen=True)
class FirstComparable:
    """Parts that ask the same of different runs: the first whose runs were trained as long decides.

    If there is none, the first of all, which then says why not.
    """

    parts: tuple[Part, ...]

    @property
    def keys(self) -> tuple[Key, ...]:
        return tuple(dict.fromkeys(key for part in self.parts for key in part.keys))

    def find(self, evidence: Evidence) -> Finding:
        for part in self.parts:
            there = all(key in evidence.numbers for key in part.keys)
            if there and len({*_lengths(evidence, part.keys)}) <= 1:
                return part.find(evidence)
        return self.parts[0].find(evidence)


def _lengths(evidence: Evidence, keys: tuple[Key, ...]) -> list[int | None]:
    """How many images the runs were trained on; None: it is not known."""
    return [evidence.lengths[key.run] for key in keys if key.run in evidence.lengths]


def more(first: Key, second: Key, margin: float = 0.0, *, any_length: bool = False) -> Part:
    """``first`` less ``second`` is above ``margin``; contradicted if it is below -margin.

    A margin stands for the spread that numbers without an interval do not show. Two runs that were
    trained for different lengths do not compare, unless it is the length that is asked about; nor
    do two of which one has not learnt to draw (``metrics/learnt``), with the same exception: which
    of them is ahead says how a training begins, not what the paper says of trained networks.
    """

    def decide(
        evidence: Evidence, numbers: tuple[Measurement, ...]
    ) -> tuple[str, Estimate | None, str]:
        lengths = _lengths(evidence, (first, second))
        if len({*lengths}) > 1 and not any_length:
            images = " and ".join("not known" if n is None else f"{n:,}" for n in lengths)
            return INCONCLUSIVE, None, f"trained on different numbers of images: {images}"
        try:
            less = difference(numbers[0], numbers[1], BY_MODEL)
        except DifferentProtocolsError as error:
            entries = ", ".join(name.replace("_", " ") for name in error.entries)
            return INCONCLUSIVE, None, f"two protocols, which differ in: {entries}"
        if less.low > margin:
            return REPRODUCED, less, ""
        return (CONTRADICTED if less.high < -margin else INCONCLUSIVE), less, ""

    beyond = ""
    if margin:
        beyond = f" by more than {margin:g}; contradicted if it is less by more than {margin:g}"
    of_learnt = first.run != second.run and not any_length
    return Part(f"{first} is more than {second}{beyond}", (first, second), decide, of_learnt)


def at_least(key: Key, limit: float) -> Part:
    """The number is above the limit."""
    return Part(
        f"{key} is above {limit:g}",
        (key,),
        lambda _, numbers: (above(numbers[0].estimate, limit), None, ""),
    )


def at_most(key: Key, limit: float) -> Part:
    """The number is not above the limit."""
    return between(key, float("-inf"), limit, f"{key} is at most {limit:g}")


def between(key: Key, low: float, high: float, rule: str | None = None) -> Part:
    """The number is in [low, high]."""
    return Part(
        rule or f"{key} is from {low:g} to {high:g}",
        (key,),
        lambda _, numbers: (within(numbers[0].estimate, low, high), None, ""),
    )


@dataclass(frozen=True)
class Printed:
    """A number that the paper prints, and what it takes to have measured the same."""

    value: float
    card: str  # of the data set
    resolution: int  # px
    name: str  # how the number's protocol begins: FID-50k is never a Fréchet distance of others


def printed(key: Key, paper: Printed) -> Part:
    """The interval is within ``SPREAD`` of the paper's number, of the same data and size.

    Anything smaller is inconclusive, however near it comes: a miniature reproduces no FID.
    """
    low, high = (1 - SPREAD) * paper.value, (1 + SPREAD) * paper.value

    def decide(evidence: Evidence, numbers: tuple[Measurement, ...]) -> tuple[str, None, str]:
        protocol = numbers[0].protocol
        here = {
            "data": (evidence.cards.get(key.run), paper.card),
            "resolution": (protocol.entries.get("resolution"), paper.resolution),
            "measure": (protocol.name.split(" ")[0], paper.name),
        }
        pairs = here.items()
        other = [f"{name} {mine}, not {theirs}" for name, (mine, theirs) in pairs if mine != theirs]
        if other:
            return INCONCLUSIVE, None, f"not the paper's scale: {'; '.join(other)}"
        return within(numbers[0].estimate, low, high), None, ""

    return Part(f"{key} is {paper.value:g}, within {SPREAD:.0%}", (key,), decide)


def not_by_chance(p: Key) -> Part:
    """``p`` is at most 0.05. Contradicted from 0.5 on, where chance does as well as what was found.

    Between, there is no evidence, which is not evidence of the contrary.
    """

    def decide(_: Evidence, numbers: tuple[Measurement, ...]) -> tuple[str, None, str]:
        chance = numbers[0].estimate.value
        if chance <= 0.05:
            return REPRODUCED, None, ""
        return (CONTRADICTED if chance >= 0.5 else INCONCLUSIVE), None, ""

    return Part(f"{p} is at most 0.05; from 0.5 on it is contradicted", (p,), decide)


def not_copies(key: Key, p: Key, most: float) -> Part:
    """No test finds copies, and the probability of being closer to the training set is small.

    ``p`` below 5 % contradicts; above it, only an interval below ``most`` reproduces.
    """

    def decide(_: Evidence, numbers: tuple[Measurement, ...]) -> tuple[str, None, str]:
        closer, chance = numbers[0].estimate, numbers[1].estimate.value
        if chance < 0.05:
            return CONTRADICTED, None, f"p = {chance:.2g}: evidence of copies"
        return (REPRODUCED if closer.high < most else INCONCLUSIVE), None, f"p = {chance:.2g}"

    return Part(
        f"{key} is below {most:g}, and no test finds copies (p from 0.05 on)", (key, p), decide
    )
