"""`cips evaluate`: a trained generator's images against real ones (Tab. 1, 2, 3, 5)."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cipslib.metrics.face_detection import DETECTION, faces_found
from cipslib.metrics.intervals import proportion
from cipslib.metrics.measurement import Measurement, Measurements, Protocol, measurements_to_json
from cipslib.metrics.metric import Features
from cipslib.metrics.over_seeds import aggregate_over_seeds
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
from replication.measurements.common.trained_run import (
    RealSet,
    TrainedRun,
    generated_images,
    image_entries,
    load_run,
    real_images,
)
from replication.profile.profile import Profile


def evaluate_run(profile: Profile, name: str) -> Path:
    """Write the numbers of run ``name``; return the path of metrics.json.

    Of several training seeds: means over them, and beside them the numbers of each.

    Raises UserError if a generator, the data or an extractor's weights are missing, a generator
    cannot be rendered as asked, or there are too few images.
    """
    start = time.perf_counter()
    run = profile.run(name)
    by_seed = {}
    stopped = {}
    for seed, own in run.folder_seeds.items():
        by_seed[seed] = evaluate_seed(profile, name, own)
        if len(run.seeds) > 1:
            stopped[seed] = read_json(profile.paths.summary(name, own))["stopped"]
    content = {
        "run": name,
        "dataset": run.dataset,
        **_over_seeds(by_seed, stopped),
        "seconds": round(time.perf_counter() - start, 1),
        "environment": describe_environment(
            profile.paths.root, choose_device(profile.hardware.device)
        ),
    }
    write_json(profile.paths.metrics(name), content)
    return profile.paths.metrics(name)


def _over_seeds(
    by_seed: Mapping[int, Measurements], stopped: Mapping[int, str | None]
) -> dict[str, Any]:
    """Return the numbers over all seeds, and what each one alone would have in its file."""
    if len(by_seed) == 1:
        return measurements_to_json(next(iter(by_seed.values())))
    early = {seed: why for seed, why in stopped.items() if why is not None}
    means = aggregate_over_seeds(by_seed, early)
    each = {
        str(seed): {"stopped": stopped[seed], **measurements_to_json(one)}
        for seed, one in by_seed.items()
    }
    return {**measurements_to_json(means), "per_seed": each}


def evaluate_seed(profile: Profile, name: str, seed: int | None) -> Measurements:
    """Evaluate a run's first training, and other real images; or that of ``seed``, without them.

    One set after the other, so that no more than two sets' features are in memory.
    """
    trained = load_run(profile, name, seed)
    networks = load_networks(trained)
    reference, others, others_reference = real_sets(trained)
    found: Measurements = {}
    features = real_features(trained, networks, reference)
    for kind, one in (("generated", trained), ("untrained", trained.untrained())):
        compared = (reference, features, generated_features(one, networks))
        _compare(found, kind, trained, networks, compared)
    if seed is None:
        if others_reference is not reference:
            features = real_features(trained, networks, others_reference)
        compared = (others_reference, features, real_features(trained, networks, others))
        _compare(found, "real", trained, networks, compared)
    if trained.card["faces"]:
        found["faces"] = _face_rates(trained, reference, seed is None)
    return found


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
    sets = {"generated": generated_images(trained, count)}
    if with_real:
        sets["real"] = real_images(trained, np.sort(chosen))
    entries = {
        "measure": "share of images with at least one face",
        **DETECTION,
        **image_entries(trained, RealSet(chosen, reference.split), count),
    }
    how = Protocol("faces found, MTCNN", entries)
    return {
        kind: Measurement(proportion(faces_found(images, trained.device)), how)
        for kind, images in sets.items()
    }
