"""docs/fidelity.md as data: where paper and released code part, and what a profile follows."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cipslib.utils.errors import UserError
from cipslib.utils.yaml_file import read_yaml
from replication.profile.profile import SECTIONS, Profile, merged

NONE = "none"  # where a run has nothing of the kind: patches, say
CODE = re.compile(r"[A-Z]\d+")  # of a row: A1, B6, ...


@dataclass(frozen=True)
class Option:
    """A difference that parameters can follow either way."""

    code: str
    subject: str
    paper: str
    released: str
    here: str  # each parameter and its values


def options_in_force(profile: Profile) -> list[Option]:
    """The rows of docs/fidelity.md that name parameters, with the values that these have.

    Raises UserError if there is no such row, or the file cannot be read.
    """
    params = read_yaml(profile.params_file)
    options = []
    for code, subject, paper, released, here in _rows(profile):
        found = {name: _values(name, params) for name in re.findall(r"`([\w.*]+)`", here)}
        values = [f"`{name}`: {_said(value)}" for name, value in found.items() if value]
        if values:
            options.append(Option(code, subject, paper, released, "; ".join(values)))
    if not options:
        raise UserError(f"{profile.paths.fidelity} has no row that names a parameter")
    return options


def _rows(profile: Profile) -> Iterator[list[str]]:
    """The cells of the tables' rows, as plain text: links lead elsewhere from the report."""
    try:
        text = profile.paths.fidelity.read_text()
    except OSError as error:
        raise UserError(f"cannot read {profile.paths.fidelity}: {error.strerror}") from error
    for line in text.splitlines():
        cells = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", c).strip() for c in line.split("|")[1:-1]]
        if len(cells) == 5 and CODE.fullmatch(cells[0]):
            yield cells


def _values(name: str, params: Mapping[str, Any]) -> dict[str, list[str]]:
    """Value -> the runs (or data sets) that have it; empty if none has a parameter ``name``.

    Names as the document has them: with their section, or without that of the training; a star
    stands for every data set.
    """
    parts = name.split(".")
    owners: dict[str, Mapping[str, Any]]
    if parts[0] == "datasets":
        owners = {name: {"datasets": values} for name, values in params["datasets"].items()}
        parts = ["datasets", *parts[2:]]
    elif parts[0] == "evaluation":
        owners = {"all": params}
    else:
        parts = parts if parts[0] in SECTIONS else ["training", *parts]
        runs = {**params["runs"], **params["imported"]}
        owners = {name: _of_run(run, params) for name, run in runs.items()}
    found: dict[str, list[str]] = {}
    for owner, values in owners.items():
        if parts[0] not in values:
            continue  # a run of another model
        value: Any = values
        for part in parts:
            value = value.get(part) if isinstance(value, Mapping) else None
        found.setdefault(_text(value), []).append(owner)
    return {} if [*found] == [NONE] else found


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_text(each)}" for name, each in value.items())
    return NONE if value is None else str(value)


def _of_run(run: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """The sections of parameters that a run is made of."""
    used = {"discriminator", "training", run["model"]}
    return {name: merged(params[name], run.get(name, {})) for name in used}


def _said(values: Mapping[str, list[str]]) -> str:
    """The commonest value alone, if all have it; else each other one with those that have it."""
    common = max(values, key=lambda value: len(values[value]))
    others = [f"{v} ({', '.join(runs)})" for v, runs in values.items() if v != common]
    return "; ".join([f"**{common}**", *others])
