"""`cips artifacts`: what rules find odd in a run's images and in real ones (Sec. 4.9, Fig. 12)."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from cipslib.analysis.artifacts import (
    FALSE_ALARMS,
    RULES,
    SMALLEST,
    UNITS,
    Detections,
    ReferenceStatistics,
    detect,
    flagged,
    learn_reference,
    threshold,
)
from cipslib.analysis.injected_artifacts import inject
from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement, Protocol
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import UInt8
from replication.measurements.common.run import AnalysisResults
from replication.measurements.common.trained_run import (
    RealSet,
    TrainedRun,
    generated_images,
    image_entries,
    real_images,
)
from replication.profile.results import Arrays

NUM_IMAGES = 1300  # generated, and of each of three disjoint sets of real ones
SHOWN = 16  # images of each kind that are kept for figures


@dataclass(frozen=True)
class ImageSets:
    """Disjoint sets of real images, and as many generated ones."""

    learnt_from: UInt8[np.ndarray, "count h w 3"]  # by the rules
    for_threshold: UInt8[np.ndarray, "count h w 3"]
    real: UInt8[np.ndarray, "count h w 3"]
    generated: UInt8[np.ndarray, "count h w 3"]

    @property
    def compared(self) -> dict[str, UInt8[np.ndarray, "count h w 3"]]:
        return {"generated": self.generated, "real": self.real}


def measure(trained: TrainedRun) -> AnalysisResults:
    """Count what each rule finds. Raises UserError for images too small for the rules."""
    size = trained.run.generator.resolution
    if size < SMALLEST:
        raise UserError(
            f"run {trained.run.name} has {size} px: the rules for artifacts need {SMALLEST}"
        )
    sets = draw_sets(trained)
    reference = learn_reference(sets.learnt_from)
    # Images that nobody and no rule chose: the first; the real ones are in random order.
    shown = {f"usual.{kind}": images[:SHOWN] for kind, images in sets.compared.items()}
    results = AnalysisResults(arrays=shown)
    thresholds = {}
    for rule in RULES:
        found, thresholds[rule] = _apply(trained, sets, reference, rule)
        results += found
    details = {
        "rules": thresholds,
        "images": len(sets.real),
        "false_alarms": false_alarms(len(sets.for_threshold)),
    }
    return results + AnalysisResults(details=details)


def false_alarms(count: int) -> float:
    """Return the share of ``count`` real images that a threshold lets through: at least one."""
    return max(FALSE_ALARMS, 1 / count)


def draw_sets(trained: TrainedRun) -> ImageSets:
    """Draw a third of the training images for each use, and as many generated ones."""
    count = min(NUM_IMAGES, len(trained.training_indices) // 3)
    order = np.random.default_rng(trained.evaluation.seed).permutation(trained.training_indices)
    learnt_from, for_threshold, real = (
        np.concatenate(list(real_images(trained, order[first : first + count])))
        for first in (0, count, 2 * count)
    )
    generated = np.concatenate(list(generated_images(trained, count)))
    return ImageSets(learnt_from, for_threshold, real, generated)


def _apply(
    trained: TrainedRun, sets: ImageSets, reference: ReferenceStatistics, rule: str
) -> tuple[AnalysisResults, dict[str, Any]]:
    """Return the shares above a rule's threshold and the most conspicuous images; the threshold.

    ``planted``: the share found of artifacts that were put into the real images.
    """
    alarms = false_alarms(len(sets.for_threshold))
    limit = threshold(detect(rule, sets.for_threshold, reference).scores, alarms)
    found = {kind: detect(rule, images, reference) for kind, images in sets.compared.items()}
    shares = {kind: flagged(one.scores, limit) for kind, one in found.items()}
    injected, _ = inject(rule, sets.real, trained.evaluation.seed)
    shares["planted"] = flagged(detect(rule, injected, reference).scores, limit)
    arrays: Arrays = {}
    for kind, images in sets.compared.items():
        arrays |= _most_conspicuous(f"{rule}.{kind}", images, found[kind])
    measured: dict[str, Measurement | None] = {
        kind: _measurement(trained, sets, rule, one) for kind, one in shares.items()
    }
    return AnalysisResults({rule: measured}, {}, arrays), {"threshold": limit, "unit": UNITS[rule]}


def _measurement(trained: TrainedRun, sets: ImageSets, rule: str, value: Estimate) -> Measurement:
    count = len(sets.real)
    parts = trained.training_indices[: 3 * count]
    chosen = RealSet(parts, "a third each: learnt from, threshold, compared")
    entries = {
        "measure": f"share of images with {rule.replace('_', ' ')}",
        "false_alarms": false_alarms(count),
        **image_entries(trained, chosen, count),
    }
    return Measurement(value, Protocol(rule.replace("_", " "), entries))


def _most_conspicuous(
    name: str, images: UInt8[np.ndarray, "count h w 3"], found: Detections
) -> Arrays:
    """Return the images of the highest scores, first the highest, with scores and places."""
    order = np.argsort(-found.scores, kind="stable")[:SHOWN]
    return {
        f"{name}.images": images[order],
        f"{name}.scores": found.scores[order],
        f"{name}.boxes": found.boxes[order],
    }
