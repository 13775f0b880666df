"""What summary.json says of all trainings of a run, where it was trained from several seeds."""

from collections.abc import Mapping
from typing import Any

Summary = Mapping[str, Any]  # of a run's first seed, as `cips train` wrote it
SHARED = ("seed", "images_seen", "stopped", "seconds")  # what it says of the other seeds, too


def of_all_seeds(summary: Summary) -> list[Summary]:
    """Of each seed what SHARED names; the first one's is the summary itself."""
    return [summary, *summary.get("others", ())]


def images_text(summary: Summary) -> str:
    """How many images the run was trained on, and why no more; seeds are named if there are two."""
    seeds = of_all_seeds(summary)
    texts = [
        f"{one['images_seen']:,}" + (f", then {one['stopped']}" if one["stopped"] else "")
        for one in seeds
    ]
    if len(seeds) == 1:
        return texts[0]
    if len({*texts}) == 1:
        return f"{len(seeds)} × {texts[0]}"
    return "; ".join(f"seed {one['seed']}: {text}" for one, text in zip(seeds, texts, strict=True))


def training_seconds(summary: Summary) -> float:
    """Of all seeds together."""
    return float(sum(one["seconds"] for one in of_all_seeds(summary)))
