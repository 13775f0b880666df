"""Execute a notebook with papermill: the same input gives the same file, and errors stop it."""

import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from cipslib.utils.errors import UserError
from cipslib.utils.files import atomic_write
from replication.profile.profile import Profile

KERNEL = "python3"
QUIET = ["--log-level=CRITICAL"]  # it is interrupted when it ends, and calls that an error


class LocalKernelManager(AsyncKernelManager):
    """Talk to the kernel through sockets in a folder of its own: no port that others could reach,
    and no name that the kernel of another notebook takes.
    """

    transport = "ipc"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._own = tempfile.TemporaryDirectory()
        self.ip = f"{self._own.name}/kernel"

    @property
    def kernel_spec(self) -> KernelSpec:
        """The kernel of this interpreter, whatever the user calls python3 or has set up."""
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", *QUIET]
        env = {"IPYTHONDIR": self._own.name, "TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONSTARTUP": ""}
        return KernelSpec(argv=argv, display_name="Python 3", language="python", env=env)


def run_notebook(profile: Profile, name: str) -> Path:
    """Execute notebooks/<name>.ipynb on what the stages wrote, and return the result.

    It runs in its own folder, as in JupyterLab. Warnings, as all that cells write to their standard
    error, are for who runs it: they go there, and are not in the result. Raises UserError if there
    is no such notebook, if it does not take exactly the parameter ``profile``, or if a cell fails.
    """
    source = profile.paths.source_notebook(name)
    if not source.is_file():
        known = ", ".join(sorted(p.stem for p in profile.paths.source_notebooks.glob("*.ipynb")))
        raise UserError(f"there is no notebook {source}; there are: {known}")
    parameters = {"profile": profile.name}
    declared = set(papermill.inspect_notebook(str(source)))
    if declared != set(parameters):  # papermill itself would only warn
        raise UserError(f"{source} takes {sorted(declared)}, must take {sorted(parameters)}")
    target = profile.paths.notebook(name)
    for folder in (profile.paths.figures(name), profile.paths.tables(name)):
        folder.mkdir(parents=True, exist_ok=True)  # not every notebook has both
    try:
        executed = papermill.execute_notebook(
            str(source),
            None,
            parameters=parameters,
            kernel_name=KERNEL,
            cwd=str(source.parent),
            progress_bar=False,
            stderr_file=sys.stderr,
            kernel_manager_class=LocalKernelManager,
        )
    except PapermillExecutionError as error:
        cell = error.source.strip().splitlines()[0]
        what = f"{error.ename}: {error.evalue}, in the cell that begins {cell!r}"
        raise UserError(f"notebook {name}: {what}") from error
    with atomic_write(target) as temporary:
        nbformat.write(stabilise(executed), temporary)
    return target


def stabilise(notebook: NotebookNode) -> NotebookNode:
    """Remove what differs at every run or machine: times, random ids, the kernel's patch version,
    and warnings, which name the places of files.
    """
    notebook.metadata.pop("papermill", None)
    notebook.metadata.language_info = {"name": "python"}
    for index, cell in enumerate(notebook.cells):
        cell.id = f"cell-{index:02d}"
        for key in ("execution", "papermill"):
            cell.metadata.pop(key, None)
        if cell.cell_type == "code":
            cell.outputs = [one for one in cell.outputs if one.get("name") != "stderr"]
    return notebook
