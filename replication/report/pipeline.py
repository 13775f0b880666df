"""dvc.yaml as a graph: which stages there are in a profile, and what comes before each."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cipslib.utils.yaml_file import read_yaml
from replication.profile.profile import Profile


@dataclass(frozen=True)
class Stage:
    """One stage of the pipeline as a profile has it."""

    name: str  # as DVC prints it: train@faces-cips
    command: str  # of `cips`: train
    of: str | None  # the command's argument: faces-cips
    deps: tuple[str, ...]
    params: tuple[str, ...]  # keys of the profile's parameters
    outs: tuple[str, ...]


@dataclass(frozen=True)
class Pipeline:
    """The stages in the order of dvc.yaml, by name."""

    stages: Mapping[str, Stage]

    def before(self, name: str) -> list[Stage]:
        """Every stage on whose outputs a stage depends, directly or not, in dvc.yaml's order."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            stage = self.stages[waiting.pop()]
            direct = {s.name for s in self.stages.values() if _feeds(s, stage)}
            waiting += direct - found
            found |= direct
        return [stage for stage in self.stages.values() if stage.name in found]


def _feeds(first: Stage, second: Stage) -> bool:
    """Whether an output of the first is, lies in, or holds a dependency of the second."""
    return any(
        out == dep or out.startswith(f"{dep}/") or dep.startswith(f"{out}/")
        for out in first.outs
        for dep in second.deps
    )


def read_pipeline(profile: Profile) -> Pipeline:
    """The pipeline with the profile's data sets and runs. Raises UserError if it cannot be read."""
    params = read_yaml(profile.params_file)
    stages = {}
    for name, written in read_yaml(profile.paths.pipeline)["stages"].items():
        for full, content in _unrolled(name, written, params):
            stages[full] = _stage(full, content)
    return Pipeline(stages)


def _unrolled(
    name: str, written: Mapping[str, Any], params: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    if "foreach" not in written:
        yield name, _filled(written, params)
        return
    each = written["foreach"]
    if isinstance(each, list):
        for item in each:
            yield f"{name}@{item}", _filled(written["do"], {**params, "item": item})
        return
    for key, item in _value(each[2:-1], params).items():
        yield f"{name}@{key}", _filled(written["do"], {**params, "key": key, "item": item})


def _filled(content: Any, values: Mapping[str, Any]) -> Any:
    """``content`` with each ${name} replaced by its value."""
    if isinstance(content, dict):
        return {_filled(key, values): _filled(below, values) for key, below in content.items()}
    if isinstance(content, list):
        return [_filled(below, values) for below in content]
    if isinstance(content, str):
        return re.sub(r"\$\{([^}]+)\}", lambda found: str(_value(found[1], values)), content)
    return content


def _value(dotted: str, values: Mapping[str, Any]) -> Any:
    found: Any = values
    for part in dotted.split("."):
        found = found[part]
    return found


def _stage(name: str, content: Mapping[str, Any]) -> Stage:
    words = content["cmd"].split()[1:]  # behind "cips"
    of = None if words[1].startswith("-") else words[1]
    keys = [key for file in content.get("params", ()) for key in _keys(file)]
    return Stage(
        name, words[0], of, tuple(content["deps"]), tuple(keys), tuple(content.get("outs", ()))
    )


def _keys(file: Mapping[str, Any]) -> list[str]:
    """What a stage depends on in a file of parameters; all of them where it names none."""
    return [key for keys in file.values() for key in keys or ["all"]]
