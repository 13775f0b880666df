"""The rules of which claims are made: each returns a criterion over numbers."""

import math
from collections.abc import Callable
from dataclasses import replace

from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import DifferentProtocolsError, Measurement, difference
from replication.claims.criterion import (
    CONTRADICTED,
    DECIDED,
    INCONCLUSIVE,
    OUT_OF_REACH,
    REPRODUCED,
    Criterion,
    Decision,
)
from replication.claims.results import Key, Results

# Entries of a protocol in which two kinds of generators differ by their nature.
ALLOWED_DIFFERENCES = ("interpolation", "noise")
SPREAD = 0.05  # of FIDs of one recipe, trained anew
PAPER_RESOLUTION = 256  # px, of Tab. 1
PAPER_MEASURE = "FID-50k"  # how the name of its protocol would begin here
# Trainings of each recipe that see a difference of one standard deviation in four of five studies:
# twice the squared sum of the normal distribution's 97.5 % and 80 % points, 1.960 and 0.842.
POWER_80 = 15.7
MOST_TRAININGS = 30  # ten times the three that tell a spread; what needs more is out of reach

Numbers = tuple[Measurement, ...]
Decide = Callable[[Results, Numbers], Decision]


def more(first: Key, second: Key) -> Criterion:
    """Ask that ``first`` is more than ``second``; contradicted if it is less."""

    def verdict(less: Estimate) -> str:
        if less.low > 0:
            return REPRODUCED
        return CONTRADICTED if less.high < 0 else INCONCLUSIVE

    def decide(_: Results, numbers: Numbers) -> Decision:
        paired = first.run == second.run
        less = difference(numbers[0], numbers[1], ALLOWED_DIFFERENCES, paired=paired)
        return Decision(verdict(less), less)

    keys = (first, second)
    return Criterion(
        f"{first} is more than {second}", keys, _comparable(keys, decide), of_difference=verdict
    )


def more_as_printed(first: Key, second: Key, printed: float, than: float) -> Criterion:
    """Ask that ``first`` is more than ``second``, as ``printed`` is more ``than`` in the paper.

    Contradicted as well if it is less than half of the paper's effect more, in logarithms: a
    replication fails where the effect is far smaller, too (Simonsohn 2015). Out of reach where to
    see the paper's effect would take more than MOST_TRAININGS of each, as far as theirs vary here.
    """
    effect = math.log(printed / than)

    def verdict(less: Estimate) -> str:
        if less.low > 0:
            return REPRODUCED
        return CONTRADICTED if less.high < effect / 2 else INCONCLUSIVE

    def decide(_: Results, numbers: Numbers) -> Decision:
        if min(number.estimate.value for number in numbers) <= 0:
            return Decision(INCONCLUSIVE, remark="0 has no logarithm", needed="more images")
        less = difference(_logarithm(numbers[0]), _logarithm(numbers[1]), ALLOWED_DIFFERENCES)
        if verdict(less) in DECIDED or not all(number.per_seed for number in numbers):
            return Decision(verdict(less), less)
        spreads = [(number.deviation or 0) / number.estimate.value for number in numbers]
        trainings = math.ceil(POWER_80 * (spreads[0] ** 2 + spreads[1] ** 2) / 2 / effect**2)
        reach = OUT_OF_REACH if trainings > MOST_TRAININGS else INCONCLUSIVE
        needed = f"about {trainings:,} trainings of each to see the paper's effect, "
        needed += f"{4 * trainings:,} to exclude half of it"
        return Decision(reach, less, needed=needed)

    times, half = math.exp(effect), math.exp(effect / 2)
    rule = f"{first} is more than {second} (in the paper {times:.3g} times as much); "
    rule += f"contradicted if it is less than {half:.3g} times as much"
    keys = (first, second)
    decided = _comparable(keys, decide)
    return Criterion(rule, keys, decided, of_difference=verdict, logarithms=True)


def _logarithm(number: Measurement) -> Measurement:
    """Return a number's logarithm, its interval as wide as the number's in relation to it."""
    was = number.estimate
    ends = (math.log(was.value) + end / was.value - 1 for end in (was.value, was.low, was.high))
    return replace(number, estimate=Estimate(*ends))


def _comparable(keys: tuple[Key, ...], decide: Decide) -> Decide:
    """Return ``decide`` for runs of one length and protocol; others do not compare."""

    def decided(results: Results, numbers: Numbers) -> Decision:
        lengths = results.training_lengths(keys)
        if len({*lengths}) > 1:
            images = " and ".join("not known" if n is None else f"{n:,}" for n in lengths)
            remark = f"trained on different numbers of images: {images}"
            return Decision(INCONCLUSIVE, remark=remark, needed="trainings of one length")
        try:
            return decide(results, numbers)
        except DifferentProtocolsError as error:
            entries = ", ".join(name.replace("_", " ") for name in error.entries)
            remark = f"two protocols, which differ in: {entries}"
            return Decision(INCONCLUSIVE, remark=remark, needed="numbers of one protocol")

    return decided


def above(key: Key, limit: float) -> Criterion:
    """Ask that a number is above the limit."""

    def decide(_: Results, numbers: Numbers) -> Decision:
        estimate = numbers[0].estimate
        if estimate.low > limit:
            return Decision(REPRODUCED)
        return Decision(CONTRADICTED if estimate.high < limit else INCONCLUSIVE)

    return Criterion(f"{key} is above {limit:g}", (key,), decide)


def at_most(key: Key, limit: float) -> Criterion:
    """Ask that a number is not above the limit."""
    return replace(between(key, float("-inf"), limit), rule=f"{key} is at most {limit:g}")


def between(key: Key, low: float, high: float) -> Criterion:
    """Ask that a number is in [low, high]."""

    def decide(_: Results, numbers: Numbers) -> Decision:
        return Decision(_within(numbers[0].estimate, low, high))

    return Criterion(f"{key} is from {low:g} to {high:g}", (key,), decide)


def _within(estimate: Estimate, low: float, high: float) -> str:
    """Return "reproduced" if the interval is in [low, high], "contradicted" if it is outside."""
    if low <= estimate.low and estimate.high <= high:
        return REPRODUCED
    return CONTRADICTED if estimate.high < low or estimate.low > high else INCONCLUSIVE


def equals_paper(key: Key, printed: float, card: str) -> Criterion:
    """Ask that the interval is within ``SPREAD`` of the paper's FID, of the same data and size.

    ``card``: of the paper's data set. Anything smaller is out of reach, however near it comes: a
    miniature reproduces no FID, and FID-50k is never a Fréchet distance of other features.
    """

    def decide(results: Results, numbers: Numbers) -> Decision:
        protocol = numbers[0].protocol
        pairs = {
            "data": (results.cards.get(key.run), card),
            "resolution": (protocol.entries.get("resolution"), PAPER_RESOLUTION),
            "measure": (protocol.name.split(" ")[0], PAPER_MEASURE),
        }
        differing = [
            f"{name} {here}, not {theirs}"
            for name, (here, theirs) in pairs.items()
            if here != theirs
        ]
        if differing:
            scale = "the paper's data, at 256 px, and the FID of 50,000 images"
            return Decision(OUT_OF_REACH, remark="; ".join(differing), needed=scale)
        spread = SPREAD * printed
        return Decision(_within(numbers[0].estimate, printed - spread, printed + spread))

    return Criterion(f"{key} is {printed:g}, within {SPREAD:.0%}", (key,), decide)


def not_by_chance(p: Key) -> Criterion:
    """Ask that ``p`` is at most 0.05; contradicted from 0.5 on, where chance does as well.

    Between, there is no evidence, which is not evidence of the contrary. Of several trainings each
    must be on that side.
    """

    def decide(_: Results, numbers: Numbers) -> Decision:
        chances = numbers[0].per_seed or (numbers[0].estimate.value,)
        if max(chances) <= 0.05:
            return Decision(REPRODUCED)
        return Decision(CONTRADICTED if min(chances) >= 0.5 else INCONCLUSIVE)

    return Criterion(f"{p} is at most 0.05; from 0.5 on it is contradicted", (p,), decide)


def not_copies(closer: Key, p: Key, most: float) -> Criterion:
    """Ask that no test finds copies, and that few images are closer to the training set.

    ``p`` below 5 % contradicts, in any training; above it, only an interval below ``most``
    reproduces.
    """

    def decide(_: Results, numbers: Numbers) -> Decision:
        chance = min(numbers[1].per_seed or (numbers[1].estimate.value,))
        if chance < 0.05:
            return Decision(CONTRADICTED, remark=f"p = {chance:.2g}: evidence of copies")
        verdict = REPRODUCED if numbers[0].estimate.high < most else INCONCLUSIVE
        return Decision(verdict, remark=f"p = {chance:.2g}")

    rule = f"{closer} is below {most:g}, and no test finds copies (p from 0.05 on)"
    return Criterion(rule, (closer, p), decide)


RULES: dict[str, Callable[..., Criterion]] = {  # by their names in claims.yaml
    "more": more,
    "more as printed": more_as_printed,
    "above": above,
    "at most": at_most,
    "between": between,
    "equals paper": equals_paper,
    "not by chance": not_by_chance,
    "not copies": not_copies,
}
