"""From stored images to batches: what is shown, and where the generator draws it."""

import pytest
import torch
from scipy import stats

from cipslib.datasets.augment import rot90
from cipslib.datasets.batches import Batch, BatchOptions, make_batch
from cipslib.datasets.patches import PatchConfig
from cipslib.networks.coordinates import cylinder_grid
from cipslib.networks.randomness import BatchDraws

UNLIKELY = 1e-3


def draws(size: int, images_seen: int = 0) -> BatchDraws:
    return BatchDraws(seed=0, images_seen=images_seen, size=size, indices=torch.arange(size))


def located(count: int, height: int, width: int) -> torch.Tensor:
    """Images whose red is the column and whose green the row of each pixel, from 0 to 255."""
    images = torch.zeros(count, height, width, 3, dtype=torch.uint8)
    images[..., 0] = torch.arange(width) * (255 // (width - 1))
    images[..., 1] = (torch.arange(height) * (255 // (height - 1)))[:, None]
    return images


def colours(batch: Batch) -> torch.Tensor:
    """Red and green of each pixel, (batch, pixels, 2)."""
    return batch.images[:, :2].flatten(2).transpose(1, 2)


def levels(batch: Batch) -> torch.Tensor:
    return ((batch.images + 1) * 127.5).round().long().permute(0, 2, 3, 1)


@pytest.mark.parametrize("offsets", ["uniform", "release"])
def test_the_colours_of_a_patch_are_those_at_its_coordinates(offsets: str):
    """An image whose colour is its coordinate. 16 px: 255 = 15 x 17, so the levels are exact."""
    options = BatchOptions(16, patches=PatchConfig(5, (1, 2, 3), offsets, "nearest"))
    dilations = set()
    for seen in range(0, 400, 20):
        batch = make_batch(located(20, 16, 16), options, draws(20, seen))
        assert batch.images.shape == (20, 3, 5, 5) and batch.coords is not None
        torch.testing.assert_close(colours(batch), batch.coords)
        step = batch.coords.reshape(20, 5, 5, 2)[:, 0].diff(dim=1)[..., 0] * 15 / 2
        assert step.max() - step.min() < 1e-4  # one dilation for the batch
        dilations.add(round(step.mean().item()))
        assert len(batch.coords[:, 0].unique(dim=0)) > 1  # and each image its own corner
    assert dilations == {1, 2, 3}


def test_a_mirrored_patch_lies_at_its_place_in_the_mirrored_image():
    options = BatchOptions(16, flips=True, patches=PatchConfig(5, (3,), "uniform", "nearest"))
    batch = make_batch(located(40, 16, 16), options, draws(40))
    assert batch.coords is not None
    columns_agree = torch.isclose(colours(batch), batch.coords, atol=1e-5)[..., 0].all(dim=1)
    mirrored = torch.isclose(colours(batch), -batch.coords, atol=1e-5)[..., 0].all(dim=1)
    assert (columns_agree ^ mirrored).all()
    assert 10 <= mirrored.sum() <= 30
    torch.testing.assert_close(colours(batch)[..., 1], batch.coords[..., 1])


def test_half_of_the_images_are_mirrored_and_only_where_allowed():
    images = located(200, 4, 4)
    assert (levels(make_batch(images, BatchOptions(4), draws(200))) == images).all()
    flipped = levels(make_batch(images, BatchOptions(4, flips=True), draws(200)))
    mirrored = (flipped == images.flip(2)).all(dim=(1, 2, 3))
    assert (mirrored | (flipped == images).all(dim=(1, 2, 3))).all()
    assert 70 <= mirrored.sum() <= 130


def test_crops_are_whole_and_begin_anywhere_equally_often():
    batch = make_batch(located(8000, 6, 16), BatchOptions(4), draws(8000))
    assert batch.images.shape == (8000, 3, 4, 4) and batch.coords is None
    columns, rows = levels(batch)[..., 0] // 17, levels(batch)[..., 1] // 51
    assert (columns.diff(dim=2) == 1).all() and (rows.diff(dim=1) == 1).all()
    counts = torch.bincount(rows[:, 0, 0] * 13 + columns[:, 0, 0], minlength=3 * 13)
    assert len(counts) == 39
    assert stats.chisquare(counts.numpy()).pvalue > UNLIKELY


def test_all_four_quarter_turns_are_equally_likely_and_exact():
    images = located(4000, 4, 4)
    turned = levels(make_batch(images, BatchOptions(4, rotation="quarter"), draws(4000)))
    each = [rot90(images, torch.full((4000,), turns)) for turns in range(4)]
    counts = torch.stack([(turned == one).all(dim=(1, 2, 3)).sum() for one in each])
    assert counts.sum() == 4000
    assert stats.chisquare(counts.numpy()).pvalue > UNLIKELY


def test_free_rotations_have_every_angle_equally_often():
    """The direction from one side to the other of an image that is a ramp of both coordinates."""
    batch = make_batch(located(4000, 16, 16), BatchOptions(8, rotation="free"), draws(4000))
    along = batch.images[:, :2, 3, 7] - batch.images[:, :2, 3, 0]
    angles = torch.atan2(along[:, 1], along[:, 0]) / (2 * torch.pi) + 0.5
    counts = torch.bincount((angles * 8).long().clamp(max=7), minlength=8)
    assert stats.chisquare(counts.numpy()).pvalue > UNLIKELY


def test_a_cylinders_windows_begin_anywhere_and_go_round():
    """Each has the columns of the whole cylinder that follow one another, past the seam, too."""
    around, size = 12, 8
    grid = cylinder_grid(size, around).reshape(size, around, 2)
    options = BatchOptions(size, circumference=around)
    images = located(6000, size, size)
    batch = make_batch(images, options, draws(6000))
    assert (levels(batch) == images).all()  # the real images are ordinary ones, and whole
    assert batch.coords is not None
    coords = batch.coords.reshape(6000, size, size, 2)
    first = ((coords[:, 0, 0, 0] + 1) * around / 2).round().long()
    for start in range(around):
        expected = torch.roll(grid, -start, dims=1)[:, :size]
        assert (coords[first == start] == expected).all()
    assert stats.chisquare(torch.bincount(first, minlength=around).numpy()).pvalue > UNLIKELY
