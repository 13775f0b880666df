"""The order of the training images, and that processes share it."""

import numpy as np
import pytest
import torch
from conftest import random_images, refused

from cipslib.datasets import loader as module
from cipslib.datasets.batches import Batch, BatchOptions
from cipslib.datasets.loader import BatchLoader
from cipslib.datasets.patches import PatchConfig
from cipslib.networks.randomness import Stream, derive_seed, torch_stream

CPU = torch.device("cpu")
# Every random choice at once.
PATCHES = PatchConfig(2, (1, 2, 3), "release", "nearest")
EVERYTHING = [BatchOptions(4, True, way, PATCHES, 9) for way in ("none", "quarter", "free")]


def equal(one: Batch, other: Batch) -> bool:
    if one.coords is None or other.coords is None:
        return one.coords is other.coords and torch.equal(one.images, other.images)
    return torch.equal(one.images, other.images) and torch.equal(one.coords, other.coords)


def test_whole_images_are_these_and_no_others():
    """Written out image by image: a run that was trained before must find the same batches."""
    images, seed, seen, size = random_images(7, 4), 5, 10, 12
    batch = BatchLoader(images, seed, BatchOptions(4, flips=True), CPU).batch(seen, size)
    share = torch.rand(size, generator=torch_stream(seed, Stream.FLIPS, seen))
    for place in range(size):
        epoch, number = divmod(seen + place, len(images))
        order = np.random.default_rng(derive_seed(seed, Stream.DATA_ORDER, epoch)).permutation(7)
        expected = torch.from_numpy(images[order[number]]).float().permute(2, 0, 1) / 127.5 - 1
        expected = expected.flip(2) if share[place] < 0.5 else expected
        assert torch.equal(batch.images[place], expected)
    assert batch.coords is None


@pytest.mark.parametrize("options", EVERYTHING, ids=lambda options: options.rotation)
def test_a_part_of_a_batch_is_what_it_is_of_the_whole(options: BatchOptions):
    loader = BatchLoader(random_images(10, 7), 0, options, CPU)
    whole, part = loader.batch(6, 8), torch.tensor([5, 0, 3])
    assert whole.coords is not None
    chosen = Batch(whole.images[part], whole.coords[part])
    assert equal(chosen, loader.batch(6, 8, part))


@pytest.mark.parametrize("options", EVERYTHING, ids=lambda options: options.rotation)
def test_another_seed_or_another_epoch_is_another_batch(options: BatchOptions):
    loader, again, other = (
        BatchLoader(random_images(8, 7), seed, options, CPU) for seed in (0, 0, 1)
    )
    assert equal(loader.batch(0, 8), again.batch(0, 8))
    assert not equal(loader.batch(0, 8), other.batch(0, 8))
    assert not equal(loader.batch(0, 8), loader.batch(8, 8))


@pytest.mark.parametrize("options", EVERYTHING, ids=lambda options: options.rotation)
def test_a_copy_on_the_device_gives_the_same_batches_as_a_mapped_file(
    tmp_path, monkeypatch, options
):
    monkeypatch.setattr(module, "BLOCK", 300)  # two images
    images = random_images(9, 7)
    np.save(tmp_path / "images.npy", images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    disk = BatchLoader(mapped, 0, options, CPU)
    memory = BatchLoader(mapped, 0, options, CPU, on_device="always")
    expected = disk.batch(5, 8)
    (tmp_path / "images.npy").write_bytes(bytes(images.nbytes + 128))  # the file is no longer read
    assert not equal(disk.batch(5, 8), expected)
    assert equal(memory.batch(5, 8), expected)


def test_images_that_do_not_fit_the_device_or_fill_the_resolution_are_refused():
    images = np.broadcast_to(np.zeros((1, 1, 1, 3), np.uint8), (16, 2**20, 2**20, 3))
    message = r"the data set's 49152.0 GiB do not fit .* to never"
    refused(message, BatchLoader, images, 0, BatchOptions(2), CPU, on_device="always")
    message = "have 2 pixels a side, fewer than the resolution"
    refused(message, BatchLoader, random_images(4, 2), 0, BatchOptions(4), CPU)


@pytest.mark.parametrize(
    ("on_device", "kind", "free", "stays"),
    [
        ("auto", "cuda", 201, True),
        ("auto", "cuda", 200, False),
        ("auto", "cpu", 10**12, False),
        ("always", "cpu", 0, True),
        ("always", "cuda", 0, True),
        ("never", "cuda", 10**12, False),
    ],
)
def test_auto_copies_to_a_gpu_with_twice_the_room(monkeypatch, on_device, kind, free, stays):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (free, 2 * free))
    assert module._belongs_on_device(100, torch.device(kind), on_device) is stays
