"""Random numbers as a function of (seed, stream, images seen), so that a run can be resumed."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import torch
from torch import Tensor

from cipslib.utils.shapes import Float, Int


class Stream(IntEnum):
    """Independent uses of randomness; the numbers are part of every run's identity."""

    INITIAL_GENERATOR = 0
    DATA_ORDER = 1
    FLIPS = 2
    LATENTS_FOR_DISCRIMINATOR = 3
    LATENTS_FOR_GENERATOR = 4
    NOISE_FOR_DISCRIMINATOR = 5
    NOISE_FOR_GENERATOR = 6
    INITIAL_DISCRIMINATOR = 7
    CROPS = 8
    ROTATIONS = 9
    PATCH_DILATIONS = 10
    PATCH_OFFSETS = 11
    CYLINDER_WINDOWS = 12
    NOISE_OF_IMAGES = 13


def derive_seed(seed: int, stream: Stream, images_seen: int) -> int:
    """Return a 64-bit seed, well mixed: neighbouring inputs give unrelated streams."""
    return int(np.random.SeedSequence([seed, stream, images_seen]).generate_state(1, np.uint64)[0])


def torch_stream(
    seed: int, stream: Stream, images_seen: int, device: torch.device | str = "cpu"
) -> torch.Generator:
    """Return a seeded generator, on the CPU by default: a GPU's draws other numbers."""
    return torch.Generator(device).manual_seed(derive_seed(seed, stream, images_seen))


@dataclass(frozen=True)
class BatchNoise:
    """Noise for the images ``indices`` of a batch of ``size``.

    It is drawn for the whole batch, so that an image's noise does not depend on how many processes
    share the batch.
    """

    generator: torch.Generator
    size: int
    indices: Int[Tensor, " images"]


Noise = torch.Generator | BatchNoise  # a generator draws for the images that there are


def gaussian(noise: Noise, shape: tuple[int, ...], like: Tensor) -> Tensor:
    """Draw N(0, 1) numbers of ``shape``, (images, ...), with the device and precision of ``like``.

    They are drawn where the generator is. Raises ValueError if ``noise`` is for another number of
    images.
    """
    if isinstance(noise, torch.Generator):
        return _randn(noise, shape, like)
    if len(noise.indices) != shape[0]:
        raise ValueError(
            f"there is noise for {len(noise.indices)} images, and {shape[0]} are drawn"
        )
    whole = _randn(noise.generator, (noise.size, *shape[1:]), like)
    return whole[noise.indices.to(whole.device)]


def _randn(generator: torch.Generator, shape: tuple[int, ...], like: Tensor) -> Tensor:
    device = generator.device
    return torch.randn(shape, generator=generator, device=device, dtype=like.dtype).to(like.device)


def randint_below(
    limits: Int[Tensor, "*shape"], generator: torch.Generator
) -> Int[Tensor, "*shape"]:
    """Draw whole numbers from 0 to limit - 1, all equally likely, one for each limit."""
    uniform = torch.rand(limits.shape, generator=generator, dtype=torch.float64)
    return (uniform * limits).long()


@dataclass(frozen=True)
class BatchDraws:
    """Random numbers for each image of a batch, of which a process keeps those of its ``indices``.

    They are drawn on the CPU and for the whole batch, so that they are the same on every device and
    however many processes share the batch.
    """

    seed: int
    images_seen: int  # before the batch
    size: int  # of the whole batch
    indices: Int[Tensor, " images"]  # of images in the batch

    def stream(self, stream: Stream) -> torch.Generator:
        """Return the generator of one use of randomness in this batch."""
        return torch_stream(self.seed, stream, self.images_seen)

    def randn(self, stream: Stream, count: int) -> Float[Tensor, "images {count}"]:
        """Draw ``count`` numbers an image, standard normal."""
        return torch.randn(self.size, count, generator=self.stream(stream))[self.indices]

    def uniform(self, stream: Stream, count: int) -> Float[Tensor, "images {count}"]:
        """Draw ``count`` numbers an image, uniform in [0, 1)."""
        return torch.rand(self.size, count, generator=self.stream(stream))[self.indices]

    def randint(self, stream: Stream, limits: tuple[int, ...]) -> Int[Tensor, "images _"]:
        """Draw whole numbers for each image, one uniform in [0, limit) for each of ``limits``."""
        limit = torch.tensor(limits).expand(self.size, -1)
        return randint_below(limit, self.stream(stream))[self.indices]
