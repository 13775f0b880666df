"""The cheap evaluation while training: how far the images are from real ones, and how diverse.

The Frechet distance here is a proxy to watch and to stop by: of few images, by
default of random features. What a run is reported by is taken by `cips evaluate`.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from cipslib.features.extractors import Network
from cipslib.features.frechet import Reference
from cipslib.features.moments import Moments
from cipslib.networks.generator import Generator
from cipslib.networks.models import AnyGenerator
from cipslib.sampling.latents import device_and_type, sample_latents
from cipslib.sampling.panorama import random_windows
from cipslib.sampling.synthesis import render
from cipslib.training.distributed import SINGLE_PROCESS, DistributedContext
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float, Int, UInt8

THUMBNAIL = 16  # pixels a side: differences that the eye sees at once, at any resolution
CHUNK = 128  # images in memory at once


@dataclass(frozen=True)
class Diversity:
    """How much images differ from each other, in grey levels (0 to 255) of their thumbnails."""

    spread: float  # standard deviation over the images, mean over the values: 0 if all are alike
    nearest: float  # RMS distance to the most similar other, mean: small for a few that repeat

    @classmethod
    def of(cls, thumbnails: Float[Tensor, "count values"]) -> "Diversity":
        """Measure the diversity of a set of thumbnails, one a row."""
        values = thumbnails.double()
        squares = values.square().sum(1)
        distances = squares[:, None] + squares - 2 * values @ values.T
        nearest = distances.fill_diagonal_(math.inf).amin(1).clamp(min=0)
        spread = values.std(0, correction=0).mean()
        return cls(float(spread), float((nearest / values.shape[1]).sqrt().mean()))

    def relative_to(self, real: "Diversity") -> float:
        """Return the smaller of the two ratios; 1 for images as diverse as real ones, or more."""
        pairs = ((self.spread, real.spread), (self.nearest, real.nearest))
        return min(1.0, *(own / theirs if theirs else 1.0 for own, theirs in pairs))


class OnlineEvaluator:
    """Compares ``count`` images of fixed latents with as many real ones, always the same.

    It draws no random number of torch's or NumPy's global streams and changes no module: a run
    that is evaluated stays the run that it is. The same weights get the same numbers.
    """

    def __init__(
        self,
        images: UInt8[np.ndarray, "total height width 3"],
        network: Network,
        count: int,
        seed: int,
        resolution: int,
        among: Int[np.ndarray, " among"],
    ):
        """``images`` may be mapped into memory; of larger ones the centre is taken.

        ``among``: the indices of those that are drawn from. ``seed``: of the latents and of the
        draw of real images; another than evaluation.seed. Raises UserError if there are too few.
        """
        if not 2 <= count <= len(among):
            raise UserError(
                f"an online evaluation of {count} images: must be at least 2, and at most the data "
                f"set's {len(among)}"
            )
        self.count = count
        self.seed = seed
        self._images = images
        self._network = network
        self._resolution = resolution
        self._among = among

    def __call__(
        self, generator: AnyGenerator, distributed: DistributedContext = SINGLE_PROCESS
    ) -> tuple[float, float]:
        """Return the Frechet distance from real images, and the diversity relative to theirs.

        The processes share the images; each gets the main one's numbers, so that all go by them.
        """
        each = math.ceil(self.count / distributed.world_size)
        indices = range(distributed.rank * each, (distributed.rank + 1) * each)
        # Where they do not divide ``count``, the last ones reach beyond it.
        rows = distributed.all_gather(self._rows_of_generated(generator, indices))[: self.count]
        distance = 0.0
        diversity = 0.0
        if distributed.is_main:
            features, thumbnails = self._split(rows)
            reference, real = self._reference
            distance = reference.distance(Moments.of(features))
            diversity = Diversity.of(thumbnails).relative_to(real)
        return distributed.all_gather_float(distance)[0], distributed.all_gather_float(diversity)[0]

    def _rows_of_generated(
        self, generator: AnyGenerator, indices: range
    ) -> Float[Tensor, "{len(indices)} columns"]:
        latents = sample_latents(indices.stop, generator.config.style_dim, self.seed)
        chunks = (indices[i : i + CHUNK] for i in range(0, len(indices), CHUNK))
        rows = [
            self._rows(_images(generator, latents[c.start : c.stop], self.seed, c.start))
            for c in chunks
        ]
        return torch.cat(rows)

    @cached_property
    def _reference(self) -> tuple[Reference, Diversity]:
        """The real images' part, computed at the first evaluation, by the main process."""
        chosen = np.random.default_rng(self.seed).permutation(self._among)[: self.count]
        chosen.sort()  # read in the order of the file
        size = self._resolution
        top, left = ((side - size) // 2 for side in self._images.shape[1:3])
        window = slice(top, top + size), slice(left, left + size)
        rows = [
            self._rows(np.stack([self._images[i][window] for i in chunk]))
            for chunk in np.split(chosen, range(CHUNK, len(chosen), CHUNK))
        ]
        features, thumbnails = self._split(torch.cat(rows))
        return Reference.of(Moments.of(features)), Diversity.of(thumbnails)

    def _rows(self, images: UInt8[np.ndarray, "count size size 3"]) -> Float[Tensor, "count _"]:
        """Return features and thumbnails, side by side."""
        features = torch.from_numpy(self._network.features(images))
        values = torch.from_numpy(images).permute(0, 3, 1, 2).float()
        return torch.cat((features, F.adaptive_avg_pool2d(values, THUMBNAIL).flatten(1)), dim=1)

    def _split(
        self, rows: Float[Tensor, "count columns"]
    ) -> tuple[Float[Tensor, "count features"], Float[Tensor, "count values"]]:
        dim = self._network.extractor.dim
        return rows[:, :dim], rows[:, dim:]


@torch.inference_mode()
def _images(
    generator: AnyGenerator, z: Float[Tensor, "count style"], seed: int, first: int
) -> UInt8[np.ndarray, "count size size 3"]:
    """Return images without noise; of a cylinder, windows at fixed places."""
    w = generator.mapping(z.to(*device_and_type(generator)))
    if isinstance(generator, Generator) and generator.config.circumference:
        return random_windows(generator, w, seed, first)
    return render(generator, w, first=first)
