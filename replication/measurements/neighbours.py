"""`cips neighbours`: a run's images beside their nearest training images (Fig. 18, App. E).

The largest face of each image is compared where the data are faces, else the whole image, by what
evaluation.descriptor names. Images held out of the training tell whether there are copies.
"""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np

from cipslib.analysis.memorisation import memorisation, nearest_images
from cipslib.datasets.splits import held_out_indices
from cipslib.metrics.descriptors import Descriptor, load_descriptor
from cipslib.metrics.face_detection import (
    CROP,
    DETECTION,
    Descriptors,
    NothingFoundError,
    describe_faces,
    describe_images,
)
from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement, Protocol
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float, UInt8
from replication.measurements.common.run import AnalysisResults, without_interval
from replication.measurements.common.trained_run import RealSet, TrainedRun
from replication.profile.results import Arrays

K = 5  # neighbours shown of each image (Fig. 18)
SHOWN = 6  # images that are kept for the figure
FEWEST = 2  # images a side that the test for copies needs
Images = UInt8[np.ndarray, "_ h w 3"]


def measure(trained: TrainedRun) -> AnalysisResults:
    """Find neighbours and test for copies.

    Raises UserError if weights are missing, or too few training images have a face.
    """
    name = trained.evaluation.descriptor
    descriptor = load_descriptor(name, trained.paths.weights, trained.device)
    count = trained.evaluation.neighbours
    held_out = trained.real_images(held_out_indices(trained.card))
    generated = _describe(trained, descriptor, trained.generated_images(count))
    sets = {"generated": generated, "held_out": _describe(trained, descriptor, held_out)}
    test: dict[str, Any]
    closer: Estimate | None
    test, closer, arrays = _untested("generated", 0)
    if generated is not None:  # an untrained network has none: nobody looks for its neighbours
        training = _describe_training(trained, descriptor)
        test, closer, arrays = _test_for_copies(trained, sets, training)
        arrays |= _neighbour_arrays(trained, generated, training)
    number = None if closer is None else Measurement(closer, _protocol(trained, descriptor))
    p = without_interval(trained, "p of copies", test["p"]) if "p" in test else None
    details = {"memorisation": test, "descriptor": descriptor.name}
    numbers = {"closer": {"generated": number}, "p_of_copies": {"generated": p}}
    return AnalysisResults(numbers, details, arrays)


def _describe(
    trained: TrainedRun, descriptor: Descriptor, images: Iterable[Images], mirrored: bool = False
) -> Descriptors | None:
    """Return None if there are no images, or no face in any."""
    try:
        if trained.card["faces"]:
            return describe_faces(images, descriptor, trained.device, mirrored)
        return describe_images(images, descriptor, mirrored)
    except NothingFoundError:
        return None


def _describe_training(trained: TrainedRun, descriptor: Descriptor) -> Descriptors:
    """Describe all training images, mirrored ones too if the training saw them.

    Raises UserError if too few images have a face.
    """
    images = trained.real_images(trained.training_indices)
    described = _describe(trained, descriptor, images, trained.card["flips"])
    found = 0 if described is None else int(described.found.sum())
    if described is None or found < K:
        raise UserError(
            f"run {trained.run.name}: {found} of the {len(trained.training_indices)} training "
            f"images have a face, and {K} neighbours are asked for; does its card say `faces` "
            "rightly?"
        )
    return described


def _neighbour_arrays(trained: TrainedRun, generated: Descriptors, training: Descriptors) -> Arrays:
    """Return the first generated images and their neighbours as they were compared: one may be so
    by its mirror image.
    """
    numbers = generated.images[:SHOWN]
    drawn = np.concatenate(list(trained.generated_images(int(numbers.max()) + 1)))
    indices = nearest_images(generated, training, K, trained.device).indices[:SHOWN].ravel()
    rows = trained.training_indices[training.images[indices]]
    images = np.concatenate(list(trained.real_images(rows)))
    boxes = training.boxes[indices].copy()
    mirrored = training.mirrored[indices]
    images[mirrored] = images[mirrored, :, ::-1]
    boxes[mirrored] = mirrored_boxes(boxes[mirrored], images.shape[2])
    return {
        "first.images": drawn[numbers],
        "first.boxes": as_panel_boxes(generated.boxes[:SHOWN]),
        "first.neighbours": images.reshape(-1, K, *images.shape[1:]),
        "first.neighbour_boxes": as_panel_boxes(boxes).reshape(-1, K, 4),
    }


def mirrored_boxes(boxes: Float[np.ndarray, "count 4"], width: int) -> Float[np.ndarray, "count 4"]:
    """Return the (left, top, right, bottom) that boxes have in the mirror image."""
    left, top, right, bottom = boxes.T
    return np.stack((width - right, top, width - left, bottom), axis=1)


def as_panel_boxes(boxes: Float[np.ndarray, "count 4"]) -> Float[np.ndarray, "count 4"]:
    """Return (left, top, right, bottom) as figures take them: (top, left, height, width)."""
    left, top, right, bottom = boxes.T
    return np.stack((top, left, bottom - top, right - left), axis=1)


def _test_for_copies(
    trained: TrainedRun, sets: dict[str, Descriptors | None], training: Descriptors
) -> tuple[dict[str, Any], Estimate | None, Arrays]:
    """Return the test, or why there is none; its effect size; the distances that it is of."""
    distances = {}
    for kind, described in sets.items():
        count = 0 if described is None else len(described.vectors)
        if described is None or count < FEWEST:
            return _untested(kind, count)
        found = nearest_images(described, training, 1, trained.device)
        distances[f"{kind}_to_training"] = found.distances[:, 0]
    result = memorisation(*distances.values())
    test = {key: value for key, value in asdict(result).items() if key != "closer"}
    return test, result.closer, distances


def _untested(kind: str, count: int) -> tuple[dict[str, Any], None, Arrays]:
    what = kind.replace("_", "-")
    why = f"{count} {what} images to compare, and at least {FEWEST} are needed"
    return {"untested": why}, None, {}


def _protocol(trained: TrainedRun, descriptor: Descriptor) -> Protocol:
    crop = {**DETECTION, "crop": f"the largest face, to {CROP} px"} if trained.card["faces"] else {}
    everything = RealSet(trained.training_indices, "the whole training set")
    entries = {
        "measure": "probability that a generated image is closer to the training set than a "
        "held-out one",
        **crop,
        "descriptor": descriptor.name,
        "weights_sha256": descriptor.weights_sha256,
        "distance": "Euclidean, to all training images",
        "mirrored": "training images are mirrored, too" if trained.card["flips"] else "no",
        **trained.image_entries(everything, trained.evaluation.neighbours),
        "held_out_images": len(held_out_indices(trained.card)),
    }
    return Protocol("closer than held out", entries)
