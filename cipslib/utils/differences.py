"""How two mappings of settings differ, in words."""

from typing import Any


def differences(saved: Any, wanted: Any, name: str = "") -> list[str]:
    """Return what differs, as in "training.batch_size: 16, now 32"."""
    if isinstance(saved, dict) and isinstance(wanted, dict):
        found = []
        for key in sorted({*saved, *wanted}):
            below = f"{name}.{key}" if name else key
            found += differences(saved.get(key), wanted.get(key), below)
        return found
    return [] if saved == wanted else [f"{name}: {saved}, now {wanted}"]
