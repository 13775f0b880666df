"""When a run must stop: it diverged, or it collapsed (docs/training.md).

Nothing here reads or writes: the session hands in what it logs and keeps ``state`` with its
checkpoints, so that a resumed run counts on where the killed one stood.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn

from cipslib.training.config import StopRules
from cipslib.utils.errors import UserError


class DivergedError(UserError):
    """The run cannot recover; the last checkpoint before this is the good one."""

    def __init__(self, reason: str, images_seen: int, remedy: str):
        super().__init__(f"training diverged: {reason} at {images_seen:,} images; {remedy}")


@dataclass
class Counts:
    """What the monitor remembers: numbers alone, so that JSON can hold it."""

    gaps: int = 0  # log entries in a row with too large a gap
    flat: int = 0  # evaluations in a row with too little diversity
    far: int = 0  # evaluations in a row too far from the best
    best_distance: float | None = None
    evaluator: str = ""  # what took it: distances of another one do not compare


class DivergenceMonitor:
    """Is told every log entry and online evaluation; raises DivergedError at the one too many."""

    def __init__(
        self, rules: StopRules, state: Mapping[str, Any] | None = None, evaluator: str = ""
    ):
        """``state``: an earlier session's, as its checkpoint has it; ``evaluator``: a name."""
        self.rules = rules
        self.counts = Counts(**(state or {}))
        if self.counts.evaluator != evaluator:
            self.counts = Counts(gaps=self.counts.gaps, evaluator=evaluator)

    @property
    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps, for the next session's monitor."""
        return asdict(self.counts)

    @property
    def healthy(self) -> bool:
        """Whether no rule is counting towards a stop."""
        return not (self.counts.gaps or self.counts.flat or self.counts.far)

    def check_losses(self, images_seen: int, values: Mapping[str, float]) -> None:
        """Check a log entry: losses, ``score/real`` and ``score/fake``, R1.

        Raises DivergedError if a value is not finite, or the scores are too far apart too often.
        """
        check_finite(images_seen, values)
        gap = abs(values["score/real"] - values["score/fake"])
        self.counts.gaps = self.counts.gaps + 1 if gap > self.rules.max_score_gap else 0
        if self.counts.gaps >= self.rules.score_patience:
            raise DivergedError(
                f"the scores of real and generated images are {gap:.1f} apart, in "
                f"{self.counts.gaps} log entries in a row more than stop_rules.max_score_gap "
                f"({self.rules.max_score_gap:g}),",
                images_seen,
                "raise r1_gamma, lower learning_rate, or train on more images",
            )

    def check_evaluation(self, images_seen: int, distance: float, diversity: float) -> None:
        """Check an online evaluation; ``diversity`` is relative to that of real images.

        Raises DivergedError if a number is not finite, or one of them is too bad too often.
        """
        check_finite(images_seen, {"frechet distance": distance, "diversity": diversity})
        if images_seen < self.rules.warmup_images:
            return
        self._check_diversity(images_seen, diversity)
        self._check_distance(images_seen, distance)

    def _check_diversity(self, images_seen: int, diversity: float) -> None:
        self.counts.flat = self.counts.flat + 1 if diversity < self.rules.min_diversity else 0
        if self.counts.flat >= self.rules.eval_patience:
            raise DivergedError(
                f"the generator has collapsed: its images' diversity is {diversity:.1%} of the "
                f"real ones', in {self.counts.flat} evaluations in a row less than "
                f"stop_rules.min_diversity ({self.rules.min_diversity:.0%}),",
                images_seen,
                "raise r1_gamma, lower learning_rate, or start with another seed",
            )

    def _check_distance(self, images_seen: int, distance: float) -> None:
        counts, ratio = self.counts, self.rules.max_distance_ratio
        if counts.best_distance is None or distance < counts.best_distance:
            counts.best_distance = distance
        counts.far = counts.far + 1 if distance > ratio * counts.best_distance else 0
        if counts.far >= self.rules.eval_patience:
            raise DivergedError(
                f"the images got worse: their Frechet distance is {distance:.4g}, in "
                f"{counts.far} evaluations in a row more than stop_rules.max_distance_ratio "
                f"({ratio:g}) times the best, {counts.best_distance:.4g},",
                images_seen,
                "raise r1_gamma or lower learning_rate",
            )


def check_finite(images_seen: int, values: Mapping[str, float]) -> None:
    """Raise DivergedError, naming the first value that is not a finite number."""
    for key, value in values.items():
        if not math.isfinite(value):
            raise _not_finite(f"{key} is {value}", images_seen)


@torch.no_grad()
def check_weights(images_seen: int, networks: Mapping[str, nn.Module]) -> None:
    """Raise DivergedError, naming network and parameter, if a weight is not a finite number.

    One number a network comes from the device unless something is wrong: cheap enough to be done
    before every save, so that no broken state takes a good one's place.
    """
    for name, network in networks.items():
        if math.isfinite(nn.utils.get_total_norm(network.parameters(), norm_type=math.inf)):
            continue
        for key, parameter in network.named_parameters():
            if not parameter.isfinite().all():
                raise _not_finite(f"{name}.{key} holds weights that are no number", images_seen)


def _not_finite(what: str, images_seen: int) -> DivergedError:
    return DivergedError(what, images_seen, "lower learning_rate or raise r1_gamma")
