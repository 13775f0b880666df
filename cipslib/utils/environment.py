"""The machine, the versions and the commit that a number came from; which process this is."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from cipslib.utils.errors import UserError


def describe_environment(root: Path, device: torch.device, processes: int = 1) -> dict[str, Any]:
    """Return what a reader needs to know of the machine and the code behind a result."""
    return {
        "processor": processor_name(device),
        "device": device.type,
        "processes": processes,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": version("torch"),
        "numpy": version("numpy"),
        "commit": commit_of(root),
    }


def choose_device(name: str) -> torch.device:
    """Return the device; for "auto" the GPU if there is one. Raises UserError if it is missing."""
    if name not in ("auto", "cpu", "cuda"):
        raise UserError(f"device is {name!r}, must be auto, cpu or cuda")
    count = torch.cuda.device_count()
    if name == "cuda" and not count:
        raise UserError("device is cuda, but torch sees no GPU here: say auto or cpu")
    if name == "cpu" or not count:
        return torch.device("cpu")
    if local_rank() >= count:
        raise UserError(f"there are more processes than GPUs ({count}): lower hardware.processes")
    device = torch.device("cuda", local_rank())
    torch.cuda.set_device(device)
    return device


def processor_name(device: torch.device) -> str:
    """Return the GPU's name, or the CPU's where the system tells it."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def commit_of(root: Path) -> str | None:
    """Return the commit, with + if tracked files were changed since; None outside git."""

    def git(*arguments: str) -> str | None:
        command = ["git", "-C", str(root), *arguments]
        try:
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            return None

    commit = git("rev-parse", "--short=12", "HEAD")
    if commit is None:
        return None
    changed = git("status", "--porcelain", "--untracked-files=no")
    return commit.strip() + ("+" if changed else "")


def is_member() -> bool:
    """Return whether torchrun started this process."""
    return "RANK" in os.environ and "WORLD_SIZE" in os.environ


def local_rank() -> int:
    """Return the number of this process on its machine: which GPU is its own."""
    return int(os.environ.get("LOCAL_RANK", 0))
