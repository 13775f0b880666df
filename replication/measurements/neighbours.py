"""`cips neighbours`: a run's images beside their nearest training images (Fig. 18, App. E).

The largest face of each image is compared where the data are faces, else the whole image, by what
evaluation.descriptor names. Images held out of the training tell whether there are copies.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

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
from cipslib.metrics.intervals import Estimate, proportion
from cipslib.metrics.knn import Neighbours
from cipslib.metrics.measurement import Measurement, Protocol, ProtocolValue
from cipslib.utils.errors import UserError
from cipslib.utils.files import atomic_write
from cipslib.utils.shapes import Float, Int, UInt8
from replication.measurements.common.evaluator import kept_path
from replication.measurements.common.run import AnalysisResults
from replication.measurements.common.trained_run import (
    RealSet,
    TrainedRun,
    generated_images,
    image_entries,
    real_images,
)
from replication.profile.results import Arrays

K = 5  # neighbours shown of each image (Fig. 18)
SHOWN = 8  # images of each kind that are kept for figures
FEWEST = 2  # images a side that the test for copies needs
COPIES = "probability that a generated image is closer to the training set than a held-out one"
Images = UInt8[np.ndarray, "_ h w 3"]


@dataclass(frozen=True)
class NeighbourSearch:
    """How a run's images are described, training images among them."""

    trained: TrainedRun
    descriptor: Descriptor

    @property
    def faces(self) -> bool:
        """Whether the largest face of each image is described, or the whole image."""
        return bool(self.trained.card["faces"])

    @property
    def mirrored(self) -> bool:
        """Whether the training saw mirrored images, which are references like the others."""
        return bool(self.trained.card["flips"])

    @property
    def entries(self) -> dict[str, ProtocolValue]:
        """What a protocol says of it."""
        crop = {**DETECTION, "crop": f"the largest face, to {CROP} px"} if self.faces else {}
        return {
            **crop,
            "descriptor": self.descriptor.name,
            "weights_sha256": self.descriptor.weights_sha256,
            "distance": "Euclidean, to all training images",
            "mirrored": "training images are mirrored, too" if self.mirrored else "no",
        }

    def describe(self, images: Iterable[Images], mirrored: bool = False) -> Descriptors | None:
        """Return None if there are no images, or no face in any."""
        try:
            if self.faces:
                return describe_faces(images, self.descriptor, self.trained.device, mirrored)
            return describe_images(images, self.descriptor, mirrored)
        except NothingFoundError:
            return None

    def describe_training(self) -> Descriptors:
        """Describe all training images, mirrored ones too if the training saw them.

        What an earlier command described is read. Raises UserError if too few images have a face.
        """
        trained = self.trained
        path = kept_path("descriptors", trained, self.entries, trained.training_indices)
        described = _load(path)
        if described is None:
            images = real_images(trained, trained.training_indices)
            described = self.describe(images, self.mirrored)
            if described is not None:
                with atomic_write(path) as temporary:
                    save_file(vars(described), temporary)
        found = 0 if described is None else int(described.found.sum())
        if described is None or found < K:
            raise UserError(
                f"run {trained.run.name}: {found} of the {len(trained.training_indices)} training "
                f"images have a face, and {K} neighbours are asked for; does its card say `faces` "
                "rightly?"
            )
        return described


_FIELDS = fields(Descriptors)


def _load(path: Path) -> Descriptors | None:
    """Return None if there is nothing, or nothing whole."""
    try:
        with safe_open(path, "np") as file:
            return Descriptors(**{each.name: file.get_tensor(each.name) for each in _FIELDS})
    except (OSError, SafetensorError):
        return None


Described = dict[str, Descriptors | None]  # generated, held_out, training; None: nothing found


def measure(trained: TrainedRun) -> AnalysisResults:
    """Find neighbours and test for copies.

    Raises UserError if weights are missing, or too few training images have a face.
    """
    name = trained.evaluation.descriptor
    search = NeighbourSearch(trained, load_descriptor(name, trained.paths.weights, trained.device))
    training = search.describe_training()
    held_out = held_out_indices(trained.card)
    sets: Described = {
        "generated": search.describe(generated_images(trained, trained.evaluation.neighbours)),
        "held_out": search.describe(real_images(trained, held_out)),
    }
    test, closer, distances = _test_for_copies(trained, sets, training)
    number = None if closer is None else Measurement(closer, _protocol(search, COPIES))
    results = AnalysisResults(
        {"closer": {"generated": number}},
        {"memorisation": test, "descriptor": search.descriptor.name},
        {**_nearest_arrays(trained, sets, training), **distances},
    )
    if search.faces:
        results.measurements["faces"] = _face_rates(search, {**sets, "training": training})
    return results


def _nearest_arrays(trained: TrainedRun, sets: Described, training: Descriptors) -> Arrays:
    """Return the first generated images, those closest to a training image, and their neighbours.

    And of each generated image that was described its number, as `cips sample` counts, the rows of
    its neighbours in the prepared array, and their distances.
    """
    arrays: Arrays = {}
    for kind, described in sets.items():
        if described is None:
            continue
        found = nearest_images(described, training, K, trained.device)
        order = np.argsort(found.distances[:, 0], kind="stable")
        chosen = {f"closest {kind}": order[:SHOWN]}
        if kind == "generated":
            chosen["first"] = np.arange(len(order))[:SHOWN]
            arrays["image"] = described.images
            arrays["neighbours"] = trained.training_indices[training.images[found.indices]]
            arrays["distances"] = found.distances
        for name, rows in chosen.items():
            numbers = described.images[rows]
            if kind == "generated":
                arrays[f"{name}.images"] = _generated(trained, numbers)
            else:
                arrays[f"{name}.images"] = _real(trained, held_out_indices(trained.card)[numbers])
            arrays[f"{name}.boxes"] = as_panel_boxes(described.boxes[rows])
            beside = _neighbour_arrays(trained, training, found, rows)
            arrays |= {f"{name}.{what}": array for what, array in beside.items()}
    return arrays


def _generated(trained: TrainedRun, numbers: Int[np.ndarray, " rows"]) -> Images:
    """Return generated images by their numbers, as they were described."""
    found: dict[int, np.ndarray] = {}
    first = 0
    for batch in generated_images(trained, int(numbers.max()) + 1):
        here = [n for n in numbers if first <= n < first + len(batch)]
        found.update({n: batch[n - first] for n in here})
        first += len(batch)
    return np.stack([found[n] for n in numbers])


def _real(trained: TrainedRun, rows: Int[np.ndarray, " rows"]) -> Images:
    return np.concatenate(list(real_images(trained, rows)))


def _neighbour_arrays(
    trained: TrainedRun, training: Descriptors, found: Neighbours, rows: Int[np.ndarray, " rows"]
) -> Arrays:
    """Return neighbours as they were compared: one may be so by its mirror image."""
    indices = found.indices[rows].ravel()
    images = _real(trained, trained.training_indices[training.images[indices]])
    boxes = training.boxes[indices].copy()
    mirrored = training.mirrored[indices]
    images[mirrored] = images[mirrored, :, ::-1]
    boxes[mirrored] = mirrored_boxes(boxes[mirrored], images.shape[2])
    return {
        "neighbours": images.reshape(-1, K, *images.shape[1:]),
        "neighbour_boxes": as_panel_boxes(boxes).reshape(-1, K, 4),
        "distances": found.distances[rows],
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
    trained: TrainedRun, sets: Described, training: Descriptors
) -> tuple[dict[str, Any], Estimate | None, Arrays]:
    """Return the test, or why there is none; its effect size; the distances that it is of."""
    distances = {}
    for kind, described in sets.items():
        count = 0 if described is None else len(described.vectors)
        if described is None or count < FEWEST:
            what = kind.replace("_", "-")
            why = f"{count} {what} images to compare, and at least {FEWEST} are needed"
            return {"untested": why}, None, {}
        found = nearest_images(described, training, 1, trained.device)
        distances[f"{kind}_to_training"] = found.distances[:, 0]
    result = memorisation(*distances.values())
    test = {key: value for key, value in asdict(result).items() if key != "closer"}
    return test, result.closer, distances


def _face_rates(search: NeighbourSearch, sets: Described) -> dict[str, Measurement | None]:
    protocol = _protocol(search, "share of images with at least one face")
    searched = {
        "generated": search.trained.evaluation.neighbours,
        "held_out": len(held_out_indices(search.trained.card)),
        "training": len(search.trained.training_indices),
    }
    rates: dict[str, Measurement | None] = {}
    for kind, count in searched.items():
        described = sets[kind]
        hits = np.zeros(count, dtype=bool) if described is None else described.found
        rates[kind] = Measurement(proportion(hits), protocol) if count else None
    return rates


def _protocol(search: NeighbourSearch, measure: str) -> Protocol:
    trained = search.trained
    everything = RealSet(trained.training_indices, "the whole training set")
    entries = {
        "measure": measure,
        **search.entries,
        **image_entries(trained, everything, trained.evaluation.neighbours),
        "held_out_images": len(held_out_indices(trained.card)),
    }
    name = "closer than held out" if measure == COPIES else "faces found, MTCNN"
    return Protocol(name, entries)
