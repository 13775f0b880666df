"""Evidence from what the stages of a profile wrote; what is absent is missing for a reason."""

from collections.abc import Iterator, Mapping
from typing import Any

from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement, Protocol, measurements_from_json
from cipslib.utils.files import read_json
from replication.claims.evidence import Evidence, Key
from replication.profile.profile import Profile

CHECKS = "checks"
# What stages measure of a run, in RUN/NAME.json or in RUN/NAME/numbers.json.
FILES = (
    "metrics",
    "spectra",
    "neighbours",
    "latents",
    "resampling",
    "panorama",
    "artifacts",
)


def collect(profile: Profile) -> Evidence:
    """From the files of the profile's own runs: what removed runs left is not read.

    Raises UserError, naming the file, if one is torn.
    """
    numbers: dict[Key, Measurement] = {}
    missing = {run: f"{run} was left out: {why}" for run, why in profile.left_out.items()}
    for run in profile.runs:
        for file in FILES:
            folder, where = profile.paths.run(run), f"{run}/{file}"
            paths = (folder / f"{file}.json", folder / file / "numbers.json")
            written = [path for path in paths if path.is_file()]
            for path in written:
                numbers.update(_numbers(where, read_json(path)))
            if not written:
                missing[where] = f"{run} has no {file}: its stage was not run"
    if profile.paths.checks.is_file():
        numbers.update(_numbers(CHECKS, read_json(profile.paths.checks)))
    else:
        missing[CHECKS] = "there is no checks.json: cips checks was not run"
    cards = {run: profile.datasets[config.dataset].card for run, config in profile.runs.items()}
    lengths = {run: config.length for run, config in profile.runs.items()}
    return Evidence(numbers, missing, cards, profile.name, lengths)


def _numbers(where: str, content: Mapping[str, Any]) -> Iterator[tuple[Key, Measurement]]:
    for measure, kinds in measurements_from_json(content).items():
        for kind, number in kinds.items():
            if number is not None:
                yield Key(where, measure, kind), number
    for measure, kind, value in _without_interval(content):
        yield Key(where, measure, kind), _bare(measure, value)


def _without_interval(content: Mapping[str, Any]) -> Iterator[tuple[str, str, float]]:
    """What stages have beside numbers with protocols."""
    for name, found in content.get("encodings", {}).items():
        if found["spatial_structure"] is not None:
            yield "spatial_structure", name, found["spatial_structure"]
        if "mean_image" in found:
            yield "mean_image_p", name, found["mean_image"]["p"]
    if "p" in content.get("memorisation", {}):
        yield "copies_p", "generated", content["memorisation"]["p"]


def _bare(measure: str, value: float) -> Measurement:
    """A number without an interval; its protocol says so."""
    how = Protocol(measure.replace("_", " "), {"measure": measure, "interval": "none"})
    return Measurement(Estimate(value, value, value), how)
