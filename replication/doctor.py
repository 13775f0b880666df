"""What a profile needs of this machine, checked before anything runs."""

import shutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from cipslib.datasets.batches import BatchOptions
from cipslib.features.extractors import weights_file
from cipslib.utils.environment import choose_device, processor_name
from cipslib.utils.errors import UserError
from replication.datasets.cards import read_card
from replication.datasets.config import DatasetConfig
from replication.datasets.sources import open_source, unfit_for_dvc
from replication.profile.preflight import check_generator, networks_needed
from replication.profile.profile import Profile
from replication.profile.run import RunConfig
from replication.released.import_run import imported_file


def examine(profile: Profile) -> Iterator[str]:
    """Say of each thing that it is in order, or missing. Raises UserError if any is missing."""
    yield f"parameters: {profile.params_file}"
    pipeline = profile.pipeline_file
    if not pipeline.exists():
        raise UserError(f"there is no {pipeline}: ln -s ../../dvc.yaml {pipeline}")
    runs = profile.runs.values()
    networks = [each for run in runs for each in networks_needed(profile, run).items()]
    checks = [
        *(_dataset(profile, name, dataset) for name, dataset in profile.datasets.items()),
        _device(profile),
        *(_run(profile, run) for run in runs),
        *(_weights(profile, option, name) for option, name in dict.fromkeys(networks)),
    ]
    missing = []
    for check in checks:  # none does anything before it is iterated over
        try:
            yield from check
        except UserError as error:
            missing.append(str(error))
    yield f"weights of pretrained networks: {profile.paths.weights}"
    yield f"free disk: {shutil.disk_usage(profile.paths.root).free / 2**30:.1f} GB"
    missing = list(dict.fromkeys(missing))  # runs may lack the same
    if len(missing) > 1:
        yield from (f"missing: {what}" for what in missing)
        raise UserError(f"{len(missing)} things are missing, named above")
    if missing:
        raise UserError(missing[0])
    yield f"all is here that the profile {profile.name} needs"


def _dataset(profile: Profile, name: str, config: DatasetConfig) -> Iterator[str]:
    card = read_card(profile.paths.source_card(config.card))
    source = profile.paths.root / config.source
    if card.kind == "lfw":
        yield f"data set {name}: {card.title}, fetched when it is prepared"
    elif card.kind == "folder":
        if not source.exists():
            how = f"{card.title} ({card.source}): {card.obtain or 'put your images there'}"
            where = f"data/cards/{config.card}.yaml"
            raise UserError(f"data set {name}: there is no {source}; {how} ({where})")
        with TemporaryDirectory() as work:
            count = len(open_source(source, Path(work)).names)
        yield f"data set {name}: {count:,} images in {source}"
        if name in {run.dataset for run in profile.runs.values()}:
            profile.evaluation.check_enough(name, (config.count or count) - config.held_out)
        if source.is_dir() and (unfit := unfit_for_dvc(source)).count:
            raise UserError(f"{source} holds files that DVC cannot keep: {unfit}: remove them")
        if config.crop != card.crop:
            yield f"data set {name}: crop is {config.crop}, the card says {card.crop}"
    elif source.exists():
        yield f"data set {name}: {card.title}, drawn by {config.source}"
    else:
        raise UserError(f"data set {name}: there is no {source}, which draws {config.card}")


def _device(profile: Profile) -> Iterator[str]:
    device = choose_device(profile.hardware.device)
    yield f"runs: on {processor_name(device)} ({device.type}), torch {version('torch')}"
    wanted = profile.hardware.processes
    gpus = torch.cuda.device_count()
    if device.type == "cuda" and wanted > gpus:
        raise UserError(
            f"hardware.processes is {wanted}, one for each GPU, and torch sees {gpus}: lower it"
        )


def _run(profile: Profile, run: RunConfig) -> Iterator[str]:
    config = profile.dataset(run.dataset)
    check_generator(profile, run)
    if run.imported is not None:
        yield f"run {run.name}: imported from {imported_file(profile, run)}"
        return
    card = read_card(profile.paths.source_card(config.card))
    BatchOptions(config.resolution, rotation=card.rotation).check_room(config.side)
    yield f"run {run.name}: {run.training.total_images:,} images of {run.dataset}"


def _weights(profile: Profile, option: str, name: str) -> Iterator[str]:
    """Say which file of a pretrained network is there; it has the known SHA-256."""
    file = weights_file(name, profile.paths.weights, option)
    yield f"{option} {name}: {f'{file.name}, as known' if file else 'needs no file'}"
