"""Dilations and offsets of patches (App. C; docs/fidelity.md, D5 and D6)."""

import numpy as np
import pytest
import torch
from scipy import stats

from cipslib.datasets.patches import (
    PatchConfig,
    axis_indices,
    count_offsets,
    draw_dilation,
    draw_offsets,
)

# A wrong distribution has a p-value of practically 0 at these counts; the seeds are fixed.
UNLIKELY = 1e-3


def draws(offsets: str, resolution: int, size: int, dilation: int, count: int) -> np.ndarray:
    config = PatchConfig(size, (dilation,), offsets, "nearest")
    random = torch.Generator().manual_seed(7)
    return draw_offsets(config, resolution, dilation, count, random).numpy()


def released(resolution: int, size: int, dilation: int) -> np.ndarray:
    """The probability of each corner along an axis, by going through all cases.

    The released code takes one of the W - K tau + tau first pixels, keeps every tau-th from there
    on, and of what is left a random crop of K. For tau = 1 it takes only the crop.
    """
    offsets = resolution - dilation * size + dilation
    starts = 1 if dilation == 1 else offsets
    probability = np.zeros(offsets)
    for start in range(starts):
        kept = np.arange(resolution)[start::dilation]
        crops = kept[: len(kept) - size + 1]
        probability[crops] += 1 / starts / len(crops)
    return probability


def uniform(resolution: int, size: int, dilation: int) -> np.ndarray:
    places = count_offsets(resolution, size, dilation)  # 0 <= u < W - (K - 1) tau
    return np.full(places, 1 / places)


@pytest.mark.parametrize("expected", [uniform, released])
@pytest.mark.parametrize("case", [(256, 64, 1), (256, 64, 2), (256, 64, 4), (9, 2, 3)], ids=str)
def test_offsets_are_as_likely_as_they_should_be_along_both_axes(expected, case: tuple):
    offsets = draws("uniform" if expected is uniform else "release", *case, 40_000)
    shares = expected(*case)
    assert abs(shares.sum() - 1) < 1e-12
    for axis in (0, 1):
        counts = np.bincount(offsets[:, axis], minlength=len(shares))
        assert len(counts) == len(shares)
        assert stats.chisquare(counts, shares * 40_000).pvalue > UNLIKELY


def test_dilations_are_equally_likely():
    config = PatchConfig(4, (1, 3, 5), "uniform", "nearest")
    random = torch.Generator().manual_seed(0)
    drawn = [draw_dilation(config, random) for _ in range(3000)]
    counts = [drawn.count(dilation) for dilation in config.dilations]
    assert sum(counts) == 3000
    assert stats.chisquare(counts).pvalue > UNLIKELY


@pytest.mark.parametrize("offsets", ["uniform", "release"])
@pytest.mark.parametrize(("resolution", "size", "dilation"), [(9, 2, 8), (8, 3, 2), (10, 4, 3)])
def test_patches_fill_the_image_and_do_not_leave_it(offsets, resolution, size, dilation):
    first = torch.from_numpy(draws(offsets, resolution, size, dilation, 2000)[:, 0])
    indices = axis_indices(first, size, dilation)
    assert (indices.diff(dim=1) == dilation).all()
    assert indices.min() == 0 and indices.max() == resolution - 1
