"""The rules of which claims are made: each returns a criterion over numbers."""

from collections.abc import Callable
from dataclasses import replace

from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import DifferentProtocolsError, Measurement, difference
from replication.claims.criterion import (
    CONTRADICTED,
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

Numbers = tuple[Measurement, ...]


def more(first: Key, second: Key, margin: float = 0.0) -> Criterion:
    """Ask that ``first`` less ``second`` is above ``margin``; contradicted if below -margin.

    A margin stands for the spread that numbers without an interval do not show. Two runs that were
    trained for different lengths do not compare.
    """
    keys = (first, second)
    apart = first.run != second.run

    def verdict(less: Estimate) -> str:
        if less.low > margin:
            return REPRODUCED
        return CONTRADICTED if less.high < -margin else INCONCLUSIVE

    def decide(results: Results, numbers: Numbers) -> Decision:
        lengths = results.training_lengths(keys)
        if len({*lengths}) > 1:
            images = " and ".join("not known" if n is None else f"{n:,}" for n in lengths)
            remark = f"trained on different numbers of images: {images}"
            return Decision(INCONCLUSIVE, remark=remark, needed="trainings of one length")
        try:
            less = difference(numbers[0], numbers[1], ALLOWED_DIFFERENCES, paired=not apart)
        except DifferentProtocolsError as error:
            entries = ", ".join(name.replace("_", " ") for name in error.entries)
            remark = f"two protocols, which differ in: {entries}"
            return Decision(INCONCLUSIVE, remark=remark, needed="numbers of one protocol")
        return Decision(verdict(less), less)

    rule = f"{first} is more than {second}"
    if margin:
        rule += f" by more than {margin:g}; contradicted if it is less by more than {margin:g}"
    return Criterion(rule, keys, decide, of_difference=verdict)


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
    "above": above,
    "at most": at_most,
    "between": between,
    "equals paper": equals_paper,
    "not by chance": not_by_chance,
    "not copies": not_copies,
}
