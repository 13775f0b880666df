"""`cips artifacts`: what rules find odd in a run's pictures and in real ones (4.9, Fig. 12)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cipslib.analysis.artifacts import (
    FALSE_ALARMS,
    RULES,
    SMALLEST,
    UNITS,
    Found,
    Usual,
    find,
    flagged,
    learn_usual,
    threshold,
)
from cipslib.analysis.injected_artifacts import plant
from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement, Measurements, Protocol, measurements_to_json
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import UInt8
from replication.measurements.common.run import Measured, write_run
from replication.measurements.common.trained_run import (
    Draw,
    Subject,
    generated_files,
    open_subject,
    picture_entries,
    real_files,
)
from replication.profile.profile import Profile
from replication.profile.results import Arrays

PICTURES = 1300  # generated, and of each of three disjoint sets of real ones
SHOWN = 16  # pictures of each kind that are kept for figures


@dataclass(frozen=True)
class Sets:
    """Disjoint sets of real pictures, and as many generated ones."""

    usual: UInt8[np.ndarray, "count h w 3"]  # that the rules learn from
    limit: UInt8[np.ndarray, "count h w 3"]  # that thresholds are taken from
    real: UInt8[np.ndarray, "count h w 3"]
    generated: UInt8[np.ndarray, "count h w 3"]

    @property
    def compared(self) -> dict[str, UInt8[np.ndarray, "count h w 3"]]:
        return {"generated": self.generated, "real": self.real}


def artifacts_run(profile: Profile, name: str) -> Path:
    """Write numbers.json and pictures.safetensors to one folder; returns the path of the first.

    Of a run that the profile leaves out: why. Raises UserError if generator or data are missing,
    or the pictures are too small for the rules.
    """
    return write_run(profile, name, profile.paths.artifacts(name), _measure)


def _measure(profile: Profile, name: str) -> Measured:
    subject = open_subject(profile, name)
    if subject.run.generator.resolution < SMALLEST:
        size = subject.run.generator.resolution
        raise UserError(f"run {name} has {size} px: the rules for artifacts need {SMALLEST}")
    sets = _sets(subject)
    usual = learn_usual(sets.usual)
    numbers: Measurements = {}
    limits, arrays = {}, _draw(sets)
    for rule in RULES:
        limit, by_kind, found = _judge(subject, sets, usual, rule)
        numbers[rule], limits[rule] = by_kind, {"threshold": limit, "unit": UNITS[rule]}
        for kind, pictures in sets.compared.items():
            arrays |= _worst(f"{rule}.{kind}", pictures, found[kind])
    content = {
        **measurements_to_json(numbers),
        "rules": limits,
        "pictures": len(sets.real),
        "false_alarms": false_alarms(len(sets.limit)),
    }
    return subject, content, arrays


def false_alarms(count: int) -> float:
    """Of so many real pictures: the share that a threshold lets through, one of them at least."""
    return max(FALSE_ALARMS, 1 / count)


def _sets(subject: Subject) -> Sets:
    count = min(PICTURES, len(subject.chosen) // 3)
    order = np.random.default_rng(subject.config.seed).permutation(subject.chosen)
    parts = (order[first : first + count] for first in (0, count, 2 * count))
    usual, limit, real = (np.concatenate(list(real_files(subject, part))) for part in parts)
    return Sets(usual, limit, real, np.concatenate(list(generated_files(subject, count))))


def _judge(
    subject: Subject, sets: Sets, usual: Usual, rule: str
) -> tuple[float, dict[str, Measurement | None], dict[str, Found]]:
    """The threshold; the shares above it; and what was found in generated and real pictures.

    ``planted``: the share found of artifacts that were put into the real ones.
    """
    limit = threshold(find(rule, sets.limit, usual).scores, false_alarms(len(sets.limit)))
    found = {kind: find(rule, pictures, usual) for kind, pictures in sets.compared.items()}
    shares = {kind: flagged(one.scores, limit) for kind, one in found.items()}
    planted, _ = plant(rule, sets.real, subject.config.seed)
    shares["planted"] = flagged(find(rule, planted, usual).scores, limit)
    return limit, {kind: _number(subject, sets, rule, one) for kind, one in shares.items()}, found


def _number(subject: Subject, sets: Sets, rule: str, value: Estimate) -> Measurement:
    count = len(sets.real)
    parts = Draw(subject.chosen[: 3 * count], "a third each: learnt from, threshold, compared")
    entries = {
        "measure": f"share of pictures with {rule.replace('_', ' ')}",
        "false_alarms": false_alarms(count),
        **picture_entries(subject, parts, count),
    }
    return Measurement(value, Protocol(rule.replace("_", " "), entries))


def _draw(sets: Sets) -> Arrays:
    """Pictures that nobody and no rule chose: the first; the real ones are in random order."""
    return {f"usual.{kind}": pictures[:SHOWN] for kind, pictures in sets.compared.items()}


def _worst(name: str, pictures: UInt8[np.ndarray, "count h w 3"], found: Found) -> Arrays:
    """The most conspicuous first; of each its score, and where it is: see ``Found``."""
    order = np.argsort(-found.scores, kind="stable")[:SHOWN]
    return {
        f"{name}.pictures": pictures[order],
        f"{name}.scores": found.scores[order],
        f"{name}.boxes": found.boxes[order],
    }
