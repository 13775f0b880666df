"""What was measured: numbers by the file that has them, and why others are missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cipslib.metrics.measurement import Measurement

# Of what a number is, in words for a reader of the paper; a kind that is not here is written as is.
KINDS = {
    "generated": "",
    "real": "real images",
    "embedding": "coordinate embeddings",
    "fourier": "Fourier features",
    "without_embedding": "embeddings zeroed",
    "without_fourier": "Fourier features zeroed",
}


def with_kind(label: str, kind: str) -> str:
    """Return a measure's label, and of what it is unless of generated images."""
    of = KINDS.get(kind, kind.replace("_", " "))
    return f"{label} ({of})" if of else label


class NotMeasuredError(Exception):
    """There is no such number; the message says why."""


@dataclass(frozen=True)
class Key:
    """Where a number stands: ``where`` is "checks" or RUN/FILE, such as "faces-cips/spectra"."""

    where: str
    measure: str
    kind: str = "generated"
    label: str = field(default="", compare=False)  # for readers; empty: made of measure and kind

    @property
    def run(self) -> str:
        return self.where.split("/")[0]

    def __str__(self) -> str:
        label = self.label or with_kind(self.measure.replace("_", " "), self.kind)
        return f"{self.run}: {label}" if "/" in self.where else label


@dataclass(frozen=True)
class Results:
    """Everything by which claims are judged."""

    numbers: Mapping[Key, Measurement]
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

    def trained_alike(self, keys: tuple[Key, ...]) -> bool:
        """Tell whether the numbers' runs are trained on equally many images, as far as known."""
        return len({*self.training_lengths(keys)}) <= 1

    def training_lengths(self, keys: tuple[Key, ...]) -> list[int | None]:
        """Return the number of images that each number's run is trained on; None: not known."""
        return [self.lengths[key.run] for key in keys if key.run in self.lengths]
