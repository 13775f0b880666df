"""A replication of *Image Generators with Conditionally-Independent Pixel Synthesis* (CIPS)."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

FUNCTIONS = {"from_pretrained": "cipslib.networks.hub", "sample": "cipslib.sampling.images"}


def __getattr__(name: str) -> Any:
    """Give ``cipslib.sample``, say, when it is asked for: importing cipslib alone is light."""
    if name in FUNCTIONS:
        return getattr(import_module(FUNCTIONS[name]), name)
    raise AttributeError(f"module 'cipslib' has no attribute {name!r}")
