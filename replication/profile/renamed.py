"""Parameters that had another name: the old one is refused, and the message says the new one."""

from collections.abc import Iterable, Mapping
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
    runs = params.get("runs") if isinstance(params, Mapping) else None
    places = {"": params, **{f"runs.{k}.": v for k, v in _items(runs)}}
    for where, mapping in places.items():
        for old, new in RENAMED.items():
            if _has(mapping, old.split(".")):
                raise ValueError(f"{where}{old} has a new name: {where}{new}")


def _items(mapping: Any) -> Iterable[tuple[str, Any]]:
    return mapping.items() if isinstance(mapping, Mapping) else ()


def _has(mapping: Any, keys: list[str]) -> bool:
    for key in keys:
        if not isinstance(mapping, Mapping) or key not in mapping:
            return False
        mapping = mapping[key]
    return True
