"""The notebooks as sources: stripped, small, without machinery of their own; and their runner."""

import re
import subprocess
from pathlib import Path

import nbformat
import pytest
from conftest import REPOSITORY, refused

from replication.notebooks import LocalKernelManager, run_notebook

NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
CELL, NOTEBOOK = 12, 70  # lines of code


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_what_jupyterlab_adds_is_stripped(tmp_path: Path):
    for path in NOTEBOOKS:
        used = nbformat.read(path, as_version=4)
        used.metadata.language_info = {"name": "python", "version": "3.12.1"}
        for number, cell in enumerate(code(used)):
            cell.execution_count = number
            cell.outputs = [nbformat.v4.new_output("stream", text="seen")]
        nbformat.write(used, tmp_path / path.name)
    command = re.search(r"nbstripout (--extra.*) notebooks", (REPOSITORY / "Makefile").read_text())
    subprocess.run(["nbstripout", *command[1].split(), *tmp_path.iterdir()], check=True)
    for path in NOTEBOOKS:
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_is_short(notebook):
    lines = [sum(bool(line.strip()) for line in c.source.splitlines()) for c in code(notebook)]
    assert max(lines) <= CELL
    assert sum(lines) <= NOTEBOOK


@pytest.mark.parametrize("path", NOTEBOOKS[:-1], ids=lambda path: path.stem)  # not the playground
def test_speaks_of_the_paper_first_and_of_what_was_found_last(path: Path):
    cells = nbformat.read(path, as_version=4).cells
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    assert "**The paper**" in texts[0]
    assert texts[-1].startswith("## What was found")


def test_every_figure_has_a_caption_that_speaks_of_the_paper_and_an_alternative_text(notebook):
    for cell in code(notebook):
        if any(line.startswith("page.figure(") for line in cell.source.splitlines()):
            figure = cell.metadata["mystnb"]["figure"]
            assert "paper" in figure["caption"] or "Counterpart" in figure["caption"]
            assert cell.metadata["mystnb"]["image"]["alt"]


def write(path: Path, *sources: str, parameters: str = 'profile = "demo"') -> None:
    cells = [nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})]
    cells += [nbformat.v4.new_code_cell(source) for source in sources]
    path.parent.mkdir(exist_ok=True)
    metadata = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), path)


def test_two_runs_give_the_same_file(study, capfd):
    write(
        study.paths.source_notebook("n"), "print(profile)", "import os; os.getcwd(), os.listdir()"
    )
    first = run_notebook(study, "n").read_bytes()
    assert run_notebook(study, "n").read_bytes() == first
    outputs = [cell.outputs for cell in code(nbformat.reads(first.decode(), as_version=4))]
    assert outputs[2][0].text == "demo\n"
    text = outputs[3][0].data["text/plain"].replace("\n", "")
    assert text.endswith("notebooks', ['n.ipynb'])")  # as in JupyterLab; no sockets beside it
    assert capfd.readouterr().err == ""  # nor is the kernel's end an error
    assert LocalKernelManager().ip != LocalKernelManager().ip  # two at a time


def test_what_the_user_has_set_up_changes_nothing(study, tmp_path: Path, monkeypatch):
    code = "import matplotlib, time; from replication.figures.style import use_style; use_style()"
    write(
        study.paths.source_notebook("n"),
        code,
        "matplotlib.rcParams['text.usetex'], time.tzname",
        "__import__('locale').getlocale()",
    )
    first = run_notebook(study, "n").read_bytes()
    for name, content in {
        "kernels/python3/kernel.json": '{"argv": ["false"], "display_name": "", "language": "R"}',
        "profile_default/startup/1.py": "print('mine')",
        "matplotlibrc": "text.usetex: True",
        "startup.py": "print('mine, too')",
    }.items():
        (tmp_path / "own" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "own" / name).write_text(content)
    for variable in ("JUPYTER_PATH", "IPYTHONDIR", "MATPLOTLIBRC"):
        monkeypatch.setenv(variable, str(tmp_path / "own"))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "own" / "startup.py"))
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("LC_ALL", "C")
    assert run_notebook(study, "n").read_bytes() == first


def test_warnings_are_for_who_runs_it_and_not_on_the_page(study, capsys):
    write(study.paths.source_notebook("n"), "import warnings; warnings.warn('odd'); print('shown')")
    executed = nbformat.reads(run_notebook(study, "n").read_text(), as_version=4)
    assert [output.name for output in executed.cells[2].outputs] == ["stdout"]
    assert "UserWarning: odd" in capsys.readouterr().err


def test_a_notebook_that_fails_or_is_not_there_is_named_and_leaves_nothing(study):
    refused(r"there is no notebook .*13-more", run_notebook, study, "13-more")
    write(study.paths.source_notebook("n"), parameters='profil = "demo"')
    refused(r"takes \['profil'\], must take \['profile'\]", run_notebook, study, "n")
    write(study.paths.source_notebook("n"), "x = 1", "1 / 0")
    message = "notebook n: ZeroDivisionError: division by zero, in the cell that begins '1 / 0'"
    refused(message, run_notebook, study, "n")
    assert not study.paths.notebook("n").exists()
