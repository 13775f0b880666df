"""`cips neighbours`: the nearest training pictures of a run's pictures; are there copies?"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from cipslib.datasets.splits import held_out_indices
from cipslib.metrics.descriptors import load_descriptor
from cipslib.metrics.face_detection import Described, NothingFoundError
from cipslib.metrics.intervals import Estimate, proportion
from cipslib.metrics.knn import Neighbours
from cipslib.metrics.measurement import Measurement, Measurements, Protocol, measurements_to_json
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float, Int, UInt8
from replication.measurements.common.run import Measured, write_run
from replication.measurements.common.trained_run import (
    Draw,
    Portions,
    Subject,
    generated_files,
    open_subject,
    picture_entries,
    real_files,
)
from replication.measurements.nearest import K, Looking, describe_training, memorised, neighbours_of
from replication.profile.profile import Profile
from replication.profile.results import Arrays

SHOWN = 8  # pictures of each kind that are kept for figures
FEWEST = 2  # pictures a side that the test for copies needs
COPIES = "probability that a generated picture is closer to the training set than a held-out one"
Sets = dict[str, Described | None]  # None: there is none, or none with a face


def neighbours_run(profile: Profile, name: str) -> Path:
    """Write numbers.json and pictures.safetensors to one folder; returns the path of the first.

    Of a run that the profile leaves out: why. Raises UserError if generator, data or weights are
    missing, or too few training pictures have a face.
    """
    return write_run(profile, name, profile.paths.neighbours(name), _measure)


def _measure(profile: Profile, name: str) -> Measured:
    subject = open_subject(profile, name)
    weights = profile.paths.weights
    looking = Looking(subject, load_descriptor(subject.config.descriptor, weights, subject.device))
    held_out = held_out_indices(subject.card)
    training = _training(looking, name)
    sets: Sets = {
        "generated": _describe(looking, generated_files(subject, subject.config.neighbours)),
        "held_out": _describe(looking, real_files(subject, held_out)),
        "training": training,
    }
    test, closer, distances = _memorisation(subject, sets, training)
    how = _how(looking, COPIES)
    number = None if closer is None else Measurement(closer, how)
    numbers: Measurements = {"closer": {"generated": number}}
    if looking.faces:
        numbers["faces"] = _face_rates(looking, sets, len(held_out))
    content = {
        **measurements_to_json(numbers),
        "memorisation": test,
        "descriptor": looking.descriptor.name,
    }
    return subject, content, {**_nearest(subject, sets, training), **distances}


def _training(looking: Looking, name: str) -> Described:
    try:
        described = describe_training(looking)
    except NothingFoundError as error:
        raise UserError(f"run {name}: {error}; does its card say `faces` rightly?") from error
    if described.found.sum() < K:
        raise UserError(
            f"run {name}: {described.found.sum()} training pictures have a face, and "
            f"{K} neighbours are asked for"
        )
    return described


def _describe(looking: Looking, images: Portions) -> Described | None:
    try:
        return looking.describe(images)
    except NothingFoundError:
        return None


def _nearest(subject: Subject, sets: Sets, training: Described) -> Arrays:
    """What figures show: the first generated pictures, and those closest to a training picture.

    And of each generated picture that was described its number, as `cips sample` counts, the rows
    of its neighbours in the prepared array, and their distances.
    """
    arrays: Arrays = {}
    for kind in ("generated", "held_out"):
        described = sets[kind]
        if described is None:
            continue
        found = neighbours_of(described, training, K, subject.device)
        order = np.argsort(found.distances[:, 0], kind="stable")
        chosen = {f"closest {kind}": order[:SHOWN]}
        if kind == "generated":
            chosen["first"] = np.arange(len(order))[:SHOWN]
            arrays["picture"] = described.pictures
            arrays["neighbours"] = subject.chosen[training.pictures[found.indices]]
            arrays["distances"] = found.distances
        for name, rows in chosen.items():
            queries = _pictures(subject, kind, described.pictures[rows])
            arrays[f"{name}.pictures"] = queries
            arrays[f"{name}.boxes"] = _marks(described.boxes[rows])
            beside = _neighbours(subject, training, found, rows)
            arrays |= {f"{name}.{what}": array for what, array in beside.items()}
    return arrays


def _pictures(
    subject: Subject, kind: str, numbers: Int[np.ndarray, " rows"]
) -> UInt8[np.ndarray, "rows h w 3"]:
    """Generated or held-out pictures by their numbers, as they were described."""
    if kind == "held_out":
        return _real(subject, held_out_indices(subject.card)[numbers])
    found, first = {}, 0
    for part in generated_files(subject, int(numbers.max()) + 1):
        here = [n for n in numbers if first <= n < first + len(part)]
        found.update({n: part[n - first] for n in here})
        first += len(part)
    return np.stack([found[n] for n in numbers])


def _real(subject: Subject, rows: Int[np.ndarray, " rows"]) -> UInt8[np.ndarray, "rows h w 3"]:
    return np.concatenate(list(real_files(subject, rows)))


def _neighbours(
    subject: Subject, training: Described, found: Neighbours, rows: Int[np.ndarray, " rows"]
) -> Arrays:
    """Turned as they were compared: a neighbour may be so by its mirror image."""
    indices = found.indices[rows].ravel()
    pictures = _real(subject, subject.chosen[training.pictures[indices]])
    boxes, mirrored = training.boxes[indices].copy(), training.mirrored[indices]
    pictures[mirrored] = pictures[mirrored, :, ::-1]
    boxes[mirrored] = _turned(boxes[mirrored], pictures.shape[2])
    return {
        "neighbours": pictures.reshape(-1, K, *pictures.shape[1:]),
        "neighbour_boxes": _marks(boxes).reshape(-1, K, 4),
        "distances": found.distances[rows],
    }


def _turned(boxes: Float[np.ndarray, "count 4"], width: int) -> Float[np.ndarray, "count 4"]:
    left, top, right, bottom = boxes.T
    return np.stack((width - right, top, width - left, bottom), axis=1)


def _marks(boxes: Float[np.ndarray, "count 4"]) -> Float[np.ndarray, "count 4"]:
    """(left, top, right, bottom) as ``plotting.Boxes``: (top, left, height, width)."""
    left, top, right, bottom = boxes.T
    return np.stack((top, left, bottom - top, right - left), axis=1)


def _memorisation(
    subject: Subject, sets: Sets, training: Described
) -> tuple[dict[str, Any], Estimate | None, Arrays]:
    """The test, or why there is none; its effect size; the distances that it is of."""
    generated, held_out = sets["generated"], sets["held_out"]
    for what, described in (("generated", generated), ("held-out", held_out)):
        count = 0 if described is None else len(described.vectors)
        if count < FEWEST:
            why = f"{count} {what} pictures to compare, and at least {FEWEST} are needed"
            return {"untested": why}, None, {}
    assert generated is not None and held_out is not None
    found, to_train, held_to_train = memorised(generated, held_out, training, subject.device)
    test = {key: value for key, value in asdict(found).items() if key != "closer"}
    arrays = {"generated_to_training": to_train, "held_out_to_training": held_to_train}
    return test, found.closer, arrays


def _face_rates(looking: Looking, sets: Sets, held_out: int) -> dict[str, Measurement | None]:
    how = _how(looking, "share of pictures with at least one face")
    subject = looking.subject
    searched = {
        "generated": subject.config.neighbours,
        "held_out": held_out,
        "training": len(subject.chosen),
    }
    rates: dict[str, Measurement | None] = {}
    for kind, count in searched.items():
        described = sets[kind]
        hits = np.zeros(count, dtype=bool) if described is None else described.found
        rates[kind] = Measurement(proportion(hits), how) if count else None
    return rates


def _how(looking: Looking, measure: str) -> Protocol:
    subject, held_out = looking.subject, held_out_indices(looking.subject.card)
    name = "faces found, MTCNN" if measure != COPIES else "closer than held out"
    everything = Draw(subject.chosen, "the whole training set")
    entries = {
        "measure": measure,
        **looking.entries,
        **picture_entries(subject, everything, subject.config.neighbours),
        "held_out_images": len(held_out),
    }
    return Protocol(name, entries)
