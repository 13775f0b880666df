"""The order of the training images: batches as a function of the number of images seen."""

import math
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from cipslib.datasets.batches import Batch, BatchOptions, make_batch
from cipslib.networks.randomness import BatchDraws, Stream, derive_seed
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Int, UInt8

BLOCK = 2**26  # bytes copied at a time


class BatchLoader:
    """Random access to the endless shuffled stream of a data set.

    Every epoch is a fresh permutation of the chosen images, so ``batch(images_seen, n)`` is images
    number ``images_seen`` to ``images_seen + n`` of one fixed sequence; a resumed run continues it.
    """

    def __init__(
        self,
        images: UInt8[np.ndarray, "count height width 3"],
        seed: int,
        options: BatchOptions,
        device: torch.device,
        chosen: Int[np.ndarray, " chosen"] | None = None,
        on_device: str = "never",
    ):
        """``images`` may be mapped into memory; of them the ``chosen`` are shown, or all.

        ``on_device``: whether they are copied to the device's memory, one of ON_DEVICE.

        Raises UserError if they are too small for the options, or do not fit on the device.
        """
        options.check_room(min(images.shape[1:3]))
        self.images, self.seed, self.options, self.device = images, seed, options, device
        self._chosen = np.arange(len(images)) if chosen is None else chosen
        size = len(self._chosen) * math.prod(images.shape[1:])
        stays = _belongs_on_device(size, device, on_device)
        self._resident = _copied(images, self._chosen, device) if stays else None
        self._permutation = lru_cache(maxsize=2)(self._permutation_of_epoch)

    def batch(self, images_seen: int, size: int, part: Int[Tensor, " part"] | None = None) -> Batch:
        """Return the batch after ``images_seen`` images; ``part`` selects some of its images."""
        part = torch.arange(size) if part is None else part
        images = self._read(self._places(images_seen, size)[part.numpy()])
        return make_batch(images, self.options, BatchDraws(self.seed, images_seen, size, part))

    def _read(self, places: Int[np.ndarray, " batch"]) -> UInt8[Tensor, "batch height width 3"]:
        if self._resident is None:
            return torch.from_numpy(self.images[self._chosen[places]]).to(self.device)
        return self._resident.index_select(0, torch.from_numpy(places).to(self.device))

    def _places(self, images_seen: int, size: int) -> Int[np.ndarray, " {size}"]:
        """Return the batch's indices among the chosen images; it may span several epochs."""
        epochs, places = np.divmod(np.arange(images_seen, images_seen + size), len(self._chosen))
        for epoch in np.unique(epochs):
            here = epochs == epoch
            places[here] = self._permutation(int(epoch))[places[here]]
        return places

    def _permutation_of_epoch(self, epoch: int) -> np.ndarray:
        seed = derive_seed(self.seed, Stream.DATA_ORDER, epoch)
        return np.random.default_rng(seed).permutation(len(self._chosen))


def _belongs_on_device(size: int, device: torch.device, on_device: str) -> bool:
    """Say whether ``size`` bytes are to be copied there, by one of ON_DEVICE."""
    if on_device != "auto":
        return on_device == "always"
    if device.type != "cuda":  # a mapped file is in the computer's memory as it is
        return False
    free, _ = torch.cuda.mem_get_info(device)
    return size < free / 2


def _copied(
    images: UInt8[np.ndarray, "count height width 3"],
    chosen: Int[np.ndarray, " chosen"],
    device: torch.device,
) -> UInt8[Tensor, "chosen height width 3"]:
    """Copy the chosen images to the device's memory, a block at a time."""
    shape = (len(chosen), *images.shape[1:])
    try:
        copy = torch.empty(shape, dtype=torch.uint8, device=device)
    except RuntimeError as error:  # torch's, of too little memory, on the CPU as on a GPU
        raise UserError(
            f"the data set's {math.prod(shape) / 2**30:.1f} GiB do not fit into the memory of "
            f"{device}: set data_on_device to never, and they stay on disk"
        ) from error
    rows = max(1, BLOCK // math.prod(shape[1:]))
    for start in range(0, len(chosen), rows):
        block = torch.from_numpy(images[chosen[start : start + rows]])
        copy[start : start + rows] = block.to(device)
    return copy
