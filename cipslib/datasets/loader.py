"""The order of the training images: batches as a function of the number of images seen."""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from cipslib.datasets.batches import Batch, BatchOptions, make_batch
from cipslib.errors import UserError
from cipslib.randomness import BatchDraws, Stream, derive_seed
from cipslib.shapes import UInt8


class BatchLoader:
    """Random access to the endless shuffled stream of a data set.

    Every epoch is a fresh permutation of all images, so ``batch(images_seen, n)`` is images number
    ``images_seen`` to ``images_seen + n`` of one fixed sequence; a resumed run continues it.
    """

    def __init__(
        self,
        images: UInt8[np.ndarray, "count height width 3"],
        seed: int,
        options: BatchOptions,
        device: torch.device,
        on_device: bool = False,
    ):
        """``images`` may be mapped into memory; ``on_device`` copies them all to the device's.

        Raises UserError if they are too small for the options, or do not fit on the device.
        """
        options.check_room(min(images.shape[1:3]))
        self.images, self.seed, self.options, self.device = images, seed, options, device
        self._resident = _copied(images, device) if on_device else None
        self._permutation = lru_cache(maxsize=2)(self._permutation_of_epoch)

    def batch(self, images_seen: int, size: int, part: slice = slice(None)) -> Batch:
        """``part`` of the batch of ``size`` images that follows the first ``images_seen``."""
        images = self._read(self._indices(images_seen, size)[part])
        return make_batch(images, self.options, BatchDraws(self.seed, images_seen, size, part))

    def _read(self, indices: np.ndarray) -> UInt8[Tensor, "batch height width 3"]:
        if self._resident is None:
            return torch.from_numpy(self.images[indices]).to(self.device)
        return self._resident.index_select(0, torch.from_numpy(indices).to(self.device))

    def _indices(self, images_seen: int, size: int) -> np.ndarray:
        """Of the images in the array, in the order of the batch, which may span several epochs."""
        epochs, places = np.divmod(np.arange(images_seen, images_seen + size), len(self.images))
        indices = np.empty(size, np.int64)
        for epoch in np.unique(epochs):
            here = epochs == epoch
            indices[here] = self._permutation(int(epoch))[places[here]]
        return indices

    def _permutation_of_epoch(self, epoch: int) -> np.ndarray:
        seed = derive_seed(self.seed, Stream.DATA_ORDER, epoch)
        return np.random.default_rng(seed).permutation(len(self.images))


def part_of_rank(size: int, rank: int, ranks: int) -> slice:
    """The share of one of ``ranks`` processes in a batch: the shares, in order, are the batch.

    Raises ValueError if the batch cannot be shared evenly.
    """
    if size % ranks:
        raise ValueError(f"batch_size is {size}, must be a multiple of the processes ({ranks})")
    share = size // ranks
    return slice(rank * share, (rank + 1) * share)


def _copied(images: np.ndarray, device: torch.device) -> UInt8[Tensor, "count height width 3"]:
    try:
        return torch.from_numpy(np.array(images)).to(device)
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise UserError(
            f"on_device: the data set's {images.nbytes / 2**30:.1f} GiB do not fit into the memory "
            f"of {device}: switch on_device off, and they stay on disk"
        ) from error
