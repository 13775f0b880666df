"""Exact nearest neighbours, and the test for copies."""

import numpy as np
import pytest
import torch

from cipslib.errors import UserError
from cipslib.metrics.memorisation import memorisation
from cipslib.metrics.neighbours import block_sizes, nearest_neighbours


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


# --- memorisation


def distances_to(train: np.ndarray, pictures: np.ndarray) -> np.ndarray:
    return nearest_neighbours(pictures, train, 1).distances[:, 0]


def draw(count: int, seed: int) -> np.ndarray:
    """Pictures of one source: 12 numbers each."""
    return np.random.default_rng(seed).standard_normal((count, 12))


def test_a_generator_that_copies_is_found_out():
    train, held_out = draw(400, 0), draw(150, 1)
    noise = np.random.default_rng(2).standard_normal((150, 12))
    for blur in (0.0, 0.1, 0.4):
        copies = train[:150] + blur * noise
        result = memorisation(distances_to(train, copies), distances_to(train, held_out))
        assert result.p < 1e-6, blur
        assert result.closer.low > 0.6


def test_a_few_copies_among_poor_pictures_are_found_out():
    """On the whole they are farther than held-out pictures; the closest are copies."""
    train, held_out = draw(400, 0), draw(300, 1)
    generated = 1.5 * draw(300, 2)
    generated[:8] = train[:8]
    result = memorisation(distances_to(train, generated), distances_to(train, held_out))
    assert result.p_all > 0.9
    assert result.p_few < 0.02
    assert result.p < 0.05
    assert result.closest > result.expected


def test_new_pictures_of_the_same_source_are_not_accused():
    """The test is wrong no more often than it says, and its interval covers 0.5 as often."""
    train = draw(300, 0)
    results = [
        memorisation(
            distances_to(train, draw(60, 2 * seed + 1)), distances_to(train, draw(90, 2 * seed + 2))
        )
        for seed in range(200)
    ]
    assert np.mean([result.p < 0.05 for result in results]) <= 0.07
    covered = [result.closer.low <= 0.5 <= result.closer.high for result in results]
    assert 0.9 <= np.mean(covered) <= 0.99


def test_the_effect_is_the_share_of_pairs():
    generated, held_out = np.array([1.0, 2.0, 5.0]), np.array([2.0, 3.0])
    closer = memorisation(generated, held_out).closer
    assert closer.value == pytest.approx((1 + 0.75 + 0) * 2 / 6 + (0.25 * 0))
    assert 0 <= closer.low < closer.value < closer.high <= 1


def test_distances_that_are_none_are_refused():
    good = np.array([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="two held-out pictures, there are 1"):
        memorisation(good, good[:1])
    with pytest.raises(ValueError, match="two generated pictures, there are 0"):
        memorisation(good[:0], good)
    for bad in (np.nan, -1.0):
        with pytest.raises(ValueError, match="generated picture is negative or not finite"):
            memorisation(np.array([1.0, bad]), good)
