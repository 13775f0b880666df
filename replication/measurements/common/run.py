"""The shape of every command that analyses a run: load it, measure it, write what was found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import (
    Measurement,
    Measurements,
    Protocol,
    ProtocolValue,
    measurements_to_json,
)
from cipslib.metrics.over_seeds import aggregate_over_seeds
from cipslib.networks.generator import Generator
from cipslib.utils.environment import describe_environment
from cipslib.utils.errors import TooSmallError, UserError
from replication.measurements.common.trained_run import TrainedRun, load_run
from replication.profile.profile import Profile
from replication.profile.results import Arrays, write_not_run, write_results


@dataclass
class AnalysisResults:
    """What an analysis finds; several add up."""

    measurements: Measurements = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)  # what else is to be said
    arrays: Arrays = field(default_factory=dict)  # what figures need

    def __add__(self, other: "AnalysisResults") -> "AnalysisResults":
        return AnalysisResults(
            {**self.measurements, **other.measurements},
            {**self.details, **other.details},
            {**self.arrays, **other.arrays},
        )


def analyse_run(profile: Profile, analysis: str, name: str) -> Path:
    """Write what an analysis finds of run ``name``; return the path of its numbers.

    Of several training seeds: means over them; what figures show is of the first. Beside them stand
    the numbers of the networks before their training. Of a run that the profile leaves out, or
    whose images are too small: why. ``analysis``: a command, of whose module in
    replication/measurements ``measure`` is called. Raises UserError if generator or data are
    missing, or the generator is of another kind than the analysis needs.
    """
    folder = profile.paths.analysis(name, analysis)
    if name in profile.left_out:
        return write_not_run(folder, name, profile.left_out[name])
    measure = import_module(f"replication.measurements.{analysis}").measure
    run = profile.run(name)
    trained = {seed: load_run(profile, name, own) for seed, own in run.folder_seeds.items()}
    try:
        found: dict[int, AnalysisResults] = {seed: measure(one) for seed, one in trained.items()}
    except TooSmallError as error:
        return write_not_run(folder, name, str(error))
    first = run.seeds[0]
    untrained = {seed: measure(one.untrained()).measurements for seed, one in trained.items()}
    content = {
        "run": name,
        "dataset": run.dataset,
        **seeds_to_json({seed: results.measurements for seed, results in found.items()}),
        "untrained": untrained_to_json(untrained),
        **found[first].details,
        "environment": describe_environment(profile.paths.root, trained[first].device),
    }
    return write_results(folder, content, found[first].arrays)


def untrained_to_json(by_seed: Mapping[int, Measurements]) -> dict[str, Any]:
    """Return untrained networks' numbers, and of which: those of noise without a face lack some."""
    whole = {seed: of for seed, of in by_seed.items() if all(all(k.values()) for k in of.values())}
    each = {str(seed): measurements_to_json(one) for seed, one in (whole or by_seed).items()}
    return {**seeds_to_json(whole or by_seed), "per_seed": each}


def seeds_to_json(
    by_seed: Mapping[int, Measurements], stopped: Mapping[int, str | None] | None = None
) -> dict[str, Any]:
    """Return the numbers over all seeds, and what each one alone would have in its file."""
    if len(by_seed) == 1:
        return measurements_to_json(next(iter(by_seed.values())))
    each = {str(seed): measurements_to_json(one) for seed, one in by_seed.items()}
    early = {seed: why for seed, why in (stopped or {}).items() if why is not None}
    return {**measurements_to_json(aggregate_over_seeds(by_seed, early)), "per_seed": each}


def cips_generator(trained: TrainedRun, cylinder: bool) -> Generator:
    """Return the generator, of coordinates on a cylinder or on a plane. Raises UserError for
    others.
    """
    generator = trained.generator
    if not isinstance(generator, Generator) or bool(generator.config.circumference) != cylinder:
        kind = "a cylinder: cips.circumference above 0" if cylinder else "a plane"
        raise UserError(f"run {trained.run.name} must be of model cips, with coordinates on {kind}")
    return generator


def measurement(
    trained: TrainedRun, measure: str, value: Estimate, **entries: ProtocolValue
) -> Measurement:
    """Return a number of the trained generator's images, rendered without truncation and noise."""
    how: dict[str, ProtocolValue] = {
        "measure": measure,
        "resolution": trained.run.generator.resolution,
        "truncation": "none",
        "noise": "none",
        "seed": trained.evaluation.seed,
        **entries,
    }
    return Measurement(value, Protocol(measure, how))


def without_interval(trained: TrainedRun, measure: str, value: float) -> Measurement:
    """Return a number, such as a p-value, whose spread over images is not known."""
    estimate = Estimate(value, value, value)
    return measurement(trained, measure, estimate, interval="none: over trainings alone")
