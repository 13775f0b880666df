"""Networks that come as TorchScript."""

import warnings
from pathlib import Path

import torch


def load_script(path: Path) -> torch.jit.ScriptModule:
    """Raises RuntimeError for a damaged file. A script runs torch's operations and nothing else.

    torch deprecates this kind of file; NVIDIA's networks have no other.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit", FutureWarning)
        return torch.jit.load(str(path), map_location="cpu")
