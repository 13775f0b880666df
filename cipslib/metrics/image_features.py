"""Sets of images -> their features by the networks of a metric, in one pass."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch

from cipslib.features.extractors import Network
from cipslib.features.moments import MomentStream
from cipslib.metrics.metric import Features
from cipslib.utils.errors import UserError


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
