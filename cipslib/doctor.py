"""What a profile needs of this machine, checked before anything runs."""

import shutil
from collections.abc import Iterator
from importlib.metadata import version

from cipslib.config import Profile
from cipslib.datasets.batches import BatchOptions
from cipslib.datasets.cards import read_card
from cipslib.datasets.sources import describe_source
from cipslib.environment import choose_device, processor_name
from cipslib.errors import UserError
from cipslib.metrics.features import EXTRACTORS
from cipslib.metrics.weights import locate, named


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
            yield f"data set {name}: {describe_source(source, config.side)}"
            if config.crop != card.crop:
                yield f"data set {name}: crop is {config.crop}, the card says {card.crop}"
        elif source.exists():
            yield f"data set {name}: {card.title}, drawn by {config.source}"
        else:
            raise UserError(f"data set {name}: there is no {source}, which draws {config.card}")
    for name, run in profile.runs.items():
        config = profile.dataset(run.dataset)
        card = read_card(profile.paths.source_card(config.card))
        BatchOptions(config.resolution, rotation=card.rotation).check_room(config.side)
        device = choose_device(run.training.device)
        yield f"run {name}: on {processor_name(device)} ({device.type}), torch {version('torch')}"
    yield from _weights(profile)
    yield f"free disk: {shutil.disk_usage(profile.paths.root).free / 2**30:.1f} GB"


def _weights(profile: Profile) -> Iterator[str]:
    """The files of pretrained networks; their folder is named even where none is needed."""
    folder = profile.paths.weights
    yield f"weights of pretrained networks: {folder}"
    config = profile.evaluation
    options = {"extractor": config.extractor, "manifold_extractor": config.manifold_extractor}
    for option, name in options.items():
        weights = EXTRACTORS[name].weights
        if weights is None:
            yield f"evaluation.{option} {name}: needs no file"
            continue
        try:
            path = locate(named(weights), folder)
        except UserError as error:
            raise UserError(f"evaluation.{option} is {name}; {error}") from error
        known = named(weights).sha256
        yield f"evaluation.{option} {name}: {path.name}, {'as known' if known else 'not verified'}"
