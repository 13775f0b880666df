"""The rules of which claims are made: each returns a criterion over numbers."""

from dataclasses import dataclass

from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import DifferentProtocolsError, Measurement, difference
from replication.claims.criterion import (
    CONTRADICTED,
    INCONCLUSIVE,
    REPRODUCED,
    Criterion,
    Decision,
)
from replication.claims.results import Key, Results

# Entries of a protocol in which two kinds of generators differ by their nature.
ALLOWED_DIFFERENCES = ("interpolation", "noise")
SPREAD = 0.05  # of FIDs of one recipe, trained anew

Numbers = tuple[Measurement, ...]


def above(estimate: Estimate, limit: float) -> str:
    """Return "reproduced" if the whole interval is above, "contradicted" if all is below."""
    if estimate.low > limit:
        return REPRODUCED
    return CONTRADICTED if estimate.high < limit else INCONCLUSIVE


def within(estimate: Estimate, low: float, high: float) -> str:
    """Return "reproduced" if the interval is in [low, high], "contradicted" if it is outside."""
    if low <= estimate.low and estimate.high <= high:
        return REPRODUCED
    return CONTRADICTED if estimate.high < low or estimate.low > high else INCONCLUSIVE


def more(first: Key, second: Key, margin: float = 0.0, *, any_length: bool = False) -> Criterion:
    """Ask that ``first`` less ``second`` is above ``margin``; contradicted if below -margin.

    A margin stands for the spread that numbers without an interval do not show. Two runs that were
    trained for different lengths do not compare, unless it is the length that is asked about; nor
    do two of which one is undertrained, with the same exception: which of them is ahead shows how a
    training begins, not what the paper says of trained networks.
    """
    keys = (first, second)

    def decide(results: Results, numbers: Numbers) -> Decision:
        if not any_length and not results.trained_alike(keys):
            lengths = results.training_lengths(keys)
            images = " and ".join("not known" if n is None else f"{n:,}" for n in lengths)
            remark = f"trained on different numbers of images: {images}"
            return Decision(INCONCLUSIVE, remark=remark)
        try:
            less = difference(numbers[0], numbers[1], ALLOWED_DIFFERENCES)
        except DifferentProtocolsError as error:
            entries = ", ".join(name.replace("_", " ") for name in error.entries)
            remark = f"two protocols, which differ in: {entries}"
            return Decision(INCONCLUSIVE, remark=remark)
        if less.low > margin:
            return Decision(REPRODUCED, less)
        return Decision(CONTRADICTED if less.high < -margin else INCONCLUSIVE, less)

    rule = f"{first} is more than {second}"
    if margin:
        rule += f" by more than {margin:g}; contradicted if it is less by more than {margin:g}"
    compares_runs = first.run != second.run and not any_length
    return Criterion(rule, keys, decide, compares_runs)


def at_least(key: Key, limit: float) -> Criterion:
    """Ask that a number is above the limit."""

    def decide(_: Results, numbers: Numbers) -> Decision:
        return Decision(above(numbers[0].estimate, limit))

    return Criterion(f"{key} is above {limit:g}", (key,), decide)


def at_most(key: Key, limit: float) -> Criterion:
    """Ask that a number is not above the limit."""
    return between(key, float("-inf"), limit, f"{key} is at most {limit:g}")


def between(key: Key, low: float, high: float, rule: str | None = None) -> Criterion:
    """Ask that a number is in [low, high]."""

    def decide(_: Results, numbers: Numbers) -> Decision:
        return Decision(within(numbers[0].estimate, low, high))

    return Criterion(rule or f"{key} is from {low:g} to {high:g}", (key,), decide)


@dataclass(frozen=True)
class PaperValue:
    """A number that the paper prints, and what it takes to have measured the same."""

    value: float
    card: str  # of the data set
    resolution: int  # px
    name: str  # how the number's protocol begins: FID-50k is never a Fréchet distance of others


def equals_paper(key: Key, paper: PaperValue) -> Criterion:
    """Ask that the interval is within ``SPREAD`` of the paper's number, of the same data and size.

    Anything smaller is inconclusive, however near it comes: a miniature reproduces no FID.
    """
    low = (1 - SPREAD) * paper.value
    high = (1 + SPREAD) * paper.value

    def decide(results: Results, numbers: Numbers) -> Decision:
        protocol = numbers[0].protocol
        pairs = {
            "data": (results.cards.get(key.run), paper.card),
            "resolution": (protocol.entries.get("resolution"), paper.resolution),
            "measure": (protocol.name.split(" ")[0], paper.name),
        }
        differing = [
            f"{name} {here}, not {theirs}"
            for name, (here, theirs) in pairs.items()
            if here != theirs
        ]
        if differing:
            return Decision(INCONCLUSIVE, remark=f"not the paper's scale: {'; '.join(differing)}")
        return Decision(within(numbers[0].estimate, low, high))

    return Criterion(f"{key} is {paper.value:g}, within {SPREAD:.0%}", (key,), decide)


def not_by_chance(p: Key) -> Criterion:
    """Ask that ``p`` is at most 0.05; contradicted from 0.5 on, where chance does as well.

    Between, there is no evidence, which is not evidence of the contrary.
    """

    def decide(_: Results, numbers: Numbers) -> Decision:
        chance = numbers[0].estimate.value
        if chance <= 0.05:
            return Decision(REPRODUCED)
        return Decision(CONTRADICTED if chance >= 0.5 else INCONCLUSIVE)

    return Criterion(f"{p} is at most 0.05; from 0.5 on it is contradicted", (p,), decide)


def not_copies(closer: Key, p: Key, most: float) -> Criterion:
    """Ask that no test finds copies, and that few images are closer to the training set.

    ``p`` below 5 % contradicts; above it, only an interval below ``most`` reproduces.
    """

    def decide(_: Results, numbers: Numbers) -> Decision:
        chance = numbers[1].estimate.value
        if chance < 0.05:
            return Decision(CONTRADICTED, remark=f"p = {chance:.2g}: evidence of copies")
        verdict = REPRODUCED if numbers[0].estimate.high < most else INCONCLUSIVE
        return Decision(verdict, remark=f"p = {chance:.2g}")

    rule = f"{closer} is below {most:g}, and no test finds copies (p from 0.05 on)"
    return Criterion(rule, (closer, p), decide)
