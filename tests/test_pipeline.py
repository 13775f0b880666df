"""The whole pipeline in small, in a folder of its own: data -> training -> numbers -> report."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from html import unescape
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
import torch
import yaml
from conftest import REPOSITORY, TINY
from networks import to_release

from cipslib.metrics.measurement import measurements_from_json
from cipslib.networks.models import build_generator
from replication.notebooks import run_notebook
from replication.profile.profile import load_profile
from replication.report.costs import last_cost
from replication.tables.tables import with_interval

STAGES = yaml.safe_load((REPOSITORY / "dvc.yaml").read_text())["stages"]
RUNS = list(yaml.safe_load((REPOSITORY / "params.yaml").read_text())["runs"])
# One run is trained, one imported from a file in the authors' format, all others are left out.
IMPORTED = {"dataset": "faces", "model": "stylegan2", "file": "data/raw/authors.pt"}
SMALL = {
    **TINY,
    "datasets": {"faces": {**TINY["datasets"]["faces"], "resolution": 32}},
    "imported": {RUNS[1]: IMPORTED},
    "left_out": dict.fromkeys(RUNS[2:], "too long for a test"),
}


def dvc(root: Path, *arguments: str) -> str:
    """Run dvc on the code in ``root``, as a user would; returns all that it printed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    code = f"{root}{os.pathsep}{root / 'data'}"
    result = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments],
        cwd=root,
        env={**os.environ, "PATH": path, "PYTHONPATH": code},
        capture_output=True,
        text=True,
        check=False,
    )
    output = result.stdout + result.stderr
    assert result.returncode == 0, output
    return output


def stages_run(output: str) -> list[str]:
    return re.findall(r"Running stage '([^']+)'", output)


NOTEBOOKS = [f"notebook@{name}" for name in STAGES["notebook"]["foreach"]]
ANALYSES = [f"analyse@{name}" for name in STAGES["analyse"]["foreach"]]
EVALUATIONS = ["evaluate@faces-cips", "evaluate-imported@faces-stylegan2"]
# What depends on the library as a whole.
LIBRARY = ["configure", *ANALYSES, *NOTEBOOKS, "checks"]
TRAININGS = ["train@faces-cips", "import@faces-stylegan2"]
ALL = ["prepare@faces", "configure", *TRAININGS, *EVALUATIONS, *ANALYSES, *NOTEBOOKS]
ALL += [*(f"left-out@{run}" for run in RUNS[2:]), "checks", "claims", "report"]


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """What a clone holds, with small parameters, after one `dvc repro`."""
    root = tmp_path_factory.mktemp("zwölf Klone")
    for name in ("cipslib", "replication", "data/cards", "data/synthetic", "notebooks"):
        ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
        shutil.copytree(REPOSITORY / name, root / name, ignore=ignore)
    files = ("dvc.yaml", "results/paper.yaml", ".dvc/config", ".dvcignore")
    for name in files:
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copy(REPOSITORY / name, root / name)
    (root / "params.yaml").write_text(yaml.safe_dump(SMALL))
    theirs = build_generator(load_profile(root / "params.yaml").run(RUNS[1]).generator)
    (root / "data/raw").mkdir()
    torch.save({"g_ema": to_release(theirs)}, root / IMPORTED["file"])
    assert sorted(stages_run(dvc(root, "repro"))) == sorted(ALL)
    return root


@pytest.fixture
def changed_file(clone: Path):
    """Returns a function that rewrites a file of the clone; afterwards it is as it was."""
    originals: dict[Path, str] = {}

    def rewrite(name: str, content: str) -> None:
        originals[clone / name] = (clone / name).read_text()
        (clone / name).write_text(content)

    yield rewrite
    for path, content in originals.items():
        path.write_text(content)
    sources_alone = all(path.suffix == ".py" for path in originals)  # no other stage was run
    dvc(clone, "repro", *(["configure"] if sources_alone else []))


def test_a_second_run_runs_nothing(clone: Path):
    output = dvc(clone, "repro")
    assert stages_run(output) == []
    assert "up to date" in output


def test_no_result_names_the_folder_or_the_users_home(clone: Path):
    private = [str(clone).encode(), str(Path.home()).encode() + b"/"]
    found = [path for path in (clone / "results/demo").rglob("*") if path.is_file()]
    assert len(found) > 100
    assert [path for path in found for one in private if one in path.read_bytes()] == []


def test_a_changed_plot_runs_one_notebook_and_the_report(clone: Path, changed_file):
    notebook = nbformat.read(clone / "notebooks/03-quality.ipynb", as_version=4)
    cell = next(c for c in notebook.cells if c.source.startswith('page.figure("distances"'))
    cell.source = cell.source.replace("(numbers,", "(dict(reversed(numbers.items())),")
    changed_file("notebooks/03-quality.ipynb", nbformat.writes(notebook))
    assert stages_run(dvc(clone, "repro")) == ["notebook@03-quality", "report"]


def test_a_changed_learning_rate_trains_again_but_prepares_nothing(clone: Path, changed_file):
    changed = yaml.safe_load(yaml.safe_dump(SMALL))
    changed["runs"]["faces-cips"]["training"] = {"generator_adam": {"learning_rate": 0.001}}
    changed_file("params.yaml", yaml.safe_dump(changed))
    assert stages_run(dvc(clone, "repro", "configure")) == ["configure"]
    stale = json.loads(dvc(clone, "status", "--json"))
    assert set(stale) == {"train@faces-cips", "report"}  # the report shows all parameters


def test_a_new_run_trains_nothing_that_exists(clone: Path, changed_file):
    changed = yaml.safe_load(yaml.safe_dump(SMALL))
    changed["runs"]["cats-mine"] = {"dataset": "faces", "model": "cips", "cips": {"variant": "ne"}}
    changed_file("params.yaml", yaml.safe_dump(changed))
    dvc(clone, "repro", "configure")
    stale = json.loads(dvc(clone, "status", "--json"))
    assert set(stale) == {"train@cats-mine", "evaluate@cats-mine", "report"}


@pytest.mark.parametrize(
    ("file", "stale"),
    [
        ("replication/figures/style.py", NOTEBOOKS),
        ("replication/report/build.py", ["report"]),
        ("replication/claims/claim.py", ["claims", *NOTEBOOKS, "report"]),
        ("replication/measurements/latents.py", ["analyse@latents", "configure"]),
        ("data/synthetic/faces/person.py", ["prepare@faces"]),
        ("cipslib/metrics/kid.py", [*EVALUATIONS, *LIBRARY, "claims", "report"]),
        ("cipslib/presets.py", ["import@faces-stylegan2", *LIBRARY]),
        ("cipslib/utils/files.py", LIBRARY),
        ("replication/profile/profile.py", []),
        ("cipslib/training/trainer.py", ["train@faces-cips", *LIBRARY]),
        (
            "cipslib/networks/stylegan2.py",
            ["import@faces-stylegan2", *EVALUATIONS, *LIBRARY, "report"],
        ),
    ],
)
def test_what_a_changed_file_makes_run(clone: Path, changed_file, file: str, stale: list[str]):
    changed_file(file, (clone / file).read_text() + "\nMORE = 1\n")
    if "configure" in stale:
        dvc(clone, "repro", "configure")
    assert set(json.loads(dvc(clone, "status", "--json"))) | {"configure"} == {*stale, "configure"}


def test_an_imported_run_is_depended_on_as_a_trained_one():
    """Both are measured in the same ways."""
    for name, stage in STAGES.items():
        if stage.get("foreach") == "${runs}" and name != "train":
            assert STAGES[f"{name}-imported"] == {"foreach": "${imported}", "do": stage["do"]}


PROFILES = sorted(path.parent.name for path in REPOSITORY.glob("profiles/*/dvc.yaml"))


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_is_a_pipeline(name: str):
    """DVC resolves it: every run has a stage that makes it and one that measures it, or neither."""
    listed = dvc(REPOSITORY, "stage", "list", "--name-only", f"profiles/{name}/dvc.yaml")
    stages = {line.split(":")[-1] for line in listed.split()}
    profile = load_profile(REPOSITORY / "profiles" / name / "params.yaml")
    for run, config in profile.runs.items():
        pair = ("train", "evaluate") if config.imported is None else ("import", "evaluate-imported")
        assert {f"{stage}@{run}" for stage in pair} <= stages
    assert {f"left-out@{run}" for run in profile.left_out} <= stages
    assert {f"prepare@{dataset}" for dataset in profile.datasets} <= stages
    assert "notebook@00-data" in dvc(REPOSITORY, "status", f"profiles/{name}/dvc.yaml")


def test_the_numbers_are_there(clone: Path):
    metrics = json.loads((clone / "results/demo/runs/faces-cips/metrics.json").read_text())
    distance = measurements_from_json(metrics)["frechet"]
    assert 0 < distance["real"].estimate.value < distance["generated"].estimate.value
    assert "FID" not in distance["real"].protocol.name
    table = (clone / "results/demo/tables/03-quality/quality.csv").read_text()
    assert with_interval(distance["generated"]) in table
    assert "4.38" in table  # Tab. 1, CIPS on FFHQ


# --- the report, in a browser


PAGES = ("index", "claims", "00-data", "01-architecture", "02-samples", "03-quality")
PAGES += ("04-ablations", "05-positional-encoding", "06-spectra", "07-interpolation-and-mixing")
PAGES += ("08-foveated-and-superresolution", "09-panoramas", "10-patches", "11-artifacts")
PAGES += ("12-nearest-neighbours", "methods", "api", "search")


@pytest.fixture(scope="module")
def report(clone: Path, tmp_path_factory) -> Path:
    """The report, moved away from where it was built."""
    moved = tmp_path_factory.mktemp("elsewhere") / "report"
    shutil.copytree(clone / "results/demo/report", moved)
    shutil.copy(clone / "data/prepared/demo/faces/card.json", moved.parent / "card.json")
    return moved


def browse(chromium: str, page: Path, folder: Path) -> tuple[str, list[str], list[str]]:
    """Open a page; returns its HTML after its scripts ran, what it asked of the network, and what
    its scripts said on the console.
    """
    log = folder / "net.json"
    result = subprocess.run(
        [
            chromium,
            *"--headless --no-sandbox --disable-gpu --no-first-run --disable-sync".split(),
            *"--disable-background-networking --disable-component-update --disable-quic".split(),
            "--enable-logging=stderr",
            f"--user-data-dir={folder / 'user'}",
            f"--log-net-log={log}",
            "--virtual-time-budget=6000",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    events = [
        json.loads(line.rstrip(",")) for line in log.read_text().splitlines()[1:] if '"url"' in line
    ]
    asked = {
        event["params"]["url"]
        for event in events
        # The browser's own requests, for updates and the like, have no page behind them.
        if event.get("params", {}).get("initiator", "not an origin") != "not an origin"
    }
    console = re.findall(r"CONSOLE.*", result.stderr)
    return result.stdout, sorted(u for u in asked if u.startswith("http")), console


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_offline_without_errors(chromium: str, report: Path, tmp_path, page: str):
    html, asked, console = browse(chromium, report / f"{page}.html", tmp_path)
    assert asked == []
    assert [line for line in console if '"[PST]: ' not in line] == []  # the theme's own remarks
    assert "data-mode=" in html  # the theme's script ran
    if page == "03-quality":
        assert "<mjx-container" in html  # MathJax drew the formula, from disk
        assert "<table" in html
    for source in re.findall(r'<img[^>]+src="([^"]+)"', html):
        assert source.startswith("data:image/png") or (report / source).is_file(), source


def test_a_page_that_asks_the_network_is_noticed(chromium: str, tmp_path):
    page = tmp_path / "page.html"
    page.write_text('<img src="https://host.invalid/x.png"><script>oops()</script>')
    _, asked, console = browse(chromium, page, tmp_path)
    assert asked == ["https://host.invalid/x.png"]
    assert "oops is not defined" in console[0]


def test_the_report_says_what_was_imported(report: Path, clone: Path):
    html = (report / "methods.html").read_text()
    digest = hashlib.sha256((clone / IMPORTED["file"]).read_bytes()).hexdigest()
    assert f"imported from authors.pt (SHA-256 {digest[:12]}…)" in html
    assert "not known" in html
    numbers = measurements_from_json(
        json.loads((clone / "results/demo/runs/faces-stylegan2/metrics.json").read_text())
    )
    table = (clone / "results/demo/tables/03-quality/quality.csv").read_text()
    assert with_interval(numbers["frechet"]["generated"]) in table


def test_figures_are_numbered_and_name_the_paper(report: Path):
    html = (report / "02-samples.html").read_text()
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", html, flags=re.DOTALL)
    assert len(captions) == 3
    assert all("Figure R" in caption for caption in captions)
    assert "Fig. 16 of the paper" in captions[0]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_for_screen_readers_too(report: Path, page: str):
    html = (report / f"{page}.html").read_text()
    for image in re.findall(r"<img\b[^>]*>", html):
        assert re.search(r'alt="[^"]+"', image), image
    for header in re.findall(r"<th\b[^>]*>", html):
        assert 'scope="col"' in header
    start = html.index("<article" if "<article" in html else "<main")  # the search has none
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", html[start:])]
    assert levels.count(1) == 1
    assert all(level - before <= 1 for before, level in pairwise([0, *levels]))


@pytest.mark.parametrize("page", PAGES)
def test_no_table_is_cut_in_a_wide_window_and_nothing_else_scrolls_in_a_narrow_one(
    browser, report: Path, page: str
):
    """A table that scrolls sideways says so."""
    places = "[...document.querySelectorAll('.bd-article .pst-scrollable-table-container')]"
    wide = f"{places}.filter(p => p.scrollWidth > p.clientWidth)"
    browser.open(report / f"{page}.html", width=1400)
    assert browser.run(f"{wide}.map(p => p.innerText.slice(0, 60))") == []
    browser.open(report / f"{page}.html", width=700)
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    signs = f"{wide}.map(p => getComputedStyle(p, '::before').content)"
    assert all("scroll sideways" in sign for sign in browser.run(signs))


def test_a_figure_opens_with_its_caption_and_the_next_and_gives_the_focus_back(browser, report):
    browser.open(report / "02-samples.html")
    browser.run("document.querySelector('.cips-enlarge').focus()")
    browser.press("Enter")
    shown = "document.querySelector('.cips-lightbox')"
    assert browser.run(f"{shown}.open")
    image, caption = (f"{shown}.querySelector('{part}')" for part in ("img", "p:last-child"))
    assert browser.run(f"{image}.naturalWidth === 1400 && {image}.height < innerHeight")
    browser.run(f"{shown}.querySelectorAll('button')[3].click()")
    assert browser.run(f"{image}.width > 1300")  # its full size
    first = browser.run(f"{caption}.textContent")
    assert "Figure R" in first and "Fig. 16 of the paper" in first
    browser.run(f"{shown}.querySelectorAll('button')[2].click()")
    assert browser.run(f"{caption}.textContent") != first
    browser.press("Tab")
    assert browser.run(f"{shown}.contains(document.activeElement)")
    browser.press("Escape")
    assert not browser.run(f"{shown}.open")
    assert browser.run("document.activeElement.matches('.cips-enlarge')")


def test_tables_and_figures_can_be_downloaded_and_searches_show_where_words_stand(browser, report):
    html = (report / "03-quality.html").read_text()
    files = re.findall(r'href="(_static/03-quality/[^"]+)" download', html)
    assert {"quality.csv", "distances.pdf"} <= {(report / file).name for file in files}
    assert all((report / file).stat().st_size for file in files)
    assert json.loads((report / "_static/claims.json").read_text())["claims"]
    browser.open(report / "search.html")
    browser.run("document.querySelector('main input[name=q]').value = 'foveated'")
    browser.run("document.querySelector('main input[name=q]').form.submit()")
    found = "[...document.querySelectorAll('#search-results .context')].map(p => p.innerText)"
    for _ in range(100):
        if browser.run(f"{found}.some(text => /foveated/i.test(text))"):
            return
        time.sleep(0.1)
    pytest.fail(f"no snippets: {browser.run('document.body.innerText')}")


def test_light_and_dark_can_be_read(browser, report: Path):
    """Text and its background are far apart in either, also in the small print."""
    for dark in (False, True):
        browser.open(report / "07-interpolation-and-mixing.html", dark=dark)
        assert browser.run("document.documentElement.dataset.theme") == (
            "dark" if dark else "light"
        )
        shown = "document.querySelector('.bd-article figcaption p')"
        colours = [f"getComputedStyle({shown}).color", f"({GROUND})({shown})"]
        deep, light = sorted(_luminance(browser.run(colour)) for colour in colours)
        assert (light + 0.05) / (deep + 0.05) > 4.5, dark  # WCAG's AA


# The background that is seen behind an element.
GROUND = """function ground(element) {
  const own = getComputedStyle(element).backgroundColor;
  return own === "rgba(0, 0, 0, 0)" ? ground(element.parentElement) : own;
}"""


def _luminance(colour: str) -> float:
    """Relative luminance of "rgb(r, g, b)", as WCAG has it."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_every_stage_that_ran_has_a_cost_on_the_page_of_methods(clone: Path, report: Path):
    study = load_profile(clone / "params.yaml")
    page = unescape((report / "methods.html").read_text())  # Sphinx hides @ from spammers
    rows = page.split("<tr")
    for stage in {*ALL} - {"report"}:  # which was being built
        (row,) = (row for row in rows if f"<p>{stage}</p>" in row)
        assert "\N{NO-BREAK SPACE}MiB" in row
        assert "not run on this machine" not in row
    assert last_cost(study, "train", "faces-cips").peak_bytes > 2**26


def test_the_front_page_has_the_five_tables_of_the_paper(report: Path):
    html = (report / "index.html").read_text()
    for number in range(1, 6):
        assert f">Tab. {number}: " in html
    for printed in ("3.83", "0.513", "12.71", "45.9", "11.79"):
        assert f"<p>{printed}</p>" in html
    assert "<p>churches-cips was not run: too long for a test.</p>" in html


DRIVE = """
for box in (images, window, mixture, gaze, *[turn] * bool(rounds)):
    shown, (*sliders, out) = box.children[0], box.children[1].children
    for slider in sliders:
        image, value = shown.value, slider.value
        end = slider.options[1] if hasattr(slider, "options") else slider.max
        slider.value = (slider.min, end) if isinstance(value, tuple) else end
        assert shown.value != image and not out.outputs, slider
        slider.value = value
        assert shown.value == image
"""


def test_explore_answers_to_each_of_its_sliders(clone: Path):
    notebook = nbformat.read(clone / "notebooks" / "explore.ipynb", as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(DRIVE))
    nbformat.write(notebook, clone / "notebooks" / "driven.ipynb")
    run_notebook(load_profile(clone / "params.yaml"), "driven").unlink()
    (clone / "notebooks" / "driven.ipynb").unlink()
