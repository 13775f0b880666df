"""What a run's summary.json says of how it came about, in words."""

from collections.abc import Mapping
from typing import Any

UNKNOWN = "not known"  # images and time of a training that was not made here

Summary = Mapping[str, Any]  # as `cips train` or `cips import-run` wrote it


def images_text(summary: Summary) -> str:
    """How many images it was trained on, and why no more."""
    if "imported" in summary:
        return UNKNOWN
    early = f", then {summary['stopped']}" if summary["stopped"] else ""
    return f"{summary['images_seen']:,}{early}"


def time_text(summary: Summary) -> str:
    """How long it was trained."""
    if "imported" in summary:
        return UNKNOWN
    seconds = summary["seconds"]
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds / 60:.1f} min"


def origin_text(summary: Summary) -> str:
    """Where the weights are from."""
    if "imported" not in summary:
        return "trained here"
    file = summary["imported"]
    return f"imported from {file['file']} (SHA-256 {file['sha256'][:12]}…)"


def cost_line(summary: Summary) -> str:
    """Of the parameters and the training, as in "2.10 M parameters; 3.2 min; images: 8,000"."""
    size = f"{summary['parameters']['generator'] / 1e6:.2f} M parameters"
    if "imported" in summary:
        return f"{size}; {origin_text(summary)}; time and images of its training: {UNKNOWN}"
    return f"{size}; {time_text(summary)}; images: {images_text(summary)}"
