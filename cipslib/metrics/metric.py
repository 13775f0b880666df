"""What a metric is: one or more numbers of the features of generated images against real ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from cipslib.features.moments import Moments
from cipslib.metrics.intervals import Estimate
from cipslib.utils.shapes import Float


@dataclass(frozen=True)
class Features:
    """A set of images as one network sees it."""

    values: Float[Tensor, "count dim"]  # float32
    parts: list[Moments] | None  # of interleaved parts; None: not asked for

    def to(self, device: torch.device) -> "Features":
        """Return the same with the values on a device."""
        return Features(self.values.to(device), self.parts)


@dataclass(frozen=True)
class Measure:
    """One number: its key in metrics.json, how it is called, and its formula in a protocol."""

    name: str
    label: str
    formula: str
    inception_label: str | None = None  # as "FID", which it may be called of Inception's features
    # Of the number of images in the smaller set and that of features: what to know beforehand.
    caution: Callable[[int, int], str | None] = lambda images, dim: None


@dataclass(frozen=True)
class Metric:
    """What cipslib/metrics/registry.py lists: one computation, and the numbers that it gives.

    ``compute`` takes the features of real and of generated images; it returns the numbers by the
    names of their measures.
    """

    measures: tuple[Measure, ...]
    network: str  # whose features: "extractor" or "manifold_extractor" of a profile's evaluation
    compute: Callable[[Features, Features], Mapping[str, Estimate]]
