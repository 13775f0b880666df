"""What all sets of one evaluation share: networks, sets of real images, protocols, features."""

from collections.abc import Mapping

import numpy as np

from cipslib.features.extractors import Network, load_network
from cipslib.metrics.image_features import extract_features
from cipslib.metrics.measurement import Protocol
from cipslib.metrics.metric import Features, Measure
from replication.measurements.common.trained_run import Batches, RealSet, TrainedRun
from replication.profile.evaluation import ALL

Networks = Mapping[str, Network]  # by name


def load_networks(trained: TrainedRun) -> dict[str, Network]:
    """Load the networks that the evaluation names, first the one whose features need moments.

    Raises UserError if weights are missing.
    """
    loaded: dict[str, Network] = {}
    weights, device = trained.paths.weights, trained.device
    for option in ("extractor", "manifold_extractor"):
        name = getattr(trained.evaluation, option)
        if name not in loaded:
            loaded[name] = load_network(name, weights, device, f"evaluation.{option}")
    return loaded


def generated_features(trained: TrainedRun, networks: Networks) -> dict[str, Features]:
    """Return the features of evaluation.images generated images, by network."""
    count = trained.evaluation.images
    return _extract(trained, networks, trained.generated_images(count), count)


def real_features(trained: TrainedRun, networks: Networks, chosen: RealSet) -> dict[str, Features]:
    """Return the features of real images, by network."""
    images = trained.real_images(chosen.indices)
    return _extract(trained, networks, images, len(chosen.indices))


def _extract(
    trained: TrainedRun, networks: Networks, images: Batches, count: int
) -> dict[str, Features]:
    features = extract_features(list(networks.values()), images, count, trained.device)
    return dict(zip(networks, features, strict=True))


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
    entries = {
        "measure": measure.formula,
        "extractor": extractor.about,
        "weights_sha256": network.weights_sha256,
        "resize": extractor.resize,
        **trained.image_entries(real, generated),
    }
    fewest = min(generated, len(real.indices))
    name = number_name(network, measure, generated)
    return Protocol(name, entries, measure.caution(fewest, extractor.dim))


def number_name(network: Network, measure: Measure, generated: int) -> str:
    """Return as in FID-50k, FID-2.5k, FID-500: a small set's is never mistaken for a large one's;
    only Inception's features give an FID.
    """
    extractor = network.extractor
    if extractor.inception and measure.inception_label is not None:
        count = f"{generated / 1000:g}k" if generated >= 1000 else f"{generated}"
        return f"{measure.inception_label}-{count} ({extractor.label})"
    return f"{measure.label}, {extractor.label}"
