"""The nearest training pictures of generated ones, and whether those are copies (Fig. 18, App. E).

From pictures to numbers: described by what ``evaluation.descriptor`` names, the largest face of
each where the data are faces, then searched exactly (knn.py).
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from cipslib.analysis.memorisation import Memorisation, memorisation
from cipslib.metrics.descriptors import Descriptor
from cipslib.metrics.face_detection import (
    CROP,
    DETECTION,
    Described,
    describe_faces,
    describe_pictures,
)
from cipslib.metrics.knn import Neighbours, nearest_neighbours
from cipslib.metrics.measurement import ProtocolValue
from cipslib.utils.files import atomic_write
from cipslib.utils.shapes import Float, UInt8
from replication.measurements.common.trained_run import Subject, real_files

K = 5  # neighbours shown of each picture (Fig. 18)


@dataclass(frozen=True)
class Looking:
    """How pictures of one subject are described, training pictures among them."""

    subject: Subject
    descriptor: Descriptor

    @property
    def faces(self) -> bool:
        """Whether the largest face of each picture is looked at, or the whole picture."""
        return bool(self.subject.card["faces"])

    @property
    def mirrored(self) -> bool:
        """Whether the training saw mirrored pictures, which are references like the others."""
        return bool(self.subject.card["flips"])

    @property
    def entries(self) -> dict[str, ProtocolValue]:
        """What a protocol says of it."""
        crop = {**DETECTION, "crop": f"the largest face, to {CROP} px"} if self.faces else {}
        return {
            **crop,
            "descriptor": self.descriptor.name,
            "weights_sha256": self.descriptor.weights_sha256,
            "distance": "Euclidean, to all training pictures",
            "mirrored": "training pictures are mirrored, too" if self.mirrored else "no",
        }

    def describe(
        self, images: Iterable[UInt8[np.ndarray, "_ _ _ 3"]], mirrored: bool = False
    ) -> Described:
        """Raises NothingFoundError if there is nothing to describe, such as no face anywhere."""
        if self.faces:
            return describe_faces(images, self.descriptor, self.subject.device, mirrored)
        return describe_pictures(images, self.descriptor, mirrored)


def neighbours_of(
    queries: Described,
    references: Described,
    k: int = K,
    device: torch.device | str = "cpu",
) -> Neighbours:
    """The ``k`` nearest pictures among those of ``references``, each counted once.

    ``indices`` are rows of ``references.vectors``: of a picture or of its mirror image, whichever
    is nearer. Raises UserError if there are too few references.
    """
    # A picture and its mirror image are one neighbour.
    most = int(np.unique(references.pictures, return_counts=True)[1].max())
    wide = nearest_neighbours(
        torch.from_numpy(queries.vectors).to(device),
        torch.from_numpy(references.vectors).to(device),
        k * most,
    )
    distances, indices = np.empty((len(wide.indices), k)), np.empty((len(wide.indices), k), int)
    for row, pictures in enumerate(references.pictures[wide.indices]):
        first = np.sort(np.unique(pictures, return_index=True)[1])[:k]
        distances[row], indices[row] = wide.distances[row, first], wide.indices[row, first]
    return Neighbours(distances, indices)


def memorised(
    generated: Described,
    held_out: Described,
    references: Described,
    device: torch.device | str = "cpu",
) -> tuple[Memorisation, Float[np.ndarray, " m"], Float[np.ndarray, " n"]]:
    """The test for copies, and the distances generated -> train and held-out -> train it is of.

    ``references`` are of all training pictures, ``held_out`` of the same source but none of them.
    Raises ValueError for fewer than two pictures a side.
    """
    to_train, held_to_train = (
        neighbours_of(one, references, 1, device).distances[:, 0] for one in (generated, held_out)
    )
    return memorisation(to_train, held_to_train), to_train, held_to_train


def describe_training(looking: Looking) -> Described:
    """All training pictures, mirrored ones too if the training saw them; kept between runs.

    Raises as ``Looking.describe``.
    """
    path = _kept(looking)
    known = _load(path)
    if known is not None:
        return known
    images = real_files(looking.subject, looking.subject.chosen)
    described = looking.describe(images, looking.mirrored)
    with atomic_write(path) as temporary:
        save_file({name: getattr(described, name) for name in _FIELDS}, temporary)
    return described


_FIELDS = ("vectors", "pictures", "boxes", "found")


def _load(path: Path) -> Described | None:
    """None if there is nothing, or nothing whole."""
    try:
        with safe_open(path, "np") as file:
            return Described(*(file.get_tensor(name) for name in _FIELDS))
    except (OSError, SafetensorError):
        return None


def _kept(looking: Looking) -> Path:
    """Named after all that the descriptors depend on."""
    subject = looking.subject
    about = {
        **looking.entries,
        "format": subject.config.format,
        "data": subject.card["sha256"],
        "resolution": subject.run.generator.resolution,
    }
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    digest.update(subject.chosen.astype("<i8").tobytes())
    return subject.profile.paths.statistics(f"descriptors-{digest.hexdigest()[:16]}")
