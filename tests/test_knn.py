"""The one search for neighbours."""

import numpy as np
import pytest
import torch

from cipslib.metrics.knn import block_sizes, nearest_neighbours, squared_distances
from cipslib.utils.errors import UserError


def brute_force(queries: np.ndarray, references: np.ndarray, k: int) -> tuple[np.ndarray, ...]:
    distances = np.linalg.norm(queries[:, None] - references[None], axis=2)
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(distances, order, axis=1), order


@pytest.mark.parametrize("memory", [6_000, 20_000, 2**28])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("k", [1, 5, 60])
def test_blocks_find_what_brute_force_finds(memory: int, kind: type, k: int):
    random = np.random.default_rng(k)
    queries = random.standard_normal((37, 9)).astype(kind) + 100
    references = random.standard_normal((61, 9)).astype(kind) + 100
    memory = max(memory, 16_000 if k == 60 else 0)  # as many references are in one block
    found = nearest_neighbours(queries, references, k, memory=memory)
    distances, indices = brute_force(queries.astype(float), references.astype(float), k)
    assert (found.indices == indices).all()
    assert found.distances == pytest.approx(distances, rel=1e-12)


def test_a_copy_is_at_zero_however_far_from_the_origin():
    references = np.random.default_rng(0).standard_normal((50, 8)).astype(np.float32) + 1e4
    queries = references[[7, 3]].copy()
    found = nearest_neighbours(queries, references, 2)
    assert found.indices[:, 0].tolist() == [7, 3]
    assert (found.distances[:, 0] == 0).all()
    assert (queries == references[[7, 3]]).all(), "the arguments are left as they are"


def test_equal_distances_come_in_order():
    references = np.array([[3.0], [1.0], [-1.0], [9.0], [1.0]])
    found = nearest_neighbours(np.zeros((1, 1)), references, 4)
    assert found.indices.tolist() == [[1, 2, 4, 0]]


def test_references_may_be_on_disk(tmp_path):
    references = np.random.default_rng(0).standard_normal((40, 6)).astype(np.float32)
    np.save(tmp_path / "references.npy", references)
    on_disk = np.load(tmp_path / "references.npy", mmap_mode="r")
    found = nearest_neighbours(references[:5], on_disk, 3, memory=8_000)
    assert (found.indices == nearest_neighbours(references[:5], references, 3).indices).all()


@pytest.mark.parametrize("memory", [2**21, 2**24, 2**28])
@pytest.mark.parametrize(("dim", "k"), [(48, 5), (512, 5), (12_288, 5), (4, 100)])
def test_the_blocks_stay_within_the_memory(memory: int, dim: int, k: int):
    rows, columns = block_sizes(10_000, 70_000, dim, k, memory)
    assert rows >= 1
    assert columns >= k
    assert 8 * (3 * rows * dim + 2 * columns * dim + 3 * rows * columns) <= memory


def test_no_tensor_is_larger_than_a_block_may_be():
    """What torch really makes, and not the plan: the largest is a part of the limit."""
    largest = [0]

    class Watch(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            result = function(*args, **(kwargs or {}))
            for each in result if isinstance(result, tuple | list) else (result,):
                if isinstance(each, torch.Tensor):
                    largest[0] = max(largest[0], each.numel() * each.element_size())
            return result

    random = np.random.default_rng(0)
    queries, references = random.standard_normal((600, 32)), random.standard_normal((900, 32))
    with Watch():
        nearest_neighbours(queries, references, 5, memory=2**17)
    assert 0 < largest[0] <= 2**16
    assert queries.nbytes > 2**17


def test_what_has_no_neighbours_is_named():
    some = np.zeros((4, 3))
    with pytest.raises(ValueError, match="queries have 2 numbers each, references 3"):
        nearest_neighbours(np.zeros((4, 2)), some)
    with pytest.raises(ValueError, match="no queries"):
        nearest_neighbours(some[:0], some)
    for references in (some, some[:0]):
        with pytest.raises(UserError, match=f"k is 5, must be .* {len(references)}"):
            nearest_neighbours(some, references, 5)
    with pytest.raises(UserError, match="memory is 100 bytes, must be at least"):
        nearest_neighbours(some, some, 2, memory=100)
    broken = some.copy()
    broken[2, 1] = np.nan
    with pytest.raises(ValueError, match="vectors 0 to 3 is not finite"):
        nearest_neighbours(some, broken, 2)
    with pytest.raises(ValueError, match="vectors 0 to 3 is not finite"):
        nearest_neighbours(broken, some, 2)


@pytest.mark.parametrize("memory", [6_000, 2**28])
def test_the_sets_own_neighbours_leave_each_point_out(memory: int):
    """And not its copies."""
    points = np.random.default_rng(0).standard_normal((41, 7)) + 50
    points[9] = points[30]
    found = nearest_neighbours(points, points, 4, memory=memory, own=True)
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    order = np.argsort(apart, axis=1, kind="stable")[:, :4]
    assert (found.indices == order).all()
    assert found.indices[9, 0] == 30
    assert found.distances[9, 0] == 0
    with pytest.raises(UserError, match="k is 41, must be 1 to the number of references, 40"):
        nearest_neighbours(points, points, 41, own=True)


@pytest.mark.parametrize("memory", [6_000, 2**28])
def test_all_distances_come_block_by_block(memory: int):
    random = np.random.default_rng(0)
    a, b = random.standard_normal((23, 5)) + 9, random.standard_normal((31, 5)).astype(np.float32)
    found, blocks = np.full((23, 31), np.nan), 0
    for rows, columns, distances in squared_distances(a, torch.from_numpy(b), memory=memory):
        found[rows, columns] = distances.numpy()
        blocks += 1
    expected = ((a[:, None] - b[None].astype(float)) ** 2).sum(axis=2)
    assert found == pytest.approx(expected, rel=1e-9)
    assert (blocks == 1) == (memory > 6_000)


def test_tensors_and_arrays_have_the_same_neighbours():
    random = np.random.default_rng(0)
    queries, references = (random.standard_normal((n, 6)).astype(np.float32) for n in (9, 40))
    expected = nearest_neighbours(queries, references, 3)
    found = nearest_neighbours(torch.from_numpy(queries), torch.from_numpy(references), 3)
    assert (found.indices == expected.indices).all()
    assert (found.distances == expected.distances).all()
