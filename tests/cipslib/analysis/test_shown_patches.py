"""What is shown of patches is what a training would have seen."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cipslib.analysis.shown_patches import shown_patches
from cipslib.datasets.batches import BatchOptions
from cipslib.datasets.loader import BatchLoader
from cipslib.datasets.patches import PatchConfig
from cipslib.sampling.synthesis import to_bytes

OPTIONS = BatchOptions(16, flips=True, patches=PatchConfig(4, (1, 2, 5), "uniform", "nearest"))


@pytest.fixture
def images() -> np.ndarray:
    """No two pixels alike, and none as light as a faded one."""
    random = np.random.default_rng(0)
    return random.permuted(np.arange(20 * 20 * 20 * 3) % 180, axis=0).reshape(20, 20, 20, 3)


def test_the_marked_pixels_are_the_patch_and_as_far_apart_as_is_said(images):
    images = images.astype(np.uint8)  # larger than the resolution: they are cropped, too
    shown = shown_patches(images, OPTIONS, seed=3)
    assert [(each.size, each.dilation) for each in shown] == [(4, 1), (4, 2), (4, 5)]
    for each in shown:
        rows, columns = np.nonzero((each.marked < 190).any(axis=2))
        rows, columns = np.unique(rows), np.unique(columns)
        assert len(rows) == len(columns) == 4
        assert set(np.diff(rows)) == set(np.diff(columns)) == {each.dilation}
        np.testing.assert_array_equal(each.marked[np.ix_(rows, columns)], each.patch)


def test_a_patch_is_the_one_that_the_loader_gives(images):
    images = images.astype(np.uint8)
    patches = replace(OPTIONS.patches, dilations=(2,))
    options = replace(OPTIONS, patches=patches)
    batch = BatchLoader(images, 3, options, torch.device("cpu")).batch(0, 1)
    (shown,) = shown_patches(images, options, seed=3)
    np.testing.assert_array_equal(to_bytes(batch.images[0]).permute(1, 2, 0).numpy(), shown.patch)


@pytest.mark.parametrize("changes", [{"patches": None}, {"circumference": 48}])
def test_without_patches_of_the_plane_there_is_nothing_to_show(images, changes: dict):
    with pytest.raises(ValueError, match="no patches of the plane"):
        shown_patches(images.astype(np.uint8), replace(OPTIONS, **changes))
