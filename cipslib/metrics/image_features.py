"""Sets of images -> their features by the networks of a metric, in one pass; kept in files."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from cipslib.features.extractors import Network
from cipslib.features.moments import MomentStream
from cipslib.metrics.metric import Features
from cipslib.utils.errors import UserError
from cipslib.utils.files import atomic_write
from cipslib.utils.shapes import Float

ROWS = 4096  # features whose moments are taken at once


def extract_features(
    networks: Sequence[Network], images: Iterable[np.ndarray], count: int, device: torch.device
) -> list[Features]:
    """Take the features of ``count`` images by all networks; moments by the first one alone.

    ``images``: batches of uint8, (any count, height, width, 3).

    Raises UserError for images of unequal size, another count, or features that are not finite.
    """
    values = [torch.empty(count, network.extractor.dim) for network in networks]
    stream = MomentStream(networks[0].extractor.dim, device=device)
    seen, shape = 0, None
    for batch in images:
        if batch.shape[1:] != (shape or batch.shape[1:]):
            raise UserError(f"images {seen} and on are of {batch.shape[1:]}, others of {shape}")
        shape = batch.shape[1:]
        if seen + len(batch) > count:
            raise UserError(f"there are more than the {count} images that were announced")
        for network, kept in zip(networks, values, strict=True):
            kept[seen : seen + len(batch)] = torch.from_numpy(network.features(batch))
        stream.update(values[0][seen : seen + len(batch)].to(device))
        seen += len(batch)
    if seen != count:
        raise UserError(f"there are {seen} images, {count} were asked for")
    first, *others = values
    return [Features(first, stream.parts), *(Features(each, None) for each in others)]


def save_features(path: Path, values: Float[Tensor, "count dim"]) -> None:
    """Write the file whole or not at all."""
    with atomic_write(path) as temporary:
        save_file({"features": values}, temporary)


def load_features(
    path: Path, count: int, dim: int, moments: bool, device: torch.device
) -> Features | None:
    """Read what ``save_features`` wrote; None if there is nothing whole that is as asked."""
    try:
        with safe_open(path, "pt") as file:
            values = file.get_tensor("features")
    except (OSError, SafetensorError):
        return None
    if values.shape != (count, dim) or not values.isfinite().all():
        return None
    if not moments:
        return Features(values, None)
    stream = MomentStream(dim, device=device)
    for batch in values.split(ROWS):
        stream.update(batch.to(device))
    return Features(values, stream.parts)
