"""What a profile needs of this machine, checked before anything runs."""

import shutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from cipslib.config import Profile
from cipslib.datasets.batches import BatchOptions
from cipslib.datasets.cards import read_card
from cipslib.datasets.sources import open_source
from cipslib.environment import choose_device, processor_name
from cipslib.errors import UserError
from cipslib.metrics.checks import NETWORK_OPTIONS, check_evaluation, check_weights
from cipslib.metrics.features import EXTRACTORS
from cipslib.metrics.weights import named


def examine(profile: Profile) -> Iterator[str]:
    """A line for each thing that is in order; raises UserError at the first that is missing."""
    yield f"parameters: {profile.params_file}"
    pipeline = profile.params_file.with_name("dvc.yaml")
    if not pipeline.exists():
        raise UserError(f"there is no {pipeline}: ln -s ../../dvc.yaml {pipeline}")
    for name, config in profile.datasets.items():
        card = read_card(profile.paths.source_card(config.card))
        source = profile.paths.root / config.source
        if card.kind == "lfw":
            yield f"data set {name}: {card.title}, fetched when it is prepared"
        elif card.kind == "folder":
            with TemporaryDirectory() as work:
                found = open_source(source, config.side, Path(work))
            yield f"data set {name}: {found.count:,} pictures in {source} ({found.kind})"
        elif source.exists():
            yield f"data set {name}: {card.title}, drawn by {config.source}"
        else:
            raise UserError(f"data set {name}: there is no {source}, which draws {config.card}")
    device = choose_device(profile.hardware.device)
    yield f"runs: on {processor_name(device)} ({device.type}), torch {version('torch')}"
    for name, run in profile.runs.items():
        config = profile.dataset(run.dataset)
        card = read_card(profile.paths.source_card(config.card))
        BatchOptions(config.resolution, rotation=card.rotation).check_room(config.side)
        check_evaluation(profile, run)
        yield f"run {name}: {run.training.total_images:,} images of {run.dataset}"
    yield from _weights(profile)
    yield f"free disk: {shutil.disk_usage(profile.paths.root).free / 2**30:.1f} GB"


def _weights(profile: Profile) -> Iterator[str]:
    """The files of pretrained networks; their folder is named even where none is needed."""
    yield f"weights of pretrained networks: {profile.paths.weights}"
    for option in NETWORK_OPTIONS:
        name, file = getattr(profile.evaluation, option), check_weights(profile, option)
        if file is None:
            yield f"evaluation.{option} {name}: needs no file"
            continue
        known = named(str(EXTRACTORS[name].weights)).sha256
        yield f"evaluation.{option} {name}: {file}, {'as known' if known else 'not verified'}"
