"""Batches of training images, as a function of the number of images seen."""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from cipslib.randomness import Stream, derive_seed, torch_stream
from cipslib.shapes import Float, UInt8


class BatchLoader:
    """Random access to the endless shuffled stream of a data set.

    Every epoch is a fresh permutation of all images, so ``batch(images_seen, n)`` is images number
    ``images_seen`` to ``images_seen + n`` of one fixed sequence; a resumed run continues it.
    """

    def __init__(
        self, images: UInt8[np.ndarray, "count h w 3"], seed: int, flips: bool, device: torch.device
    ):
        self.images, self.seed, self.flips, self.device = images, seed, flips, device
        self._permutation = lru_cache(maxsize=2)(self._permutation_of_epoch)

    def batch(self, images_seen: int, size: int) -> Float[Tensor, "{size} 3 h w"]:
        """Images in [-1, 1]; where flips are allowed, each is mirrored with probability 1/2."""
        chosen = self.images[self._indices(images_seen, size)]
        images = torch.from_numpy(chosen).to(self.device).permute(0, 3, 1, 2)
        images = images.to(torch.float32) / 127.5 - 1.0
        if not self.flips:
            return images.contiguous()
        stream = torch_stream(self.seed, Stream.FLIPS, images_seen)
        mirror = torch.rand(size, 1, 1, 1, generator=stream) < 0.5
        return torch.where(mirror.to(self.device), images.flip(3), images)

    def _indices(self, images_seen: int, size: int) -> np.ndarray:
        places = (divmod(seen, len(self.images)) for seen in range(images_seen, images_seen + size))
        return np.array([self._permutation(epoch)[place] for epoch, place in places])

    def _permutation_of_epoch(self, epoch: int) -> np.ndarray:
        seed = derive_seed(self.seed, Stream.DATA_ORDER, epoch)
        return np.random.default_rng(seed).permutation(len(self.images))
