"""What was measured: numbers by the file that has them, and why others are missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cipslib.metrics.measurement import Measurement, measurements_from_json
from cipslib.utils.files import read_json
from replication.claims.words import KINDS, LABELS
from replication.profile.profile import Profile
from replication.profile.results import NUMBERS


class NotMeasuredError(Exception):
    """There is no such number; the message says why."""


@dataclass(frozen=True)
class Key:
    """Where a number stands: ``where`` is "checks" or RUN/FILE, such as "faces-cips/spectra"."""

    where: str
    measure: str
    kind: str = "generated"

    @classmethod
    def parse(cls, text: str) -> "Key":
        """Return the key that claims.yaml writes as RUN/FILE/MEASURE/KIND or checks/MEASURE/KIND.

        Without a kind it is of generated images.
        """
        parts = text.split("/")
        depth = 1 if parts[0] == "checks" else 2
        return cls("/".join(parts[:depth]), *parts[depth:])

    @property
    def run(self) -> str:
        return self.where.split("/")[0]

    def __str__(self) -> str:
        """Return what the number is, for a reader of the paper."""
        label = LABELS.get(self.measure, self.measure.replace("_", " "))
        of = KINDS.get(self.kind, self.kind.replace("_", " "))
        text = f"{label} ({of})" if of else label
        return f"{self.run}: {text}" if "/" in self.where else text


@dataclass(frozen=True)
class Results:
    """Everything by which claims are judged."""

    numbers: Mapping[Key, Measurement]
    untrained: Mapping[Key, Measurement] = field(default_factory=dict)  # before any training
    profile: str = ""  # its name
    cards: Mapping[str, str] = field(default_factory=dict)  # every run -> its data set's card
    left_out: Mapping[str, str] = field(default_factory=dict)  # runs of the paper -> why
    # Every run -> the number of images that it is trained on; None: not known.
    lengths: Mapping[str, int | None] = field(default_factory=dict)

    def number(self, key: Key) -> Measurement:
        """Return a number. Raises NotMeasuredError, which says why there is none."""
        if key in self.numbers:
            return self.numbers[key]
        run, _, file = key.where.partition("/")
        if run in self.left_out:
            raise NotMeasuredError(f"{run} was left out: {self.left_out[run]}")
        if file and run not in self.cards:
            raise NotMeasuredError(f"profile {self.profile} has no run {run}")
        if any(each.where == key.where for each in self.numbers):
            raise NotMeasuredError(f"no stage measures this yet: {key}")
        what = f"{run} has no {file}" if file else f"there is no {run}.json"
        raise NotMeasuredError(f"{what}: its stage was not run")

    def metrics(self, run: str) -> dict[str, dict[str, Measurement]]:
        """Return the numbers of a run's metrics.json by measure and kind."""
        found: dict[str, dict[str, Measurement]] = {}
        for key, number in self.numbers.items():
            if key.where == f"{run}/metrics":
                found.setdefault(key.measure, {})[key.kind] = number
        return found

    def training_lengths(self, keys: tuple[Key, ...]) -> list[int | None]:
        """Return the number of images that each number's run is trained on; None: not known."""
        return [self.lengths[key.run] for key in keys if key.run in self.lengths]


def collect(profile: Profile) -> Results:
    """Return the numbers of the profile's own runs: what removed runs left is not read.

    Raises UserError, naming the file, if one is torn.
    """
    files = {f"{run}/metrics": profile.paths.metrics(run) for run in profile.runs}
    for run in profile.runs:
        found = sorted(profile.paths.run(run).glob(f"*/{NUMBERS}"))
        files |= {f"{run}/{path.parent.name}": path for path in found}
    files["checks"] = profile.paths.checks
    numbers: dict[Key, Measurement] = {}
    untrained: dict[Key, Measurement] = {}
    for where, path in files.items():
        if path.is_file():
            content = read_json(path)
            numbers |= _numbers(where, content)
            untrained |= _numbers(where, content.get("untrained", {"numbers": {}, "protocols": {}}))
    for key, number in numbers.items():  # as `cips evaluate` writes it
        if key.kind == "untrained":
            untrained[replace(key, kind="generated")] = number
    return Results(
        numbers,
        untrained,
        profile=profile.name,
        cards={run: profile.datasets[one.dataset].card for run, one in profile.runs.items()},
        lengths={run: one.length for run, one in profile.runs.items()},
        left_out=profile.left_out,
    )


def _numbers(where: str, content: Mapping[str, Any]) -> dict[Key, Measurement]:
    return {
        Key(where, measure, kind): number
        for measure, kinds in measurements_from_json(content).items()
        for kind, number in kinds.items()
        if number is not None
    }
