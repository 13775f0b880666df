"""`cips artifacts`: periodic texture in a run's images and in real ones (Sec. 4.9, Fig. 12)."""

import numpy as np

from cipslib.analysis.artifacts import Detections, periodic_texture, threshold
from cipslib.metrics.intervals import proportion
from cipslib.metrics.measurement import Measurement, Protocol
from cipslib.utils.shapes import UInt8
from replication.measurements.common.run import AnalysisResults
from replication.measurements.common.trained_run import RealSet, TrainedRun
from replication.profile.results import Arrays

NUM_IMAGES = 1300  # generated, and of each of two disjoint sets of real ones
FALSE_ALARMS = 0.01  # of real images that the threshold lets through
SHOWN = 16  # images of each kind that are kept for figures
RULE = "periodic_texture"

Images = UInt8[np.ndarray, "count h w 3"]


def measure(trained: TrainedRun) -> AnalysisResults:
    """Count images with periodic texture: generated ones and real ones.

    Raises UserError for images too small for the rule.
    """
    for_threshold, real = draw_real(trained)
    count = len(real)
    alarms = false_alarms(count)
    limit = threshold(periodic_texture(for_threshold).scores, alarms)
    compared = {"generated": np.concatenate(list(trained.generated_images(count))), "real": real}
    found = {kind: periodic_texture(images) for kind, images in compared.items()}
    how = _protocol(trained, count, alarms)
    shares: dict[str, Measurement | None] = {
        kind: Measurement(proportion(one.scores > limit), how) for kind, one in found.items()
    }
    # Images that nobody and no rule chose: the first; the real ones are in random order.
    arrays = {f"usual.{kind}": images[:SHOWN] for kind, images in compared.items()}
    for kind, images in compared.items():
        arrays |= _most_conspicuous(f"{RULE}.{kind}", images, found[kind])
    return AnalysisResults({RULE: shares}, {"threshold_db": limit, "images": count}, arrays)


def false_alarms(count: int) -> float:
    """Return the share of ``count`` real images that the threshold lets through: at least one."""
    return max(FALSE_ALARMS, 1 / count)


def draw_real(trained: TrainedRun) -> tuple[Images, Images]:
    """Draw two disjoint sets of training images, each at most a third of them.

    One is for the threshold; the other is compared with generated images.
    """
    count = min(NUM_IMAGES, len(trained.training_indices) // 3)
    order = np.random.default_rng(trained.evaluation.seed).permutation(trained.training_indices)
    for_threshold, real = (
        np.concatenate(list(trained.real_images(order[first : first + count])))
        for first in (count, 2 * count)
    )
    return for_threshold, real


def _protocol(trained: TrainedRun, count: int, alarms: float) -> Protocol:
    drawn = RealSet(trained.training_indices[: 2 * count], "a half each: threshold, compared")
    entries = {
        "measure": "share of images with periodic texture",
        "false_alarms": alarms,
        **trained.image_entries(drawn, count),
    }
    return Protocol("periodic texture", entries)


def _most_conspicuous(name: str, images: Images, found: Detections) -> Arrays:
    """Return the images of the highest scores, first the highest, with places."""
    order = np.argsort(-found.scores, kind="stable")[:SHOWN]
    return {f"{name}.images": images[order], f"{name}.boxes": found.boxes[order]}
