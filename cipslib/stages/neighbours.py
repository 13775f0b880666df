"""`cips neighbours`: the nearest training pictures of a run's pictures; are there copies?"""

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from cipslib.config import Profile
from cipslib.datasets.splits import held_out_indices
from cipslib.environment import describe_environment
from cipslib.errors import UserError
from cipslib.metrics.descriptors import load_descriptor
from cipslib.metrics.faces import Described, NothingFoundError
from cipslib.metrics.neighbours import (
    K,
    Looking,
    boxes_of,
    describe_training,
    memorised,
    neighbours_of,
)
from cipslib.metrics.protocol import Number, Numbers, Protocol, numbers_to_json
from cipslib.metrics.subject import (
    Draw,
    Portions,
    Subject,
    generated_files,
    open_subject,
    picture_entries,
    pictures,
    real_files,
)
from cipslib.metrics.uncertainty import Estimate, share
from cipslib.paths import atomic_write, write_json

SHOWN = 16  # generated pictures that are kept for figures, the first with a face
FEWEST = 2  # pictures a side that the test for copies needs
COPIES = "probability that a generated picture is closer to the training set than a held-out one"
Arrays = dict[str, np.ndarray]
Sets = dict[str, Described | None]  # None: there is none, or none with a face


def neighbours_run(profile: Profile, name: str) -> Path:
    """Write neighbours.json and, beside it, what figures need; returns the path of the first.

    Raises UserError if generator, data or weights are missing, or too few training pictures have a
    face.
    """
    start = time.perf_counter()
    subject = open_subject(profile, name)
    folder = profile.paths.weights
    looking = Looking(subject, load_descriptor(subject.config.descriptor, folder, subject.device))
    held_out = held_out_indices(subject.card)
    training = _training(looking, name)
    sets: Sets = {
        "generated": _describe(looking, generated_files(subject, subject.config.neighbours)),
        "held_out": _describe(looking, real_files(subject, held_out)),
        "training": training,
    }
    arrays = _nearest(subject, sets["generated"], training)
    test, closer, distances = _memorisation(subject, sets, training)
    how = _how(looking, COPIES)
    number = None if closer is None else Number(closer, how)
    numbers: Numbers = {"closer": {"generated": number}}
    if looking.faces:
        numbers["faces"] = _face_rates(looking, sets, len(held_out))
    path = profile.paths.neighbours(name)
    with atomic_write(path.with_suffix(".safetensors")) as temporary:
        save_file({**arrays, **distances}, temporary)
    content = {
        "run": name,
        "dataset": subject.run.dataset,
        **numbers_to_json(numbers),
        "memorisation": test,
        "seconds": round(time.perf_counter() - start, 1),
        "environment": describe_environment(profile.paths.root, subject.device),
    }
    write_json(path, content)
    return path


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


def _nearest(subject: Subject, generated: Described | None, training: Described) -> Arrays:
    """Of each generated picture that was described; the first ``SHOWN`` pictures themselves.

    picture: its number, as `cips sample` counts; neighbours: rows of the prepared array.
    """
    side = subject.run.generator.resolution
    if generated is None:
        return {
            "picture": np.empty(0, int),
            "box": np.empty((0, 4)),
            "neighbours": np.empty((0, K), int),
            "distances": np.empty((0, K)),
            "neighbour_boxes": np.empty((0, K, 4)),
            "shown": np.empty((0, side, side, 3), np.uint8),
        }
    found = neighbours_of(generated, training, K, subject.device)
    first = generated.pictures[:SHOWN]
    drawn = np.concatenate(list(pictures(subject, int(first[-1]) + 1)))
    return {
        "picture": generated.pictures,
        "box": generated.boxes,
        "neighbours": subject.chosen[found.indices],
        "distances": found.distances,
        "neighbour_boxes": boxes_of(training, found.indices),
        "shown": drawn[first],
    }


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


def _face_rates(looking: Looking, sets: Sets, held_out: int) -> dict[str, Number | None]:
    how = _how(looking, "share of pictures with at least one face")
    subject = looking.subject
    searched = {
        "generated": subject.config.neighbours,
        "held_out": held_out,
        "training": len(subject.chosen),
    }
    rates: dict[str, Number | None] = {}
    for kind, count in searched.items():
        described = sets[kind]
        hits = np.zeros(count, dtype=bool) if described is None else described.found
        rates[kind] = Number(share(hits), how) if count else None
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
