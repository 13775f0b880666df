"""How much memory was used, and whether it was not enough."""

import resource
import sys
from pathlib import Path

import torch


def out_of_memory(error: Exception) -> bool:
    """Return whether this is why: of a CPU torch tells it in words only."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return any(words in str(error) for words in ("allocate memory", "bad_alloc"))


def reset_peak_memory(device: torch.device) -> None:
    """Start the peak anew; a system other than Linux goes on with that of the whole process."""
    clear_refs = Path("/proc/self/clear_refs")
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    elif clear_refs.exists():
        clear_refs.write_text("5")  # proc(5): the peak becomes what is resident now


def peak_memory(device: torch.device) -> int:
    """Return the peak in bytes: held by torch on a GPU, else resident of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device)
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss would count what the parent had when this process was started
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return 1024 * int(lines["VmHWM"].split()[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
