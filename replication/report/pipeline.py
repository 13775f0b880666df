"""The stages of a profile and what comes before each: dvc.yaml as DVC itself reads it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cipslib.utils.errors import UserError
from replication.profile.profile import Profile


@dataclass(frozen=True)
class Stage:
    """One stage of the pipeline as a profile has it."""

    name: str  # as DVC prints it: train@faces-cips
    command: str  # of `cips`: train
    of: str | None  # the command's argument: faces-cips
    params: tuple[str, ...]  # keys of the profile's parameters, and files of resolved ones
    before: tuple[str, ...]  # names of the stages that it depends on directly


def read_pipeline(profile: Profile) -> dict[str, Stage]:
    """Return the stages of the profile by name, in the order of dvc.yaml; git is not asked.

    Raises UserError if DVC cannot read it.
    """
    # Here, since DVC takes a second to import.
    from dvc.exceptions import DvcException  # type: ignore[import-untyped]
    from dvc.repo import Repo  # type: ignore[import-untyped]
    from dvc.repo.index import Index  # type: ignore[import-untyped]

    root = str(profile.paths.root)
    try:
        repo = Repo(root, uninitialized=True, config={"core": {"no_scm": True}})
        index = Index.from_file(repo, str(profile.pipeline_file))
        graph = index.graph  # its edges lead from a stage to those that it depends on
    except DvcException as error:
        raise UserError(f"{profile.pipeline_file} cannot be read: {error}") from error
    return {each.name: _stage(each, graph.successors(each)) for each in index.stages}


def _stage(stage: Any, before: Iterable[Any]) -> Stage:
    """Return a ``dvc.stage.PipelineStage`` as a Stage."""
    words = stage.cmd.split()[1:]  # behind "cips"
    params = [key for dep in stage.deps for key in getattr(dep, "params", ())]
    paths = [dep.def_path for dep in stage.deps]
    resolved = ["configs/" + path.split("/configs/")[1] for path in paths if "/configs/" in path]
    return Stage(
        name=stage.name,
        command=words[0],
        of=None if words[1].startswith("-") else words[1],
        params=(*params, *resolved),
        before=tuple(each.name for each in before),
    )
