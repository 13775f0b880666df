"""Exact nearest neighbours in blocks (App. E, Fig. 18)."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cipslib.errors import UserError
from cipslib.shapes import Float

MEMORY = 2**28  # bytes: 256 MB for the blocks


@dataclass(frozen=True)
class Neighbours:
    """The nearest references of each query, nearest first."""

    distances: Float[np.ndarray, "queries k"]  # Euclidean
    indices: np.ndarray  # (queries, k)


@torch.inference_mode()
def nearest_neighbours(
    queries: Float[np.ndarray, "queries dim"],
    references: Float[np.ndarray, "references _"],
    k: int = 5,
    device: str = "cpu",
    memory: int = MEMORY,
) -> Neighbours:
    """The ``k`` nearest references of each query, by comparing with all of them.

    In float64, block against block, in at most ``memory`` bytes on ``device`` beside the two
    arrays, which may be on disk. The distances of the neighbours found are taken again as the norm
    of the difference, so that a copy is at exactly 0. Of references at the same distance the first
    comes first, except that any of them may be the last one taken.

    Raises ValueError for vectors that are not finite or not of one length; UserError for a ``k``
    that there are not enough references for, or too little memory.
    """
    _check(queries, references, k)
    dim = queries.shape[1]
    rows, columns = block_sizes(len(queries), len(references), dim, k, memory)
    # Distances do not change, and their rounding errors fall, when the middle is at zero.
    middle = torch.from_numpy(_mean(references, columns)).to(device)
    found = [
        _nearest(_block(queries, start, rows, device) - middle, references, k, columns, middle)
        for start in range(0, len(queries), rows)
    ]
    return Neighbours(
        torch.cat([distances for distances, _ in found]).cpu().numpy(),
        torch.cat([indices for _, indices in found]).cpu().numpy(),
    )


def block_sizes(
    queries: int, references: int, dim: int, k: int, memory: int = MEMORY
) -> tuple[int, int]:
    """Queries and references in a block, so that all that a block needs is within ``memory``.

    Of a block n x m, in float64: 3 n d for the queries, the neighbours' vectors and their
    difference; 2 m d for the references as read and as centred; 3 n m for the distances and what
    picks the least of them.
    """

    def needed(n: int, m: int) -> int:
        return 8 * (3 * n * dim + 2 * m * dim + 3 * n * (m + 2 * k))

    if needed(1, min(k, references)) > memory:
        raise UserError(
            f"memory is {memory} bytes, must be at least {needed(1, min(k, references))} for "
            f"vectors of {dim}"
        )
    n, m = min(queries, 4096), min(references, 16384)
    while needed(n, m) > memory:
        if n >= m or m <= k:
            n = max(1, n // 2)
        else:
            m = max(k, m // 2)
    return n, m


def _check(queries: np.ndarray, references: np.ndarray, k: int) -> None:
    if queries.shape[1] != references.shape[1] or queries.shape[1] == 0:
        raise ValueError(
            f"queries have {queries.shape[1]} numbers each, references {references.shape[1]}: both "
            "must have the same, at least 1"
        )
    if len(queries) == 0:
        raise ValueError("there are no queries to find neighbours of")
    if not 1 <= k <= len(references):
        raise UserError(f"k is {k}, must be 1 to the number of references, {len(references)}")


def _mean(vectors: np.ndarray, rows: int) -> Float[np.ndarray, " dim"]:
    total = np.zeros(vectors.shape[1])
    for start in range(0, len(vectors), rows):
        total += vectors[start : start + rows].sum(axis=0, dtype=np.float64)
    return total / len(vectors)


def _block(vectors: np.ndarray, start: int, rows: int, device: str) -> Float[Tensor, "rows dim"]:
    block = np.array(vectors[start : start + rows], dtype=np.float64)
    if not np.isfinite(block).all():
        raise ValueError(f"one of the vectors {start} to {start + len(block) - 1} is not finite")
    return torch.from_numpy(block).to(device)


def _nearest(
    queries: Float[Tensor, "rows dim"],
    references: np.ndarray,
    k: int,
    columns: int,
    middle: Float[Tensor, " dim"],
) -> tuple[Tensor, Tensor]:
    best = queries.new_empty(len(queries), 0)
    indices = torch.empty((len(queries), 0), dtype=torch.long, device=queries.device)
    for start in range(0, len(references), columns):
        block = _block(references, start, columns, str(queries.device)).sub_(middle)
        # The squared distance, less the query's own square, which changes no order.
        squares = torch.linalg.vector_norm(block, dim=1).square()
        distances = torch.addmm(squares, queries, block.T, alpha=-2)
        distances, own = distances.topk(min(k, len(block)), largest=False)
        best = torch.cat((best, distances), dim=1)
        indices = torch.cat((indices, own + start), dim=1)
        best, order = best.topk(min(k, best.shape[1]), largest=False)
        indices = indices.gather(1, order)
    return _exactly(queries, references, indices.sort(dim=1).values, middle)


def _exactly(
    queries: Float[Tensor, "rows dim"],
    references: np.ndarray,
    indices: Tensor,
    middle: Float[Tensor, " dim"],
) -> tuple[Tensor, Tensor]:
    """Distances to the references of ``indices`` (ascending), and both sorted by them, stably."""
    distances = torch.empty(indices.shape, dtype=queries.dtype, device=queries.device)
    for rank in range(indices.shape[1]):
        chosen = np.array(references[indices[:, rank].cpu().numpy()], dtype=np.float64)
        difference = torch.from_numpy(chosen).to(queries.device).sub_(middle).sub_(queries)
        distances[:, rank] = difference.norm(dim=1)
    distances, order = distances.sort(dim=1, stable=True)
    return distances, indices.gather(1, order)
