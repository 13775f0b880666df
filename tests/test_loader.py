"""The order of the training images."""

import numpy as np
import torch

from cipslib.datasets.loader import BatchLoader

CPU = torch.device("cpu")


def numbered(count: int) -> np.ndarray:
    """Pictures that carry their index in the left column, zero elsewhere."""
    images = np.zeros((count, 2, 2, 3), np.uint8)
    images[:, :, 0] = np.arange(count)[:, None, None]
    return images


def indices(batch: torch.Tensor) -> list[int]:
    return ((batch + 1) * 127.5).round().amax(dim=(1, 2, 3)).int().tolist()


def test_every_epoch_shows_every_image_once_in_another_order():
    loader = BatchLoader(numbered(10), seed=3, flips=False, device=CPU)
    first, second = indices(loader.batch(0, 10)), indices(loader.batch(10, 10))
    assert sorted(first) == sorted(second) == list(range(10))
    assert first != second


def test_a_batch_depends_on_the_images_seen_alone():
    loader = BatchLoader(numbered(10), seed=3, flips=True, device=CPU)
    other = BatchLoader(numbered(10), seed=3, flips=True, device=CPU)
    loader.batch(0, 8)
    assert torch.equal(loader.batch(16, 8), other.batch(16, 8))  # across the end of an epoch


def test_half_of_the_images_are_mirrored_and_only_where_allowed():
    images = numbered(200) + np.uint8(1)
    images[:, :, 1] = 0
    plain = BatchLoader(images, seed=0, flips=False, device=CPU).batch(0, 200)
    flipped = BatchLoader(images, seed=0, flips=True, device=CPU).batch(0, 200)
    assert (plain[:, 0, 0, 1] == -1).all()
    mirrored = (flipped[:, 0, 0, 0] == -1).sum().item()
    assert 70 <= mirrored <= 130
