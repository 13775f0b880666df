"""A params.yaml with what it inherits. Light: threads are set by it before torch is imported."""

from pathlib import Path
from typing import Any

from cipslib.utils.yaml_file import read_yaml

OWN = ("profile", "root", "here", "main", "datasets", "runs", "imported", "left_out")


def read_params(params_file: Path) -> Any:
    """Read a params.yaml; where it ``inherits`` another one, it says only what differs there.

    Sections that runs share are merged key by key; what is in ``OWN`` it has to say itself.
    """
    data = read_yaml(params_file)
    if not isinstance(data, dict) or "inherits" not in data:
        return data
    inherited = read_yaml(params_file.parent / str(data.pop("inherits")))
    return merged({key: value for key, value in inherited.items() if key not in OWN}, data)


def merged(shared: dict[str, Any], override: dict[str, Any]) -> dict[str, Any]:
    """Return ``shared`` with ``override``'s keys, and so on below keys that have keys in both."""
    both = dict(shared)
    for key, value in override.items():
        below = isinstance(value, dict) and isinstance(shared.get(key), dict)
        both[key] = merged(shared[key], value) if below else value
    return both
