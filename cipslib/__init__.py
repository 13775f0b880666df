"""A replication of *Image Generators with Conditionally-Independent Pixel Synthesis* (CIPS)."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Give ``cipslib.from_pretrained`` when it is asked for: importing cipslib alone is light."""
    if name == "from_pretrained":
        return import_module("cipslib.networks.hub").from_pretrained
    raise AttributeError(f"module 'cipslib' has no attribute {name!r}")
