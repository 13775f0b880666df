"""Exact distances to nearest neighbours and into balls, in blocks: memory grows as n, not n^2."""

from collections.abc import Iterator

import torch
from torch import Tensor

from cipslib.shapes import Float

ROWS, COLUMNS = 1024, 2048  # distances at once: 16 MB in float64


def radii(features: Float[Tensor, "n dim"], neighbours: tuple[int, ...]) -> list[Tensor]:
    """For each k of ``neighbours``: the squared distance of each point to its k-th other point.

    Raises ValueError if there are not more points than neighbours.
    """
    most = max(neighbours)
    if len(features) <= most:
        raise ValueError(f"{len(features)} images have no {most} neighbours each")
    found = []
    for rows, block in _blocks(features, ROWS):
        nearest = block.new_full((len(block), most), torch.inf)
        for columns, others in _blocks(features, COLUMNS):
            distances = squared_distances(block, others)
            # A point is no neighbour of its own, however many copies of it there are.
            own = torch.arange(rows.start, rows.stop, device=block.device)
            mine = (own >= columns.start) & (own < columns.stop)
            distances[mine.nonzero().squeeze(1), own[mine] - columns.start] = torch.inf
            candidates = torch.cat([nearest, distances], dim=1)
            nearest = candidates.topk(most, largest=False).values
        found.append(nearest)
    distances = torch.cat(found)
    return [distances[:, k - 1].clone() for k in neighbours]


def squared_distances(a: Float[Tensor, "m dim"], b: Float[Tensor, "n dim"]) -> Float[Tensor, "m n"]:
    """In float64, where |a|^2 + |b|^2 - 2 a.b loses nothing that matters."""
    norms = b.square().sum(1) + a.square().sum(1, keepdim=True)
    return norms.addmm_(a, b.T, alpha=-2).clamp_(min=0)


def pairs(
    a: Float[Tensor, "m dim"], b: Float[Tensor, "n dim"]
) -> Iterator[tuple[slice, slice, Tensor]]:
    """(rows of a, rows of b, their squared distances), block by block."""
    for rows, block in _blocks(a, ROWS):
        for columns, others in _blocks(b, COLUMNS):
            yield rows, columns, squared_distances(block, others)


def all_finite(features: Float[Tensor, "n dim"]) -> bool:
    """In blocks: at once, torch needs as much memory again."""
    return all(bool(rows.isfinite().all()) for rows in features.split(ROWS))


def _blocks(features: Tensor, size: int) -> Iterator[tuple[slice, Tensor]]:
    for start in range(0, len(features), size):
        part = slice(start, min(start + size, len(features)))
        yield part, features[part].to(torch.float64)
