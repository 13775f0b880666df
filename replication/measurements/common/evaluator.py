"""What all sets of one evaluation share: networks, sets of real images, protocols, features."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from cipslib.features.extractors import Network, load_network
from cipslib.metrics.image_features import extract_features, load_features, save_features
from cipslib.metrics.image_files import FORMATS
from cipslib.metrics.measurement import Protocol, ProtocolValue
from cipslib.metrics.metric import Features, Measure
from replication.measurements.common.trained_run import (
    RealSet,
    TrainedRun,
    generated_images,
    image_entries,
    real_images,
)
from replication.profile.evaluation import ALL

NETWORKS = ("extractor", "manifold_extractor")  # options of an evaluation, the first with moments


@dataclass(frozen=True)
class Evaluator:
    """The networks of an evaluation, by the option that names each."""

    networks: Mapping[str, Network]

    @classmethod
    def load(cls, trained: TrainedRun) -> "Evaluator":
        """Load the networks that the evaluation names. Raises UserError if weights are missing."""
        loaded: dict[str, Network] = {}
        for option in NETWORKS:
            name = getattr(trained.evaluation, option)
            known = {network.name: network for network in loaded.values()}
            loaded[option] = known.get(name) or load_network(
                name, trained.paths.weights, trained.device, f"evaluation.{option}"
            )
        return cls(loaded)

    def generated(self, trained: TrainedRun) -> dict[str, Features]:
        """Return the features of evaluation.images generated images, by option."""
        count = trained.evaluation.images
        images = generated_images(trained, count)
        return self._by_option(extract_features(self._distinct, images, count, trained.device))

    def real(self, trained: TrainedRun, chosen: RealSet) -> dict[str, Features]:
        """Return the features of real images, by option: what an earlier one left, or anew.

        New ones are kept and read back, so that no number depends on which run is measured first.
        """
        count = len(chosen.indices)
        paths = [self._kept(trained, network, chosen) for network in self._distinct]
        found = self._load(paths, count, trained.device)
        if found is None:
            images = real_images(trained, chosen.indices)
            new = extract_features(self._distinct, images, count, trained.device)
            for path, features in zip(paths, new, strict=True):
                save_features(path, features.values)
            found = self._load(paths, count, trained.device) or new
        return self._by_option(found)

    def _load(
        self, paths: Sequence[Path], count: int, device: torch.device
    ) -> list[Features] | None:
        """Return what is kept in each network's file; None if one is missing."""
        found = []
        for index, (path, network) in enumerate(zip(paths, self._distinct, strict=True)):
            features = load_features(path, count, network.extractor.dim, index == 0, device)
            if features is None:
                return None
            found.append(features)
        return found

    @property
    def _distinct(self) -> list[Network]:
        return list(dict.fromkeys(self.networks.values()))

    def _by_option(self, found: list[Features]) -> dict[str, Features]:
        features = dict(zip(self._distinct, found, strict=True))
        return {option: features[network] for option, network in self.networks.items()}

    def _kept(self, trained: TrainedRun, network: Network, chosen: RealSet) -> Path:
        about = {
            "extractor": network.extractor.about,
            "weights": network.weights_sha256,
            "resize": network.extractor.resize,
        }
        return kept_path(network.name, trained, about, chosen.indices)


def kept_path(
    name: str, trained: TrainedRun, about: Mapping[str, ProtocolValue], indices: np.ndarray
) -> Path:
    """Return where what was computed of real images is kept: named after all that it depends on."""
    depends_on = {
        **about,
        "format": FORMATS[trained.evaluation.format][2],
        "data": trained.card["sha256"],
        "resolution": trained.run.generator.resolution,
    }
    digest = hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode())
    digest.update(indices.astype("<i8").tobytes())
    return trained.paths.statistics(f"{name}-{digest.hexdigest()[:16]}")


def real_sets(trained: TrainedRun) -> tuple[RealSet, RealSet, RealSet]:
    """Draw the reference; other real images, as many as generated; what these are compared with.

    The last is the reference, too, if there are enough for that; else two smaller sets are drawn.
    All are images that the training saw.
    """
    evaluation, indices = trained.evaluation, trained.training_indices
    order = np.random.default_rng(evaluation.seed).permutation(indices)
    held_out = len(trained.real) - len(indices)
    source = "from the training set" + f" (without the {held_out:,} held out)" * (held_out > 0)
    if evaluation.real_images is None:
        text = f"two disjoint random draws {source}"
        reference = RealSet(np.sort(order[: evaluation.images]), text)
        others = RealSet(np.sort(order[evaluation.images : 2 * evaluation.images]), text)
        return reference, others, reference
    if evaluation.real_images == ALL:
        reference = RealSet(np.sort(order), source.replace("from the", "the whole"))
    else:
        drawn = order[: int(evaluation.real_images)]
        reference = RealSet(np.sort(drawn), f"a random draw {source}")
    half = min(evaluation.images, len(indices) // 2)
    text = f"two disjoint random draws {source}, to compare it with itself"
    others = RealSet(np.sort(order[half : 2 * half]), text)
    return reference, others, RealSet(np.sort(order[:half]), text)


def metric_protocol(
    trained: TrainedRun, network: Network, measure: Measure, real: RealSet, generated: int
) -> Protocol:
    """Return how ``measure`` of ``generated`` images against ``real`` ones is taken."""
    extractor = network.extractor
    name = f"{measure.label}, {extractor.label}"
    if extractor.inception and measure.inception_label is not None:
        name = f"{measure.inception_label}{_thousands(generated)} ({extractor.label})"
    entries = {
        "measure": measure.formula,
        "extractor": extractor.about,
        "weights_sha256": network.weights_sha256,
        "resize": extractor.resize,
        **image_entries(trained, real, generated),
    }
    fewest = min(generated, len(real.indices))
    return Protocol(name, entries, measure.caution(fewest, extractor.dim))


def _thousands(count: int) -> str:
    """FID-50k, FID-2.5k, FID-500: a small set's FID is never mistaken for a large one's."""
    return f"-{count / 1000:g}k" if count >= 1000 else f"-{count}"
