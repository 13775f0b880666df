"""The documents: complete, and their links lead somewhere."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import REPOSITORY

from cipslib.metrics.measurement import measurements_from_json
from cipslib.utils.files import read_json
from replication.tables.tables import with_interval

DOCUMENTS = sorted(
    path
    for folder in (".", "docs", "data", "published/faces-64")
    for path in REPOSITORY.glob(f"{folder}/*.md")
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere_and_nothing_is_left_to_fill_in(document: Path):
    text = document.read_text()
    assert not re.search(r"@[A-Z]+@|TODO|FIXME", text)
    for target in re.findall(r"\]\(([^)#]+)", text):
        if not target.startswith("http"):
            assert (document.parent / target).exists(), target


def test_what_the_readmes_commands_make_leaves_a_clean_tree(tmp_path: Path):
    shutil.copy(REPOSITORY / ".gitignore", tmp_path)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    folders = ".venv data/prepared data/raw data/weights results/demo samples projection onnx"
    made = ["dvc.lock", *(f"{folder}/x" for folder in folders.split())]
    found = subprocess.run(["git", "check-ignore", *made], cwd=tmp_path, stdout=subprocess.PIPE)
    assert found.stdout.decode().split() == made


def test_jupyter_lab_takes_options_and_root():
    command = ["make", "--no-print-directory", "-n", "lab", "ARGS=--port=1"]
    said = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, check=True).stdout
    assert b" notebooks --port=1\n" in said
    assert (b"--allow-root" in said) == (os.getuid() == 0)


STUDY = REPOSITORY / "published" / "study"


def test_the_readme_says_what_the_published_study_found():
    readme = " ".join((REPOSITORY / "README.md").read_text().replace("**", "").split())
    tally = read_json(STUDY / "claims.json")["tally"]
    told = [f"{count} {verdict}" for verdict, count in tally.items() if count]
    for run in ("faces-cips", "faces-stylegan2"):
        numbers = measurements_from_json(read_json(STUDY / f"runs/{run}/metrics.json"))
        for measure in ("frechet", "precision", "recall", "faces"):
            shown = with_interval(numbers[measure]["generated"], percent=measure == "faces")
            told.append(shown.partition(" (")[0])
        size = read_json(STUDY / f"runs/{run}/training/summary.json")["parameters"]["generator"]
        told.append(f"{size / 1e6:.3f} M")
    assert [each for each in told if each not in readme] == []


def test_the_readme_says_in_how_many_generated_photographs_there_is_a_face():
    runs = ("faces-cips", "ablation-ne", "faces-stylegan2")
    files = [REPOSITORY / f"published/faces-64/runs/{run}/metrics.json" for run in runs]
    found = [100 * read_json(file)["numbers"]["faces"]["generated"]["value"] for file in files]
    told = "MTCNN finds a face in {:g}, {:g} and {:g} % of them".format(*found)
    assert told in " ".join((REPOSITORY / "README.md").read_text().split())


def test_the_published_report_is_small_and_whole():
    files = [file for file in (STUDY / "report").rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) < 25e6
    assert {"index.html", "live.html", "packed.js", "claims.json"} <= {file.name for file in files}


def test_every_target_that_the_readme_names_exists():
    makefile = (REPOSITORY / "Makefile").read_text()
    named = set(re.findall(r"`make ([a-z]+)", (REPOSITORY / "README.md").read_text()))
    assert {"report", "test", "help"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
