"""Nearest neighbours: what brute force finds, in chunks of any size."""

import numpy as np
import pytest
import torch
from conftest import refused

from cipslib.metrics import knn
from cipslib.metrics.knn import nearest_neighbours


def points(count: int, seed: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    random = np.random.default_rng(seed)
    return torch.from_numpy(random.standard_normal((count, 9)) + 100).to(dtype)


@pytest.fixture(params=[7, 1024], autouse=True)
def chunk_size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knn, "CHUNK", request.param)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("k", [1, 5, 60])
def test_what_brute_force_finds_is_found(dtype: torch.dtype, k: int):
    queries, references = points(37, 0, dtype), points(61, 1, dtype)
    found = nearest_neighbours(queries, references, k)
    distances = np.linalg.norm(queries.double()[:, None] - references.double(), axis=2)
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    assert (found.indices == order).all()
    assert found.distances == pytest.approx(np.take_along_axis(distances, order, 1), rel=1e-12)


def test_a_copy_is_at_zero_however_far_from_the_origin():
    references = 1e4 + points(50, 0, torch.float32)
    queries = references[[7, 3]].clone()
    found = nearest_neighbours(queries, references, 2)
    assert found.indices[:, 0].tolist() == [7, 3]
    assert (found.distances[:, 0] == 0).all()
    assert (queries == references[[7, 3]]).all(), "the arguments are left as they are"


def test_equal_distances_come_in_order():
    references = torch.tensor([[3.0], [1.0], [-1.0], [9.0], [1.0]])
    assert nearest_neighbours(torch.zeros(1, 1), references, 4).indices.tolist() == [[1, 2, 4, 0]]


def test_a_point_is_not_its_own_neighbour_but_its_copy_is():
    some = points(41, 0)
    some[9] = some[30]
    found = nearest_neighbours(some, some, 4, exclude_self=True)
    distances = np.linalg.norm(some[:, None] - some, axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (found.indices == np.argsort(distances, axis=1, kind="stable")[:, :4]).all()
    assert (found.indices[9, 0], found.distances[9, 0]) == (30, 0)
    message = "k is 41, must be 1 to the number of references, 40"
    refused(message, nearest_neighbours, some, some, 41, exclude_self=True)


def test_what_has_no_neighbours_is_named():
    some = points(4, 0)
    for references in (some, some[:0]):
        refused(f"k is 5, must be .* {len(references)}", nearest_neighbours, some, references, 5)
    broken = some.clone()
    broken[2, 1] = torch.nan
    for queries, references in ((some, broken), (broken, some)):
        refused("not finite", nearest_neighbours, queries, references, 2, error=ValueError)
