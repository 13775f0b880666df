"""Results from what the stages of a profile wrote."""

from collections.abc import Iterator, Mapping
from typing import Any

from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement, Protocol, measurements_from_json
from cipslib.utils.files import read_json
from replication.claims.results import Key, Results
from replication.profile.profile import Profile
from replication.profile.results import NUMBERS


def collect(profile: Profile) -> Results:
    """Return the numbers of the profile's own runs: what removed runs left is not read.

    Raises UserError, naming the file, if one is torn.
    """
    numbers: dict[Key, Measurement] = {}
    for run in profile.runs:
        folder = profile.paths.run(run)
        if profile.paths.metrics(run).is_file():
            numbers |= _numbers(f"{run}/metrics", read_json(profile.paths.metrics(run)))
        for path in sorted(folder.glob(f"*/{NUMBERS}")):
            numbers |= _numbers(f"{run}/{path.parent.name}", read_json(path))
    if profile.paths.checks.is_file():
        numbers |= _numbers("checks", read_json(profile.paths.checks))
    return Results(
        numbers,
        profile=profile.name,
        cards={run: profile.datasets[one.dataset].card for run, one in profile.runs.items()},
        lengths={run: one.length for run, one in profile.runs.items()},
        left_out=profile.left_out,
    )


def _numbers(where: str, content: Mapping[str, Any]) -> dict[Key, Measurement]:
    found = {
        Key(where, measure, kind): number
        for measure, kinds in measurements_from_json(content).items()
        for kind, number in kinds.items()
        if number is not None
    }
    for measure, kind, value in _without_interval(content):
        how = Protocol(measure.replace("_", " "), {"measure": measure, "interval": "none"})
        found[Key(where, measure, kind)] = Measurement(Estimate(value, value, value), how)
    return found


def _without_interval(content: Mapping[str, Any]) -> Iterator[tuple[str, str, float]]:
    """Yield what stages write beside numbers with protocols: measure, kind, value."""
    for name, found in content.get("encodings", {}).items():
        if found["spatial_structure"] is not None:
            yield "spatial_structure", name, found["spatial_structure"]
        if "mean_image" in found:
            yield "mean_image_p", name, found["mean_image"]["p"]
    if "p" in content.get("memorisation", {}):
        yield "copies_p", "generated", content["memorisation"]["p"]
