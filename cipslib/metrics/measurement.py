"""What a number depends on beside the generator. Only numbers of one protocol can be compared."""

import hashlib
import json
import math
import statistics
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from cipslib.metrics.intervals import Estimate, mean

ProtocolValue = str | int | float | bool | None
# Entries that say of which trainings a number is, not how it was taken: it compares with others.
OVER_SEEDS = ("num_seeds", "seeds", "stopped", "interval_of")


class DifferentProtocolsError(ValueError):
    """Two numbers do not compare; ``entries``: those in which their protocols differ, unasked."""

    def __init__(self, entries: Mapping[str, tuple[ProtocolValue, ProtocolValue]]) -> None:
        self.entries = dict(entries)
        said = "; ".join(f"{name}: {one!r}, {other!r}" for name, (one, other) in entries.items())
        super().__init__(
            f"the numbers' protocols differ in {', '.join(entries)} ({said}): not comparable, "
            "unless each is named in `despite`"
        )


@dataclass(frozen=True)
class Protocol:
    """How a number is taken; docs/protocol.md says what each entry means."""

    # What it is called, and what to know before it is believed: both follow from the entries.
    name: str  # never FID unless the features are Inception's
    entries: Mapping[str, ProtocolValue]
    caution: str | None = None

    @property
    def hash(self) -> str:
        """The hash of the entries: 16 hexadecimal digits, the same on every machine."""
        text = json.dumps(dict(self.entries), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def differences(self, other: "Protocol") -> dict[str, tuple[ProtocolValue, ProtocolValue]]:
        """The entries in which two protocols differ; None for one that the other lacks."""
        mine, theirs = self.entries, other.entries
        return {
            name: (mine.get(name), theirs.get(name))
            for name in {**mine, **theirs}
            if name not in mine or name not in theirs or mine[name] != theirs[name]
        }

    def to_json(self) -> dict[str, ProtocolValue]:
        caution = {} if self.caution is None else {"caution": self.caution}
        return {"name": self.name, **self.entries, **caution}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Protocol":
        entries = {k: v for k, v in content.items() if k not in ("name", "caution")}
        return cls(content["name"], entries, content.get("caution"))


@dataclass(frozen=True)
class Measurement:
    """A measured number, its interval, and how it was taken."""

    estimate: Estimate
    protocol: Protocol
    per_seed: tuple[float, ...] = ()  # of several: the value of each, of which this is the mean

    @property
    def deviation(self) -> float | None:
        """The standard deviation over several trainings; None of one."""
        return statistics.stdev(self.per_seed) if self.per_seed else None

    def to_json(self) -> dict[str, Any]:
        value = self.estimate
        number = {
            "value": value.value,
            "interval": [value.low, value.high],
            "protocol": self.protocol.hash,
        }
        if self.per_seed:
            number |= {"deviation": self.deviation, "per_seed": list(self.per_seed)}
        return number


# What is measured -> of which images -> the number.
Measurements = dict[str, dict[str, Measurement | None]]


def measurements_to_json(numbers: Measurements) -> dict[str, Any]:
    """Each number with its protocol's hash, and `protocols`, what stands behind the hashes."""
    return {
        "numbers": {
            name: {kind: None if n is None else n.to_json() for kind, n in kinds.items()}
            for name, kinds in numbers.items()
        },
        "protocols": {
            n.protocol.hash: n.protocol.to_json()
            for kinds in numbers.values()
            for n in kinds.values()
            if n is not None
        },
    }


def measurements_from_json(content: Mapping[str, Any]) -> Measurements:
    """What ``measurements_to_json`` wrote, maybe among other things."""
    protocols = {key: Protocol.from_json(p) for key, p in content["protocols"].items()}

    def number(written: Mapping[str, Any] | None) -> Measurement | None:
        if written is None:
            return None
        estimate = Estimate(written["value"], *written["interval"])
        per_seed = tuple(written.get("per_seed", ()))
        return Measurement(estimate, protocols[written["protocol"]], per_seed)

    return {
        name: {kind: number(written) for kind, written in kinds.items()}
        for name, kinds in content["numbers"].items()
    }


def difference(
    first: Measurement, second: Measurement, despite: Collection[str] = (), paired: bool = False
) -> Estimate:
    """``first`` less ``second``, of independent images or trainings, with its interval.

    The interval is made of both numbers' own, which need not be symmetric (Zou & Donner 2008); of
    two that have Student's over trainings of their own it is Welch's; of the same ones (``paired``)
    Student's of their differences. Raises DifferentProtocolsError, a ValueError, if their protocols
    differ in an entry that ``despite`` does not name and that is not of OVER_SEEDS.
    """
    differing = first.protocol.differences(second.protocol)
    allowed = {*despite, *OVER_SEEDS}
    unasked = {name: both for name, both in differing.items() if name not in allowed}
    if unasked:
        raise DifferentProtocolsError(unasked)
    both = first, second
    a, b = first.estimate, second.estimate
    value = a.value - b.value
    over_trainings = all(n.protocol.entries.get("interval_of") == "trainings" for n in both)
    if paired and over_trainings:
        return mean(np.subtract(first.per_seed, second.per_seed))
    factor = _welch_factor(*both) if over_trainings else 1.0
    down = factor * math.hypot(a.value - a.low, b.high - b.value)
    up = factor * math.hypot(a.high - a.value, b.value - b.low)
    return Estimate(value, value - down, value + up)


def _welch_factor(first: Measurement, second: Measurement) -> float:
    """Return Welch's width over that of both numbers' own, which are Student's."""
    freedom = np.array([len(number.per_seed) - 1 for number in (first, second)])
    halves = np.array([one.high - one.low for one in (first.estimate, second.estimate)]) / 2
    variances = (halves / stdtrit(freedom, 0.975)) ** 2
    joint = variances.sum() ** 2 / (variances**2 / freedom).sum()
    return float(stdtrit(joint, 0.975) * variances.sum() ** 0.5 / np.hypot(*halves))
