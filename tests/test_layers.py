"""The layout: imports go downwards only, and dvc.yaml lists the folders that a stage imports."""

import ast
import json
import re
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml
from conftest import REPOSITORY

from replication.cli import parser
from replication.configure import EVALUATE, IMPORT, TRAIN
from replication.training.closure import PACKAGES, import_closure, imported_modules, source_of
from replication.training.fingerprint import NO_NUMBER, code_of_training

# docs/architecture.md: a module imports from its own place and from lower levels, nothing else.
LEVELS = (
    {"cipslib", "cipslib.utils", "replication"},
    {"cipslib.networks", "synthetic", "replication.paths"},
    {"cipslib.presets"},
    {"cipslib.sampling", "cipslib.datasets", "cipslib.features"},
    {"cipslib.training", "cipslib.metrics", "replication.datasets"},
    {"cipslib.analysis"},
    {"replication.profile"},
    {"replication.training", "replication.released", "replication.measurements.common"}
    | {"replication.tables"},
    {"replication.measurements", "replication.claims", "replication.tools"},
    {"replication.figures"},
    {"replication.report"},
    {"replication.configure", "replication.doctor", "replication.estimate"}
    | {"replication.dvc_files", "replication.notebooks", "replication.scheduler"},
    {"replication.commands", "replication.new_profile"},
    {"replication.cli"},
)
LEVEL_OF = {place: level for level, places in enumerate(LEVELS) for place in places}
# Commands of stages whose code `cips configure` lists by module -> the module that it starts at.
BY_MODULE = {"train": TRAIN, "import-run": IMPORT, "evaluate": EVALUATE}
PIPELINE = yaml.safe_load((REPOSITORY / "dvc.yaml").read_text())["stages"]


def files(*folders: str) -> list[Path]:
    return sorted(file for name in folders for file in (REPOSITORY / name).rglob("*.py"))


def module_of(file: Path) -> str:
    name = file.relative_to(REPOSITORY).with_suffix("").as_posix().removeprefix("data/")
    return name.replace("/", ".").removesuffix(".__init__")


MODULES = {module_of(file): file for file in files(*PACKAGES.values())}


def place_of(module: str) -> str:
    """The longest entry of LEVELS that holds the module."""
    parts = module.split(".")
    names = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next(name for name in names if name in LEVEL_OF)


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_to_a_lower_level_only(module: str):
    here = place_of(module)
    for imported in imported_modules(MODULES[module].read_text()):
        there = place_of(imported)
        assert there == here or LEVEL_OF[there] < LEVEL_OF[here], f"{module} imports {imported}"


def test_the_core_needs_torch_and_numpy_alone():
    """Networks, sampling, data and training run on a GPU machine that has little else."""
    allowed = {"torch", "numpy", "safetensors", "PIL", "tqdm", "onnx", "onnxscript", "onnxruntime"}
    for file in files(*(f"cipslib/{name}" for name in ("networks", "datasets", "training"))):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            for name in names:
                first = name.split(".")[0]
                known = allowed | {"cipslib"} | sys.stdlib_module_names
                assert first in known, f"{file} imports {name}"


# --- what a stage lists


@cache
def command_roots(command: str) -> set[str]:
    """The module of `cips COMMAND`, or what its function in replication/commands.py imports."""
    measurement = f"replication.measurements.{command}"
    if source_of(measurement):
        return {measurement}
    module = parser().parse_known_args([command, "NAME"])[0].function.partition(":")[0]
    if module != "replication.commands":
        return {module}
    tree = ast.parse((REPOSITORY / "replication/commands.py").read_text())
    (function,) = (n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == command)
    return set(imported_modules(ast.unparse(function)))


def notebook_roots(name: str) -> set[str]:
    cells = json.loads((REPOSITORY / "notebooks" / f"{name}.ipynb").read_text())["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    return set(imported_modules(code))


def kinds_of_stages() -> dict[str, tuple[set[str], list[str]]]:
    """For each stage, or each item of a foreach: what it imports, and the paths that it lists."""
    kinds = {}
    for name, stage in PIPELINE.items():
        body = stage.get("do", stage)
        items = stage.get("foreach", "")
        if not isinstance(items, dict):
            items = {key: {} for key in items} if isinstance(items, list) else {"": {}}
        for key, item in items.items():
            text = json.dumps(body).replace("${item.analysis}", item.get("analysis", ""))
            filled = json.loads(text.replace("${key}", key).replace("${item}", key))
            command = filled["cmd"].split()[1]
            if command in BY_MODULE:
                continue
            roots = notebook_roots(key) if command == "notebook" else command_roots(command)
            kinds[f"{name}@{key}".rstrip("@")] = roots, filled["deps"]
    return kinds


KINDS = kinds_of_stages()


@pytest.mark.parametrize("stage", KINDS)
def test_a_stage_lists_the_folders_of_all_that_it_imports(stage: str):
    roots, listed = KINDS[stage]
    for module in import_closure(roots, NO_NUMBER):
        file = source_of(module)
        assert file is not None
        path = file.relative_to(REPOSITORY).as_posix()
        if module in ("cipslib", "replication", "replication.measurements"):
            continue  # a docstring
        # The painters are the source of drawn data sets.
        ways = {"${item.source}"} if path.startswith("data/synthetic") else set()
        assert ways & {*listed} or any(
            path == way or path.startswith(f"{way}/") for way in listed
        ), f"{stage} imports {path} and lists {listed}"


@pytest.mark.parametrize("command", BY_MODULE)
def test_the_code_that_is_listed_by_module_is_that_of_the_command(command: str):
    assert command_roots(command) == {BY_MODULE[command]}
    bodies = (stage["do"] for stage in PIPELINE.values() if "do" in stage)
    listed = [body["deps"] for body in bodies if body["cmd"].split()[1] == command]
    assert all(any("${profile}/configs/" in path for path in paths) for paths in listed)
    configure = PIPELINE["configure"]["deps"]
    for module in import_closure({BY_MODULE[command]}, NO_NUMBER):
        file = source_of(module)
        assert file is not None
        assert any(file.is_relative_to(REPOSITORY / path) for path in configure), module


def test_every_listed_folder_of_code_is_there():
    for stage, (_, listed) in KINDS.items():
        for path in listed:
            if path.startswith(("cipslib", "replication")):
                assert (REPOSITORY / path).exists(), f"{stage}: {path}"


@pytest.mark.parametrize("model", ["cips", "stylegan2"])
def test_a_fingerprint_covers_what_the_trainer_computes_with(model: str):
    covered = set(code_of_training(model))
    assert {"cipslib.training.trainer", "cipslib.training.losses"} <= covered
    assert {"cipslib.networks.discriminator", "cipslib.datasets.splits"} <= covered
    own = {"cips": "generator", "stylegan2": "stylegan2"}
    for name, module in own.items():
        assert (f"cipslib.networks.{module}" in covered) == (name == model)
    assert not [name for name in covered if name.startswith(("cipslib.utils", "cipslib.metrics"))]


# --- sizes


@pytest.mark.parametrize(
    ("folder", "most"),
    [("cipslib", 8000), ("replication", 8000), ("data/synthetic", 2500), ("tests", 12000)],
)
def test_a_package_is_within_its_budget(folder: str, most: int):
    assert sum(len(file.read_text().splitlines()) for file in files(folder)) <= most


def test_files_and_functions_are_short():
    for file in files("cipslib", "replication", "data/synthetic"):
        source = file.read_text()
        assert len(source.splitlines()) <= 350, file
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
                exempt = file.name == "cli.py"  # argparse's table
                assert exempt or node.end_lineno - node.lineno < 50, f"{file}: {node.name}"


def test_the_pipeline_is_short():
    assert len((REPOSITORY / "dvc.yaml").read_text().splitlines()) <= 260


def test_docstrings_name_their_object():
    """A docstring that begins with "Of" leaves out what it is that it speaks of."""
    for file in files("cipslib", "replication", "data/synthetic"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
                text = ast.get_docstring(node) or ""
                assert not re.match(r"(Of|Likewise)\b", text), f"{file}: {text}"
