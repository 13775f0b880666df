"""The one search for neighbours: exact, in float64, block against block, in bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float

MEMORY = 2**28  # bytes: 256 MB for the blocks
ROUNDING = 1e-12  # of the squares that a squared distance is made of: far above their errors

Device = torch.device | str | None  # None: where the vectors are
Vectors = Float[np.ndarray, "_ _"] | Float[Tensor, "_ _"]  # arrays may be on disk


@dataclass(frozen=True)
class Neighbours:
    """The nearest references of each query, nearest first."""

    distances: Float[np.ndarray, "queries k"]  # Euclidean
    indices: np.ndarray  # (queries, k)


@torch.inference_mode()
def nearest_neighbours(
    queries: Vectors,
    references: Vectors,
    k: int = 5,
    device: Device = None,
    memory: int = MEMORY,
    own: bool = False,
) -> Neighbours:
    """The ``k`` nearest references of each query, by comparing with all of them.

    At most ``memory`` bytes on ``device`` beside the two sets. The distances of the neighbours
    found are taken again as the norm of the difference, so that a copy is at exactly 0. Of
    references at the same distance the first comes first, except that any of them may be the last
    one taken. ``own``: queries are the references themselves, of which none is its own neighbour,
    however many copies of it there are.

    Raises ValueError for vectors that are not finite or not of one length; UserError for a ``k``
    that there are not enough references for, or too little memory.
    """
    _check(queries, references, k, own)
    dim, device = queries.shape[1], _device(references, device)
    rows, columns = block_sizes(len(queries), len(references), dim, k, memory)
    # Distances do not change, and their rounding errors fall, when the middle is at zero.
    middle = _middle(references, columns, device)
    found = []
    for mine, block in _blocks(queries, rows, device):
        block.sub_(middle)
        indices = _nearest(block, references, k, columns, middle, mine.start if own else None)
        found.append(_exactly(block, references, indices, middle))
    return Neighbours(
        torch.cat([distances for distances, _ in found]).cpu().numpy(),
        torch.cat([indices for _, indices in found]).cpu().numpy(),
    )


@torch.inference_mode()
def squared_distances(
    a: Vectors, b: Vectors, memory: int = MEMORY
) -> Iterator[tuple[slice, slice, Float[Tensor, "rows columns"]]]:
    """(rows of a, rows of b, squared distances of all pairs), block by block, where ``b`` is.

    They are rounded towards nearness: what is compared with the distance of a neighbour is not
    beyond it by rounding alone. Raises as ``nearest_neighbours``.
    """
    _check(a, b, 1, own=False)
    device = _device(b, None)
    rows, columns = block_sizes(len(a), len(b), a.shape[1], 1, memory)
    middle = _middle(b, columns, device)
    for mine, block in _blocks(a, rows, device):
        squares = block.sub_(middle).square().sum(1, keepdim=True)
        for theirs, others in _blocks(b, columns, device):
            norms = squares + others.sub_(middle).square().sum(1)
            norms.mul_(1 - ROUNDING).addmm_(block, others.T, alpha=-2)
            yield mine, theirs, norms.clamp_(min=0)


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


def _check(queries: Vectors, references: Vectors, k: int, own: bool) -> None:
    if queries.shape[1] != references.shape[1] or queries.shape[1] == 0:
        raise ValueError(
            f"queries have {queries.shape[1]} numbers each, references {references.shape[1]}: both "
            "must have the same, at least 1"
        )
    if len(queries) == 0:
        raise ValueError("there are no queries to find neighbours of")
    others = len(references) - own
    if not 1 <= k <= others:
        raise UserError(f"k is {k}, must be 1 to the number of references, {others}")


def _device(vectors: Vectors, device: Device) -> torch.device:
    if device is None:
        return vectors.device if isinstance(vectors, Tensor) else torch.device("cpu")
    return torch.device(device)


def _blocks(
    vectors: Vectors, rows: int, device: torch.device
) -> Iterator[tuple[slice, Float[Tensor, "rows dim"]]]:
    for start in range(0, len(vectors), rows):
        part = slice(start, min(start + rows, len(vectors)))
        block = _read(vectors, part, device)
        if not block.isfinite().all():
            raise ValueError(f"one of the vectors {part.start} to {part.stop - 1} is not finite")
        yield part, block


def _read(
    vectors: Vectors, chosen: slice | Tensor, device: torch.device
) -> Float[Tensor, "rows dim"]:
    """A copy, in float64."""
    if isinstance(vectors, Tensor):
        rows = chosen.to(vectors.device) if isinstance(chosen, Tensor) else chosen
        return vectors[rows].to(device, torch.float64, copy=True)
    part = vectors[chosen.cpu().numpy() if isinstance(chosen, Tensor) else chosen]
    return torch.from_numpy(np.array(part, dtype=np.float64)).to(device)


def _middle(vectors: Vectors, rows: int, device: torch.device) -> Float[Tensor, " dim"]:
    blocks = _blocks(vectors, rows, device)
    return torch.stack([block.sum(0) for _, block in blocks]).sum(0) / len(vectors)


def _nearest(
    queries: Float[Tensor, "rows dim"],
    references: Vectors,
    k: int,
    columns: int,
    middle: Float[Tensor, " dim"],
    own: int | None,  # which reference the first query is
) -> Tensor:
    """Indices of the ``k`` nearest of each, ascending."""
    device = queries.device
    best = queries.new_empty(len(queries), 0)
    indices = torch.empty((len(queries), 0), dtype=torch.long, device=device)
    for part, block in _blocks(references, columns, device):
        block.sub_(middle)
        # The squared distance, less the query's own square, which changes no order.
        squares = torch.linalg.vector_norm(block, dim=1).square()
        distances = torch.addmm(squares, queries, block.T, alpha=-2)
        if own is not None:
            itself = torch.arange(own, own + len(queries), device=device) - part.start
            here = ((itself >= 0) & (itself < len(block))).nonzero().squeeze(1)
            distances[here, itself[here]] = torch.inf
        distances, near = distances.topk(min(k, len(block)), largest=False)
        best = torch.cat((best, distances), dim=1)
        indices = torch.cat((indices, near + part.start), dim=1)
        best, order = best.topk(min(k, best.shape[1]), largest=False)
        indices = indices.gather(1, order)
    return indices.sort(dim=1).values


def _exactly(
    queries: Float[Tensor, "rows dim"],
    references: Vectors,
    indices: Tensor,
    middle: Float[Tensor, " dim"],
) -> tuple[Tensor, Tensor]:
    """Distances to the references of ``indices``, and both sorted by them, stably."""
    distances = torch.empty(indices.shape, dtype=queries.dtype, device=queries.device)
    for rank in range(indices.shape[1]):
        difference = _read(references, indices[:, rank], queries.device).sub_(middle).sub_(queries)
        distances[:, rank] = difference.norm(dim=1)
    distances, order = distances.sort(dim=1, stable=True)
    return distances, indices.gather(1, order)
