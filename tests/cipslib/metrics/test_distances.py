"""Distances of sets of features: closed forms, and other people's implementations."""

import warnings
from collections.abc import Callable

import numpy as np
import pytest
import torch
from cleanfid import fid
from conftest import refused
from distances import frechet_distance as distance_of
from torch_fidelity import metric_fid, metric_kid, metric_prc

from cipslib.features.frechet import Reference
from cipslib.features.moments import BLOCKS, Moments, MomentStream, merge
from cipslib.metrics.fid import frechet_distance
from cipslib.metrics.intervals import Estimate, jackknife, mean, proportion
from cipslib.metrics.kid import kernel_distance
from cipslib.metrics.prdc import compare_manifolds


def gaussian(mean: np.ndarray, covariance: np.ndarray) -> Moments:
    """Moments whose covariance is exactly the given one."""
    return Moments(2, torch.from_numpy(mean), torch.from_numpy(covariance))


def rotation(dim: int, seed: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((dim, dim)))[0]


def features(count: int, dim: int, seed: int, scale: float = 1.0) -> np.ndarray:
    """With a spectrum that falls off, as those of trained networks do."""
    random = np.random.default_rng(seed)
    deviations = scale * np.arange(1, dim + 1) ** -0.5
    return random.standard_normal((count, dim)) * deviations @ rotation(dim, 99) + 0.3


# --- Frechet


def test_two_gaussians_in_closed_form():
    """Covariances with the same axes: the distance is that of means and standard deviations."""
    dim, random = 40, np.random.default_rng(0)
    axes = rotation(dim, 1)
    one, other = random.uniform(0.1, 3, (2, dim))
    mean_one, mean_other = random.standard_normal((2, dim))
    a = gaussian(mean_one, axes * one**2 @ axes.T)
    b = gaussian(mean_other, axes * other**2 @ axes.T)
    expected = ((mean_one - mean_other) ** 2).sum() + ((one - other) ** 2).sum()
    assert Reference.of(a).distance(b) == pytest.approx(expected, rel=1e-9)
    assert Reference.of(b).distance(a) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("count", [500, 2])  # more and fewer than features
def test_equal_sets_have_no_distance(count: int):
    same = features(count, 128, 0)
    assert 0 <= distance_of(same, same) < 1e-6


def test_the_distance_is_clean_fids_and_torch_fidelitys():
    a, b = features(625, 512, 0), features(625, 512, 1, scale=1.1)
    ours = distance_of(a, b)
    statistics = [metric_fid.fid_features_to_statistics(torch.from_numpy(f)) for f in (a, b)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert ours == pytest.approx(fid.fid_from_feats(a, b), rel=1e-6)
    theirs = metric_fid.fid_statistics_to_metric(*statistics, verbose=False)
    assert ours == pytest.approx(theirs[metric_fid.KEY_METRIC_FID], rel=1e-6)


# --- moments


@pytest.mark.parametrize("batches", [(1,) * 7, (100, 1, 250), (64,) * 5])
def test_streamed_moments_are_those_of_all(batches: tuple[int, ...]):
    values = features(sum(batches), 12, 0) + 1e3  # far from 0, where sums of squares would cancel
    stream = MomentStream(12)
    for batch in np.split(values, np.cumsum(batches)[:-1]):
        stream.update(torch.from_numpy(batch))
    total = merge(stream.parts)
    assert total.count == len(values)
    np.testing.assert_allclose(total.mean, values.mean(0), rtol=1e-12)
    np.testing.assert_allclose(total.covariance, np.cov(values, rowvar=False), atol=1e-11)


def test_parts_are_interleaved_whatever_the_batches():
    values = torch.from_numpy(features(103, 4, 0))
    stream = MomentStream(4)
    for batch in values.split(7):
        stream.update(batch)
    for part, moments in enumerate(stream.parts):
        mine = values[part::BLOCKS]
        assert moments.count == len(mine)
        torch.testing.assert_close(moments.mean, mine.mean(0))


def test_what_has_no_moments_is_refused():
    broken, one = torch.tensor([[1.0, torch.nan, 0.0]]), Moments.of(torch.zeros(1, 3))
    refused("not finite", MomentStream(3).update, broken, error=ValueError)
    refused("at least two images, there are 1", lambda: one.covariance, error=ValueError)
    refused("nothing", merge, [], error=ValueError)


# --- intervals


def streamed(values: np.ndarray) -> list[Moments]:
    stream = MomentStream(values.shape[1])
    stream.update(torch.from_numpy(values))
    return stream.parts


REAL = torch.from_numpy(features(3000, 16, 0))


def frechet(values: np.ndarray) -> Estimate:
    return frechet_distance(Reference.of(Moments.of(REAL)), streamed(values))


def kernel(values: np.ndarray) -> Estimate:
    return kernel_distance(REAL[:200], torch.from_numpy(values))


@pytest.mark.parametrize(("distance", "count"), [(frechet, 600), (kernel, 60)])
def test_the_interval_is_as_wide_as_repeats_say(
    distance: Callable[[np.ndarray], Estimate], count: int
):
    """Fresh sets of generated images scatter as the interval of each of them foretells."""
    found = [distance(features(count, 16, seed, scale=1.5)) for seed in range(100, 180)]
    half_width = np.mean([one.high - one.value for one in found])
    students = 2.262  # t(0.975, 9)
    assert half_width / students == pytest.approx(np.std([one.value for one in found]), rel=0.25)


def test_a_jackknife_of_a_mean_is_the_means_own_error():
    values = np.random.default_rng(0).standard_normal(10)
    without = [np.delete(values, i).mean() for i in range(10)]
    found, expected = jackknife(values.mean(), without), mean(values)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    refused("at least two parts", jackknife, 1.0, [1.0], error=ValueError)


def test_shares_have_a_width_at_the_ends():
    """Wilson's interval in closed form: z^2 / (n + z^2) at 0."""
    found = proportion(np.zeros(100, dtype=bool))
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(1.959964**2 / (100 + 1.959964**2), rel=1e-5)
    assert proportion(np.ones(100, dtype=bool)).low == pytest.approx(1 - found.high)


# --- kernel distance


def test_the_kernel_distance_is_torch_fidelitys():
    a, b = (torch.from_numpy(features(700, 256, seed, scale)) for seed, scale in ((0, 1), (1, 2)))
    how = {"kid_subsets": 1, "kid_subset_size": 700, "verbose": False}
    theirs = metric_kid.kid_features_to_metric(a, b, **how)
    ours = kernel_distance(a, b).value
    assert ours == pytest.approx(theirs[metric_kid.KEY_METRIC_KID_MEAN], rel=1e-6)


def test_blocks_change_nothing(monkeypatch):
    a, b = torch.from_numpy(features(90, 8, 0)), torch.from_numpy(features(70, 8, 1))
    whole = kernel_distance(a, b)
    monkeypatch.setattr("cipslib.metrics.kid.ROWS", 16)
    found = kernel_distance(a, b)
    assert (found.value, found.low) == pytest.approx((whole.value, whole.low), rel=1e-10)


def test_the_kernel_distance_of_equal_distributions_is_zero_on_average():
    pairs = ((features(200, 16, seed), features(60, 16, 999 - seed)) for seed in range(80))
    values = [kernel_distance(*map(torch.from_numpy, pair)).value for pair in pairs]
    assert min(values) < 0 < max(values)
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(len(values))
    refused("at least 2 and 20", kernel_distance, REAL, REAL[:19], error=ValueError)


# --- precision, recall, density, coverage


def test_precision_and_recall_are_torch_fidelitys():
    real = torch.from_numpy(features(300, 256, 0))
    generated = torch.from_numpy(features(250, 256, 1, scale=0.9))
    how = {"prc_neighborhood": 3, "save_cpu_ram": False, "verbose": False}
    theirs = metric_prc.prc_features_to_metric(generated, real, **how)
    ours = compare_manifolds(real, generated)
    for name in ("precision", "recall"):
        assert 0 < ours[name].value < 1
        assert ours[name].value == pytest.approx(theirs[name], rel=1e-6)


@pytest.mark.parametrize("chunk_size", [7, 1024])
def test_all_four_by_definition_in_chunks_of_any_size(chunk_size: int, monkeypatch):
    for module in ("knn", "prdc"):
        monkeypatch.setattr(f"cipslib.metrics.{module}.CHUNK", chunk_size)
    real, generated = features(60, 5, 0), features(45, 5, 1, scale=1.2)
    between = np.linalg.norm(real[:, None] - generated[None], axis=2)

    def radius(points: np.ndarray, k: int) -> np.ndarray:
        apart = np.linalg.norm(points[:, None] - points[None], axis=2)
        return np.sort(apart, axis=1)[:, k]

    in_real, in_real_5 = between <= radius(real, 3)[:, None], between <= radius(real, 5)[:, None]
    in_generated = between <= radius(generated, 3)[None]
    found = compare_manifolds(torch.from_numpy(real), torch.from_numpy(generated))
    assert found["precision"].value == in_real.any(0).mean()
    assert found["recall"].value == in_generated.any(1).mean()
    assert found["density"].value == pytest.approx(in_real_5.sum(0).mean() / 5)
    assert found["coverage"].value == in_real_5.any(1).mean()


def test_an_edge_belongs_to_its_ball_wherever_it_lies():
    """Copies are at the k-th neighbour's distance exactly, and rounding takes none out."""
    real = torch.from_numpy(features(80, 6, 0) + 1e3).float()
    found = compare_manifolds(real, real.clone())
    assert found["density"].value == pytest.approx((5 + 1) / 5)  # 5 neighbours and the point itself
    real = torch.from_numpy(1e3 + np.random.default_rng(0).standard_normal((1, 8))).repeat(40, 1)
    assert compare_manifolds(real, real.clone())["precision"].value == 1


def test_sets_without_neighbours_or_with_nan_are_refused():
    few, enough = torch.zeros(5, 3), torch.from_numpy(features(20, 3, 0)).float()
    refused("k is 5, must be 1 to the number of references, 4", compare_manifolds, few, enough)
    none = torch.full((20, 3), torch.nan)
    refused("not finite", compare_manifolds, enough, none, error=ValueError)
