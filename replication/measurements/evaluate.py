"""`cips evaluate`: a trained generator's images against real ones (Tab. 1, 2, 3, 5)."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cipslib.metrics.face_detection import DETECTION, faces_found
from cipslib.metrics.intervals import proportion
from cipslib.metrics.measurement import Measurement, Measurements, Protocol
from cipslib.metrics.metric import Features
from cipslib.metrics.registry import METRICS
from cipslib.utils.environment import choose_device, describe_environment
from cipslib.utils.files import read_json, write_json
from replication.measurements.common.evaluator import (
    Networks,
    generated_features,
    load_networks,
    metric_protocol,
    real_features,
    real_sets,
)
from replication.measurements.common.run import seeds_to_json
from replication.measurements.common.trained_run import RealSet, TrainedRun, load_run
from replication.profile.profile import Profile


def evaluate_run(profile: Profile, name: str) -> Path:
    """Write the numbers of run ``name``; return the path of metrics.json.

    Of several training seeds: means over them, and beside them the numbers of each. Raises
    UserError if a generator, the data or an extractor's weights are missing, a generator cannot be
    rendered as asked, or there are too few images.
    """
    run = profile.run(name)
    folders = run.folder_seeds.items()
    by_seed = evaluate_seeds({seed: load_run(profile, name, own) for seed, own in folders})
    several = folders if len(folders) > 1 else ()
    summaries = {seed: read_json(profile.paths.summary(name, own)) for seed, own in several}
    content = {
        "run": name,
        "dataset": run.dataset,
        **seeds_to_json(by_seed, {seed: of["stopped"] for seed, of in summaries.items()}),
        "environment": describe_environment(
            profile.paths.root, choose_device(profile.hardware.device)
        ),
    }
    write_json(profile.paths.metrics(name), content)
    return profile.paths.metrics(name)


def evaluate_seeds(trained: Mapping[int, TrainedRun]) -> dict[int, Measurements]:
    """Evaluate the trainings of a run; with the first one, other real images.

    One set after the other, so that no more than two sets' features are in memory.
    """
    first, *_ = trained.values()
    networks = load_networks(first)
    reference, others, others_reference = real_sets(first)
    features = real_features(first, networks, reference)
    by_seed: dict[int, Measurements] = {}
    for seed, one in trained.items():
        found = by_seed.setdefault(seed, {})
        for kind, drawn in (("generated", one), ("untrained", one.untrained())):
            compared = (reference, features, generated_features(drawn, networks))
            _compare(found, kind, one, networks, compared)
        if one.card["faces"]:
            found["faces"] = _face_rates(one, reference, one is first)
    if others_reference is not reference:
        features = real_features(first, networks, others_reference)
    compared = (others_reference, features, real_features(first, networks, others))
    _compare(next(iter(by_seed.values())), "real", first, networks, compared)
    return by_seed


def _compare(
    found: Measurements,
    kind: str,
    trained: TrainedRun,
    networks: Networks,
    sets: tuple[RealSet, Mapping[str, Features], Mapping[str, Features]],
) -> None:
    """Add all metrics of one kind of images against a set of real ones, both with features."""
    chosen, real, images = sets
    for metric in METRICS:
        network = networks[getattr(trained.evaluation, metric.network)]
        theirs, own = (of[network.name].to(trained.device) for of in (real, images))
        estimates = metric.compute(theirs, own)
        for measure in metric.measures:
            protocol = metric_protocol(trained, network, measure, chosen, len(own.values))
            number = Measurement(estimates[measure.name], protocol)
            found.setdefault(measure.name, {})[kind] = number


def _face_rates(
    trained: TrainedRun, reference: RealSet, with_real: bool
) -> dict[str, Measurement | None]:
    """Return the share of images in which there is a face, of as many generated and real ones."""
    evaluation = trained.evaluation
    count = min(evaluation.faces, evaluation.images, len(reference.indices))
    # At random, not from the front: an array may be sorted by who is in the images.
    chosen = np.random.default_rng(evaluation.seed).permutation(reference.indices)[:count]
    sets = {"generated": trained.generated_images(count)}
    if with_real:
        sets["real"] = trained.real_images(np.sort(chosen))
    entries = {
        "measure": "share of images with at least one face",
        **DETECTION,
        **trained.image_entries(RealSet(chosen, reference.split), count),
    }
    how = Protocol("faces found, MTCNN", entries)
    return {
        kind: Measurement(proportion(faces_found(images, trained.device)), how)
        for kind, images in sets.items()
    }
