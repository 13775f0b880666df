"""Which modules a module is computed by: its imports, theirs, and so on, read from the sources."""

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = {"cipslib": "cipslib", "replication": "replication", "synthetic": "data/synthetic"}


def source_of(module: str) -> Path | None:
    """Return the file of one of the project's modules or packages, or None if it is none."""
    first, *rest = module.split(".")
    if first not in PACKAGES:
        return None
    path = REPOSITORY.joinpath(PACKAGES[first], *rest)
    files = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in files if file.is_file()), None)


def imported_modules(source: str) -> Iterator[str]:
    """Yield the project's modules that a source imports, also inside its functions."""
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            # What is no module is something that its module defines.
            module = name if source_of(name) else name.rpartition(".")[0]
            if source_of(module):
                yield module


def import_closure(roots: Collection[str], without: Collection[str] = ()) -> set[str]:
    """Return ``roots`` and all of the project's modules that they import, directly or not.

    ``without`` names modules or packages that are left out, with what only they import.
    """
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        module = waiting.pop()
        if module in found or any(f"{module}.".startswith(f"{cut}.") for cut in without):
            continue
        found.add(module)
        source = source_of(module)
        if source is None:
            raise ValueError(f"there is no module {module}")
        waiting += imported_modules(source.read_text())
    return found
