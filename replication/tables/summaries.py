"""What a run's summary.json says of how it came about, in words."""

from collections.abc import Mapping
from typing import Any

UNKNOWN = "not known"  # images and time of a training that was not made here

# As `cips train` (of the run's first seed, with what it says of the others) or `cips import-run`
# wrote it.
Summary = Mapping[str, Any]


def of_all_seeds(summary: Summary) -> list[Summary]:
    """Seed, images, seconds and reason for an early end of each training; the first one's first."""
    return [summary, *summary.get("other_seeds", ())]


def images_text(summary: Summary) -> str:
    """How many images it was trained on, and why no more; seeds are named if they differ."""
    if "imported" in summary:
        return UNKNOWN
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


def time_text(summary: Summary) -> str:
    """How long it was trained, all seeds together."""
    if "imported" in summary:
        return UNKNOWN
    return duration(sum(one["seconds"] for one in of_all_seeds(summary)))


def duration(seconds: float) -> str:
    """As in "42 s", "3.2 min" and, from two hours on, "5.2 h"."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def origin_text(summary: Summary) -> str:
    """Where the weights are from."""
    if "imported" not in summary:
        return "trained here"
    file = summary["imported"]
    return f"imported from {file['file']} (SHA-256 {file['sha256'][:12]}…)"
