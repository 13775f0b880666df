"""The differences between paper and released code that parameters decide, and their values here."""

from collections.abc import Iterator, Mapping
from typing import Any

from cipslib.networks.models import MODELS
from cipslib.utils.yaml_file import read_yaml
from replication.profile.profile import Profile, merged

COLUMNS = ("code", "subject", "paper", "released")
NONE = "none"  # where a run has nothing of the kind: patches, say


def options_in_force(profile: Profile) -> list[tuple[str, ...]]:
    """Return the rows of docs/fidelity.yaml whose parameters have a value in a profile.

    Each row: code, subject, what the paper and the released code have, the values here. Raises
    UserError if the file or the parameters cannot be read.
    """
    params = read_yaml(profile.params_file)
    options = []
    for row in read_yaml(profile.paths.fidelity):
        found = {path: _values(path, params) for path in row["parameters"]}
        here = "; ".join(f"`{path}`: {_said(values)}" for path, values in found.items() if values)
        if here:
            options.append((*(row[key] for key in COLUMNS), here))
    return options


def _values(path: str, params: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return each value of a parameter with the runs or data sets that have it; {} if none has."""
    _, *keys = path.replace(".*", "").split(".")
    found: dict[str, list[str]] = {}
    for owner, section in _owners(path.partition(".")[0], params):
        value: Any = section
        for key in keys:
            value = None if value is None else value[key]
        found.setdefault(_text(value), []).append(owner)
    return {} if [*found] == [NONE] else found


def _owners(section: str, params: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield whoever has a section of its own, with its values."""
    if section == "evaluation":
        yield "all", params[section]
    elif section == "datasets":
        yield from params[section].items()
    else:
        for name, run in {**params["runs"], **params["imported"]}.items():
            if section not in MODELS or run["model"] == section:
                yield name, merged(params[section], run.get(section, {}))


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_text(each)}" for name, each in value.items())
    return NONE if value is None else str(value)


def _said(values: Mapping[str, list[str]]) -> str:
    """Write the commonest value, then each other one with those that have it."""
    common = max(values, key=lambda value: len(values[value]))
    others = [f"{v} ({', '.join(runs)})" for v, runs in values.items() if v != common]
    return "; ".join([f"**{common}**", *others])
