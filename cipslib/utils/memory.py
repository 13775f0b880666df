"""How much memory there is, was used, and was not enough."""

import ctypes
import os
import resource
import sys
from pathlib import Path

import torch


def out_of_memory(error: Exception) -> bool:
    """Torch tells it of a CPU in words only."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return any(words in str(error) for words in ("allocate memory", "bad_alloc"))


def keep_freed_memory() -> bool:
    """Let this process keep what it frees, for the next tensor; says whether the system can.

    GNU's C library gives each large block back at once, and a step of training then waits for a
    page fault every 4 KiB of each activation: a ninth of its time (docs/performance.md). What torch
    holds on a GPU is not concerned.
    """
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        return False
    trim_threshold, mmap_max = -1, -4  # their numbers in malloc.h
    return bool(library.mallopt(trim_threshold, -1) and library.mallopt(mmap_max, 0))


def peak_memory(device: torch.device) -> int:
    """Bytes, so far: held by torch on a GPU, resident of this process otherwise."""
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device)
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss would count what the parent had when this process was started
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return 1024 * int(line.split()[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def free_memory() -> int:
    """Bytes that a new process may have, where the system tells; else all there are."""
    meminfo, limit = Path("/proc/meminfo"), Path("/sys/fs/cgroup/memory.max")  # a container's
    free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if meminfo.exists():
        lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
        free = 1024 * int(lines["MemAvailable"].split()[0])
    if limit.exists() and limit.read_text().strip() != "max":
        used = int(limit.with_name("memory.current").read_text())
        free = min(free, int(limit.read_text()) - used)
    return free
