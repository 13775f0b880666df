"""What was measured: numbers by the file that has them, and why others are missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cipslib.metrics.measurement import Measurement
from replication.claims.labels import label


class NotMeasuredError(Exception):
    """There is no such number; the message says why."""


@dataclass(frozen=True)
class Key:
    """Where a number stands: ``where`` is "checks" or RUN/FILE, such as "faces-cips/spectra"."""

    where: str
    measure: str
    kind: str = "generated"
    says: str = field(default="", compare=False)  # for readers; made of the others if empty

    @property
    def run(self) -> str:
        return self.where.split("/")[0]

    def __str__(self) -> str:
        said = self.says or label(self.measure, self.kind)
        return f"{self.run}: {said}" if "/" in self.where else said


@dataclass(frozen=True)
class Evidence:
    """Everything that claims are judged by."""

    numbers: Mapping[Key, Measurement]
    missing: Mapping[str, str] = field(default_factory=dict)  # a run, or a `where`: why
    cards: Mapping[str, str] = field(default_factory=dict)  # every run -> its data set's card
    profile: str = ""  # its name
    # Every run -> the images that it is trained on; None: not known.
    lengths: Mapping[str, int | None] = field(default_factory=dict)

    def number(self, key: Key) -> Measurement:
        """Raises NotMeasuredError that says why there is none."""
        if key in self.numbers:
            return self.numbers[key]
        for place in (key.run, key.where):
            if place in self.missing:
                raise NotMeasuredError(self.missing[place])
        if "/" in key.where and key.run not in self.cards:
            raise NotMeasuredError(f"profile {self.profile} has no run {key.run}")
        raise NotMeasuredError(f"no stage measures this yet: {key}")
