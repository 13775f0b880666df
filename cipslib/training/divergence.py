"""When a run must stop: it diverged, it collapsed, its budget is used up (docs/training.md).

Nothing here reads or writes: the trainer hands in what it logs and keeps ``Watch.state`` with its
checkpoint, so that a resumed run counts on where the killed one stood.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from cipslib.training.config import WatchConfig
from cipslib.utils.errors import UserError


class Diverged(UserError):  # noqa: N818 - it is what happened
    """The run cannot recover; the last checkpoint before this is the good one."""

    def __init__(self, reason: str, images_seen: int, remedy: str):
        super().__init__(f"training diverged: {reason} at {images_seen:,} images; {remedy}")
        self.reason, self.images_seen, self.remedy = reason, images_seen, remedy


@dataclass
class Counts:
    """What the watch remembers: numbers alone, so that JSON can hold it."""

    gaps: int = 0  # log entries in a row with too large a gap
    flat: int = 0  # judgements in a row with too little diversity
    bad: int = 0  # judgements in a row too far from the best
    best_distance: float | None = None
    best_images: int = 0  # seen when it was taken
    judge: str = ""  # who took it: distances of another one do not compare


class Watch:
    """Is told every log entry and judgement, and raises Diverged at the one too many."""

    def __init__(
        self, config: WatchConfig, state: Mapping[str, Any] | None = None, judge: str = ""
    ):
        """``state``: that of an earlier sitting, as its checkpoint has it; ``judge``: a name."""
        self.config = config
        self.counts = Counts(**(state or {}))
        if self.counts.judge != judge:
            self.counts = Counts(gaps=self.counts.gaps, judge=judge)

    @property
    def state(self) -> dict[str, Any]:
        """To be kept with a checkpoint, and handed to the next sitting's watch."""
        return asdict(self.counts)

    @property
    def calm(self) -> bool:
        """Whether no rule is counting towards a stop."""
        return not (self.counts.gaps or self.counts.flat or self.counts.bad)

    def logged(self, images_seen: int, values: Mapping[str, float]) -> None:
        """A log entry: losses, ``score/real`` and ``score/fake``, R1. Raises Diverged.

        The scores must be there. Every value must be finite.
        """
        check_finite(images_seen, values)
        gap = abs(values["score/real"] - values["score/fake"])
        self.counts.gaps = self.counts.gaps + 1 if gap > self.config.score_gap else 0
        if self.counts.gaps >= self.config.score_patience:
            raise Diverged(
                f"the scores of real and generated images are {gap:.1f} apart, in "
                f"{self.counts.gaps} log entries in a row more than watch.score_gap "
                f"({self.config.score_gap:g}),",
                images_seen,
                "raise r1_gamma, lower learning_rate, or train on more images",
            )

    def judged(self, images_seen: int, distance: float, diversity: float) -> None:
        """A judgement of the moving average's pictures. Raises Diverged.

        ``diversity`` is a share of the real pictures' (quality.Judgement).
        """
        check_finite(images_seen, {"frechet distance": distance, "diversity": diversity})
        if images_seen < self.config.grace_images:
            return
        self._count_flat(images_seen, diversity)
        self._count_bad(images_seen, distance)

    def _count_flat(self, images_seen: int, diversity: float) -> None:
        self.counts.flat = self.counts.flat + 1 if diversity < self.config.least_diversity else 0
        if self.counts.flat >= self.config.judgement_patience:
            raise Diverged(
                f"the generator has collapsed: its pictures' diversity is {diversity:.1%} of the "
                f"real ones', in {self.counts.flat} judgements in a row less than "
                f"watch.least_diversity ({self.config.least_diversity:.0%}),",
                images_seen,
                "raise r1_gamma, lower learning_rate, or start with another seed",
            )

    def _count_bad(self, images_seen: int, distance: float) -> None:
        counts, worst = self.counts, self.config.worst_distance
        if counts.best_distance is None or distance < counts.best_distance:
            counts.best_distance, counts.best_images = distance, images_seen
        counts.bad = counts.bad + 1 if distance > worst * counts.best_distance else 0
        if counts.bad >= self.config.judgement_patience:
            raise Diverged(
                f"the pictures got worse: their Frechet distance is {distance:.4g}, in "
                f"{counts.bad} judgements in a row more than watch.worst_distance ({worst:g}) "
                f"times the best, {counts.best_distance:.4g} after {counts.best_images:,} images,",
                images_seen,
                "take the best checkpoint, or raise r1_gamma or lower learning_rate",
            )

    def spent(self, seconds: float) -> bool:
        """Whether ``max_hours`` are used up by ``seconds`` of training: time for a clean stop.

        Clocks differ: of several processes, one must ask and tell the others.
        """
        return self.config.max_hours is not None and seconds >= 3600 * self.config.max_hours


def check_finite(images_seen: int, values: Mapping[str, float]) -> None:
    """Raises Diverged, naming the first value that is not a finite number."""
    for key, value in values.items():
        if not math.isfinite(value):
            raise _not_finite(f"{key} is {value}", images_seen)


@torch.no_grad()
def check_weights(images_seen: int, networks: Mapping[str, nn.Module]) -> None:
    """Raises Diverged, naming network and parameter, if a weight is not a finite number.

    One number a network comes from the device unless something is wrong: cheap enough to be done
    before every save, so that no broken state takes a good one's place.
    """
    for name, network in networks.items():
        if math.isfinite(_largest(dict(network.named_parameters()))):
            continue
        for key, parameter in network.named_parameters():
            if not parameter.isfinite().all():
                raise _not_finite(f"{name}.{key} holds weights that are no number", images_seen)


def _largest(parameters: Mapping[str, Tensor]) -> float:
    """The largest magnitude; NaN if any is."""
    return float(nn.utils.get_total_norm(parameters.values(), norm_type=math.inf))


def _not_finite(what: str, images_seen: int) -> Diverged:
    return Diverged(what, images_seen, "lower learning_rate or raise r1_gamma")
