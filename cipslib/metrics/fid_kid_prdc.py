"""Sets of images -> what the numbers need of them -> the numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from cipslib.features.extractors import Network
from cipslib.features.frechet import Reference
from cipslib.features.moments import Moments, MomentStream, merge
from cipslib.metrics.fid_infinity import Bias, measure_bias
from cipslib.metrics.kid import KernelDistance, kernel_distance
from cipslib.metrics.prdc import Manifold, compare_manifolds
from cipslib.utils.errors import UserError
from cipslib.utils.files import atomic_write
from cipslib.utils.shapes import Float

ROWS = 4096  # features whose moments are taken at once


@dataclass(frozen=True)
class Described:
    """A set of images as one network sees it."""

    features: Float[Tensor, "count dim"]  # float32, on the CPU
    parts: list[Moments] | None  # of interleaved parts; None: not asked for


@dataclass(frozen=True)
class Distances:
    """Of a set from the real one."""

    frechet: Bias
    kernel: KernelDistance


def describe(
    networks: Sequence[Network],
    images: Iterable[np.ndarray],
    count: int,
    device: torch.device,
) -> list[Described]:
    """One pass over ``count`` images, for all networks; with moments for the first alone.

    ``images``: batches of uint8, (any count, height, width, 3).

    Raises UserError for images of unequal size, another count, or features that are not finite.
    """
    features = [torch.empty(count, network.extractor.dim) for network in networks]
    streams = [
        MomentStream(network.extractor.dim, device=device) if network is networks[0] else None
        for network in networks
    ]
    seen, shape = 0, None
    for batch in images:
        if batch.shape[1:] != (shape or batch.shape[1:]):
            raise UserError(f"images {seen} and on are of {batch.shape[1:]}, others of {shape}")
        shape = batch.shape[1:]
        if seen + len(batch) > count:
            raise UserError(f"there are more than the {count} images that were announced")
        for network, kept, stream in zip(networks, features, streams, strict=True):
            found = torch.from_numpy(network.features(batch))
            kept[seen : seen + len(batch)] = found
            if stream is not None:
                stream.update(found.to(device))
        seen += len(batch)
    if seen != count:
        raise UserError(f"there are {seen} images, {count} were asked for")
    return [
        Described(kept, None if stream is None else stream.parts)
        for kept, stream in zip(features, streams, strict=True)
    ]


def distances(real: Described, generated: Described, seed: int, device: torch.device) -> Distances:
    """Frechet and kernel distance, with intervals. Raises ValueError for too few images.

    ``seed``: of the kernel distance's subsets.
    """
    if real.parts is None or generated.parts is None:
        raise ValueError("these sets were described without moments")
    reference = Reference.of(merge(real.parts))
    return Distances(
        measure_bias(reference, generated.parts),
        kernel_distance(real.features.to(device), generated.features.to(device), seed),
    )


def manifolds(real: Described, generated: Described, device: torch.device) -> Manifold:
    """Precision, recall, density, coverage. Raises UserError for too few images."""
    return compare_manifolds(real.features.to(device), generated.features.to(device))


def save(path: Path, features: Float[Tensor, "count dim"]) -> None:
    """Whole or not at all."""
    with atomic_write(path) as temporary:
        save_file({"features": features}, temporary)


def load(path: Path, count: int, dim: int, moments: bool, device: torch.device) -> Described | None:
    """What ``save`` wrote; None if there is nothing, or nothing that is whole and as asked."""
    try:
        with safe_open(path, "pt") as file:
            features = file.get_tensor("features")
    except (OSError, SafetensorError):
        return None
    if features.shape != (count, dim) or not _finite(features):
        return None
    if not moments:
        return Described(features, None)
    stream = MomentStream(dim, device=device)
    for batch in features.split(ROWS):
        stream.update(batch.to(device))
    return Described(features, stream.parts)


def _finite(features: Float[Tensor, "count dim"]) -> bool:
    """In blocks: at once, torch needs as much memory again."""
    return all(bool(rows.isfinite().all()) for rows in features.split(ROWS))
