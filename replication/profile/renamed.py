"""Parameters that had another name: the old one is refused, and the message says the new one."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

RENAMED: dict[str, str] = {
    "evaluation.lookup": "evaluation.interpolation",
    "training.patches.lookup": "training.patches.interpolation",
    "training.patches.spacings": "training.patches.dilations",
    "training.patches.corners": "training.patches.offsets",
    "training.r1_apart": "training.r1_separate_step",
    "training.ema_rampup": "training.ema_rampup_ratio",
    "training.judge": "training.online_eval",
    "training.watch": "training.stop_rules",
    "training.stop_rules.score_gap": "training.stop_rules.max_score_gap",
    "training.stop_rules.least_diversity": "training.stop_rules.min_diversity",
    "training.stop_rules.worst_distance": "training.stop_rules.max_distance_ratio",
    "training.stop_rules.judgement_patience": "training.stop_rules.eval_patience",
    "training.stop_rules.grace_images": "training.stop_rules.warmup_images",
    "hardware.micro_batch": "hardware.microbatch",
}


def check_renamed(params: Any) -> None:
    """Raise a ValueError that names the first parameter of params.yaml that has a new name.

    A run may override shared parameters, so the old names are looked for below each run too.
    """
    for path in _paths(params):
        old = re.sub(r"^runs\.[^.]+\.", "", path)
        if old in RENAMED:
            new = path.removesuffix(old) + RENAMED[old]
            raise ValueError(f"{path} has a new name: {new}")


def _paths(data: Any, above: str = "") -> Iterator[str]:
    """Yield the dotted name of every key, as in training.patches."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield f"{above}{key}"
            yield from _paths(value, f"{above}{key}.")
