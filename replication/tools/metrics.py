"""`cips metrics`: two sets of images compared, in whatever folders, archives or arrays they are."""

from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from cipslib.features.extractors import BATCH, EXTRACTORS, load_network
from cipslib.features.moments import FEWEST
from cipslib.metrics.image_features import extract_features
from cipslib.metrics.registry import METRICS
from cipslib.utils.environment import choose_device
from cipslib.utils.errors import UserError, check_one_of
from replication.datasets.decode import Rejected, open_image, to_rgb
from replication.datasets.sources import open_source
from replication.datasets.sources.base import Source
from replication.measurements.common.evaluator import number_name
from replication.paths import Paths, find_root
from replication.tables.format_number import format_number
from replication.tables.tables import markdown_table


def compare_images(
    real: Path,
    fake: Path,
    extractor: str,
    manifold_extractor: str,
    device: str,
    weights: Path | None = None,
) -> str:
    """Return a table of distances and of precision and recall, with their 95 % intervals.

    ``weights``: the folder of the extractors' files, if not the usual one. Raises UserError for too
    few images, images of two sizes or that cannot be read, and weights that are missing.
    """
    where = choose_device(device)
    weights = weights or Paths(find_root(), "demo").weights
    names = {"extractor": extractor, "manifold_extractor": manifold_extractor}
    for option, name in names.items():
        check_one_of(name, (*EXTRACTORS,), option)
    wanted = {name: option.replace("_", "-") for option, name in names.items()}
    networks = {name: load_network(name, weights, where, f"--{of}") for name, of in wanted.items()}
    sets = []
    for path in (real, fake):
        with TemporaryDirectory() as work:
            source = open_source(path, Path(work))
            count = len(source.names)
            if count < FEWEST:
                raise UserError(f"{path} holds {count} images, and {FEWEST} are needed")
            found = extract_features([*networks.values()], _batches(path, source), count, where)
        sets.append(dict(zip(networks, found, strict=True)))
    rows = []
    for metric in METRICS:
        network = networks[names[metric.network]]
        theirs, own = (each[network.name].to(where) for each in sets)
        estimates = metric.compute(theirs, own)
        for measure in metric.measures:
            name = number_name(network, measure, len(own.values))
            fewest = min(len(theirs.values), len(own.values))
            caution, *_ = (measure.caution(fewest, network.extractor.dim) or "").split(";")
            value, low, high = format_number(*astuple(estimates[measure.name]))
            rows.append((name, f"{value} [{low}, {high}]", caution))
    return markdown_table(("Number", "Value [95 % interval]", ""), rows)


def _batches(path: Path, source: Source) -> Iterator[np.ndarray]:
    """Yield the images, upright and as RGB, none of them cropped or resized."""
    batch: list[np.ndarray] = []
    for sample in source.samples():
        try:
            batch.append(np.asarray(to_rgb(open_image(sample.content))))
        except Rejected as error:
            raise UserError(f"{path}: {sample.name} {error}: mend or remove it") from error
        if batch[-1].shape != batch[0].shape:
            raise UserError(f"{path}: {sample.name} is of another size than those before it")
        if len(batch) == BATCH:
            yield np.stack(batch)
            batch = []
    if batch:
        yield np.stack(batch)
