"""The cheap judgement while training: how far the pictures are from real ones, and how diverse.

The Frechet distance here is a proxy to choose a checkpoint and to stop by: of few pictures, by
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
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float, Int, UInt8

THUMBNAIL = 16  # pixels a side: differences that the eye sees at once, at any resolution
PORTION = 128  # pictures in memory at once


@dataclass(frozen=True)
class Diversity:
    """How much pictures differ from each other, in grey levels (0 to 255) of their thumbnails."""

    spread: float  # standard deviation over the pictures, mean over the values: 0 if all are alike
    nearest: float  # RMS distance to the most similar other, mean: small for a few that repeat

    @classmethod
    def of(cls, thumbnails: Float[Tensor, "count values"]) -> "Diversity":
        values = thumbnails.double()
        squares = values.square().sum(1)
        distances = squares[:, None] + squares - 2 * values @ values.T
        nearest = distances.fill_diagonal_(math.inf).amin(1).clamp(min=0)
        spread = values.std(0, correction=0).mean()
        return cls(float(spread), float((nearest / values.shape[1]).sqrt().mean()))

    def share_of(self, real: "Diversity") -> float:
        """The smaller of the two shares; 1 for pictures as diverse as real ones, or more."""
        pairs = ((self.spread, real.spread), (self.nearest, real.nearest))
        return min(1.0, *(own / theirs if theirs else 1.0 for own, theirs in pairs))


@dataclass(frozen=True)
class Judgement:
    """Of the pictures of one generator."""

    distance: float  # Frechet distance from real pictures
    generated: Diversity
    real: Diversity

    @property
    def diversity(self) -> float:
        """As a share of the real pictures'."""
        return self.generated.share_of(self.real)


class Judge:
    """Compares ``count`` pictures of fixed latents with as many real ones, always the same.

    It draws no random number of torch's or NumPy's global streams and changes no module: a run
    that is judged stays the run that it is. The same weights get the same judgement.
    """

    def __init__(
        self,
        images: UInt8[np.ndarray, "total height width 3"],
        network: Network,
        count: int,
        seed: int,
        resolution: int,
        among: Int[np.ndarray, " among"] | None = None,
    ):
        """``images`` may be mapped into memory; of larger ones the middle is taken.

        ``among``: the numbers of those that are drawn from; all, if not given.

        ``seed``: of the latents and of the draw of real images; another than evaluation.seed, or
        the checkpoint is chosen by the pictures that it is evaluated on.

        Raises UserError if there are too few, or they are smaller than the resolution.
        """
        among = np.arange(len(images)) if among is None else among
        if not 2 <= count <= len(among):
            raise UserError(
                f"a judgement of {count} images: must be at least 2, and at most the data set's "
                f"{len(among)}"
            )
        if min(images.shape[1:3]) < resolution:
            raise UserError(f"the images are of {images.shape[1:3]} pixels, below {resolution}")
        self._images, self._network, self._size = images, network, resolution
        self.count, self.seed, self._among = count, seed, among

    def __call__(self, generator: AnyGenerator) -> Judgement:
        """By one process alone."""
        return self.judge(self.features_of(generator, self.share(0, 1)))

    def share(self, rank: int, ranks: int) -> range:
        """The pictures of one of ``ranks`` processes: as many for each.

        Where they do not divide ``count``, the last ones' reach beyond it; ``judge`` ignores that.
        """
        each = math.ceil(self.count / ranks)
        return range(rank * each, (rank + 1) * each)

    def features_of(
        self, generator: AnyGenerator, part: range
    ) -> Float[Tensor, "{len(part)} columns"]:
        """What ``judge`` needs of the pictures number ``part``: a float32 row each, on the CPU.

        The rows of all shares, gathered in the order of the ranks, are those of one process.
        """
        latents = sample_latents(part.stop, generator.config.style_dim, self.seed)
        portions = (part[i : i + PORTION] for i in range(0, len(part), PORTION))
        rows = [
            self._seen(_pictures(generator, latents[p.start : p.stop], self.seed, p.start))
            for p in portions
        ]
        return torch.cat(rows)

    def judge(self, rows: Float[Tensor, "pictures columns"]) -> Judgement:
        """Of the gathered rows of ``features_of``. Raises UserError if there are too few."""
        if len(rows) < self.count:
            raise UserError(f"{len(rows)} pictures came to be judged, of {self.count}")
        features, thumbnails = self._split(rows[: self.count].cpu())
        reference, real = self._reference
        return Judgement(reference.distance(Moments.of(features)), Diversity.of(thumbnails), real)

    @cached_property
    def _reference(self) -> tuple[Reference, Diversity]:
        """Of the real images; computed at the first judgement, by the process that judges."""
        chosen = np.random.default_rng(self.seed).permutation(self._among)[: self.count]
        chosen.sort()  # read in the order of the file
        top, left = ((side - self._size) // 2 for side in self._images.shape[1:3])
        window = slice(top, top + self._size), slice(left, left + self._size)
        rows = [
            self._seen(np.stack([self._images[i][window] for i in portion]))
            for portion in np.split(chosen, range(PORTION, len(chosen), PORTION))
        ]
        features, thumbnails = self._split(torch.cat(rows))
        return Reference.of(Moments.of(features)), Diversity.of(thumbnails)

    def _seen(
        self, pictures: UInt8[np.ndarray, "count size size 3"]
    ) -> Float[Tensor, "count columns"]:
        """Features and thumbnails, side by side."""
        features = torch.from_numpy(self._network.features(pictures))
        values = torch.from_numpy(pictures).permute(0, 3, 1, 2).float()
        return torch.cat((features, F.adaptive_avg_pool2d(values, THUMBNAIL).flatten(1)), dim=1)

    def _split(
        self, rows: Float[Tensor, "count columns"]
    ) -> tuple[Float[Tensor, "count features"], Float[Tensor, "count values"]]:
        dim = self._network.extractor.dim
        return rows[:, :dim], rows[:, dim:]


@torch.inference_mode()
def _pictures(
    generator: AnyGenerator, z: Float[Tensor, "count style"], seed: int, first: int
) -> UInt8[np.ndarray, "count size size 3"]:
    """Without noise; of a cylinder, windows at fixed places."""
    w = generator.mapping(z.to(*device_and_type(generator)))
    if isinstance(generator, Generator) and generator.config.circumference:
        return random_windows(generator, w, seed, first)
    return render(generator, w, first=first)
