"""Spacings and corners of patches (App. C; docs/fidelity.md, D5 and D6)."""

import numpy as np
import pytest
import torch
from scipy import stats

from cipslib.datasets.patches import (
    PatchConfig,
    count_corners,
    draw_corners,
    draw_spacing,
    patch_indices,
    release_spacings,
)

# A wrong distribution has a p-value of practically 0 at these counts; the seeds are fixed.
UNLIKELY = 1e-3


def draws(corners: str, resolution: int, size: int, spacing: int, count: int) -> np.ndarray:
    config = PatchConfig(size, (spacing,), corners, "nearest")
    random = torch.Generator().manual_seed(7)
    return draw_corners(config, resolution, spacing, count, random).numpy()


def released(resolution: int, size: int, spacing: int) -> np.ndarray:
    """The probability of each corner along an axis, by going through all cases.

    The released code takes one of the W - K tau + tau first pixels, keeps every tau-th from there
    on, and of what is left a random crop of K. For tau = 1 it takes only the crop.
    """
    corners = resolution - spacing * size + spacing
    starts = 1 if spacing == 1 else corners
    probability = np.zeros(corners)
    for start in range(starts):
        kept = np.arange(resolution)[start::spacing]
        crops = kept[: len(kept) - size + 1]
        probability[crops] += 1 / starts / len(crops)
    return probability


@pytest.mark.parametrize(("resolution", "size", "spacing"), [(256, 64, 2), (256, 64, 1), (9, 2, 3)])
def test_uniform_corners_are_equally_likely_along_both_axes(resolution, size, spacing):
    corners = draws("uniform", resolution, size, spacing, 40_000)
    places = count_corners(resolution, size, spacing)  # 0 <= u < W - (K - 1) tau
    for axis in (0, 1):
        counts = np.bincount(corners[:, axis], minlength=places)
        assert len(counts) == places
        assert stats.chisquare(counts).pvalue > UNLIKELY


def test_rows_and_columns_of_corners_are_independent():
    corners = draws("uniform", 16, 4, 2, 40_000)
    counts = np.bincount(corners[:, 0] * 10 + corners[:, 1], minlength=100)
    assert stats.chisquare(counts).pvalue > UNLIKELY


@pytest.mark.parametrize("spacing", [1, 2, 4])
def test_released_corners_have_the_released_distribution(spacing: int):
    corners = draws("release", 256, 64, spacing, 40_000)
    expected = released(256, 64, spacing)
    assert abs(expected.sum() - 1) < 1e-12
    for axis in (0, 1):
        counts = np.bincount(corners[:, axis], minlength=len(expected))
        assert stats.chisquare(counts, expected * 40_000).pvalue > UNLIKELY


def test_released_corners_prefer_the_last_quarter():
    expected = released(256, 64, 2)
    last = np.arange(130) >= 0.75 * 130
    assert round(expected[last].sum(), 5) == 0.58549
    share = (draws("release", 256, 64, 2, 40_000) >= 0.75 * 130).mean(axis=0)
    deviation = (0.585 * 0.415 / 40_000) ** 0.5
    assert np.all(np.abs(share - expected[last].sum()) < 4 * deviation)


def test_released_spacings_are_powers_of_two():
    assert release_spacings(256, 64) == (1, 2, 4)
    assert release_spacings(256, 128) == (1, 2)
    assert release_spacings(64, 64) == (1,)


def test_spacings_are_equally_likely():
    config, random = (
        PatchConfig(4, (1, 3, 5), "uniform", "nearest"),
        torch.Generator().manual_seed(0),
    )
    drawn = [draw_spacing(config, random) for _ in range(3000)]
    counts = [drawn.count(spacing) for spacing in config.spacings]
    assert sum(counts) == 3000
    assert stats.chisquare(counts).pvalue > UNLIKELY


@pytest.mark.parametrize("corners", ["uniform", "release"])
@pytest.mark.parametrize(("resolution", "size", "spacing"), [(9, 2, 8), (8, 3, 2), (10, 4, 3)])
def test_patches_fill_the_image_and_do_not_leave_it(corners, resolution, size, spacing):
    first = torch.from_numpy(draws(corners, resolution, size, spacing, 2000)[:, 0])
    indices = patch_indices(first, size, spacing)
    assert (indices.diff(dim=1) == spacing).all()
    assert indices.min() == 0 and indices.max() == resolution - 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": 1}, "size is 1, must be at least 2"),
        ({"spacings": ()}, "spacings is .* one entry or more"),
        ({"spacings": (0, 1)}, "spacings is .* each at least 1"),
        ({"spacings": (2, 2)}, "spacings is .* all different"),
        ({"corners": "centre"}, "corners is 'centre', must be one of uniform, release"),
        (
            {"interpolation": "bicubic"},
            "interpolation is 'bicubic', must be one of nearest, shifted",
        ),
    ],
)
def test_impossible_patches_are_refused_by_name(change: dict, message: str):
    with pytest.raises(ValueError, match=message):
        PatchConfig(
            **{
                "size": 4,
                "spacings": (1,),
                "corners": "uniform",
                "interpolation": "nearest",
                **change,
            }
        )


def test_a_patch_larger_than_the_image_is_refused():
    PatchConfig(4, (5,), "uniform", "nearest").check_fits(16)
    with pytest.raises(ValueError, match=r"spacings has 5: .* span 16, more than the resolution"):
        PatchConfig(4, (1, 5), "uniform", "nearest").check_fits(15)
