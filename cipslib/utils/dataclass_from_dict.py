"""A mapping, as YAML gives it -> a dataclass, or a ValueError that names the first thing wrong."""

import difflib
import math
import re
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Union, get_args, get_origin, get_type_hints

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")  # names become files and folders
RESERVED = "work"  # results/work holds what is under way


def build(cls: type, data: Any, where: str) -> Any:
    """Make a dataclass of a mapping; keys, types and the class's own checks must all agree."""
    assert is_dataclass(cls)
    required = {f.name for f in fields(cls) if f.default is MISSING}
    check_keys(data, required, {f.name for f in fields(cls)}, where)
    hints = get_type_hints(cls)
    values = {key: _convert(value, hints[key], f"{where}.{key}") for key, value in data.items()}
    try:
        return cls(**values)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error


def _convert(value: Any, hint: Any, where: str) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        if value is None:
            return None
        kinds = [h for h in get_args(hint) if h is not type(None)]
        hint = next((kind for kind in kinds if type(value) is kind), kinds[0])
    if get_origin(hint) is tuple:
        hints = get_args(hint)
        if not isinstance(value, list):
            raise ValueError(f"{where} is {value!r}, must be a list")
        if hints[-1] is Ellipsis:
            hints = len(value) * hints[:1]
        if len(value) != len(hints):
            raise ValueError(f"{where} is {value!r}, must be a list of {len(hints)}")
        return tuple(
            _convert(v, h, f"{where}[{i}]")
            for i, (v, h) in enumerate(zip(value, hints, strict=True))
        )
    if isinstance(hint, type) and is_dataclass(hint):
        return build(hint, value, where)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{where} is {value}, must be a finite number")
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise ValueError(f"{where} is {value!r}, must be of type {hint.__name__}")
    return value


def check_name(name: Any, where: str) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name) or name == RESERVED:
        raise ValueError(
            f"{where} is called {name!r}; a name has small letters, digits and single hyphens, "
            f"and is not {RESERVED}"
        )


def named_mapping(data: Any, where: str) -> dict[str, Any]:
    """A mapping of at least one entry, whose keys become names of files."""
    mapping = as_mapping(data, where)
    if not mapping:
        raise ValueError(f"{where} is empty, must have at least one entry")
    for name in mapping:
        check_name(name, f"an entry of {where}")
    return mapping


def as_mapping(data: Any, where: str) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise ValueError(f"{where or 'the file'} is {data!r}, must be a mapping")
    return dict(data)


def check_keys(data: Any, required: set[str], known: set[str], where: str) -> None:
    prefix = f"{where}." if where else ""
    data = as_mapping(data, where)
    for key in data:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = (
                f"; did you mean {close[0]}?" if close else f"; known: {', '.join(sorted(known))}"
            )
            raise ValueError(f"{prefix}{key} is not a parameter{hint}")
    for key in sorted(required):
        if key not in data:
            raise ValueError(f"{prefix}{key} is missing")
