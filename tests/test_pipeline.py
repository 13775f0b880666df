"""The whole pipeline in small, in a folder of its own: data -> training -> numbers -> report."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml
from conftest import REPOSITORY, TINY

from cipslib.groups import ABLATIONS, DATASETS, group_of
from cipslib.metrics.protocol import numbers_from_json
from cipslib.stages.identity import CODE
from cipslib.tables import with_interval

RUNS = list(yaml.safe_load((REPOSITORY / "params.yaml").read_text())["runs"])
SMALL = {
    **TINY,
    "datasets": {"faces": {**TINY["datasets"]["faces"], "resolution": 32}},
    "left_out": dict.fromkeys(RUNS[1:], "too long for a test"),
}


def dvc(root: Path, *arguments: str) -> str:
    """Run dvc as a user would, in the environment of the tests; returns all that it printed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        [sys.executable, "-m", "dvc", *arguments],
        cwd=root,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    output = result.stdout + result.stderr
    assert result.returncode == 0, output
    return output


def stages_run(output: str) -> list[str]:
    return re.findall(r"Running stage '([^']+)'", output)


ALL = ["prepare@faces", "train@faces-cips", "evaluate@faces-cips"]
ALL += [f"left-out@{run}" for run in RUNS[1:]]
ALL += ["artefacts@churches-cips", "artefacts@faces-cips"]
ALL += ["checks", "claims", "latents", "neighbours", "resampling"]
ALL += ["00-data", "01-architecture", "02-samples", "03-quality", "05-positional-encoding"]
ALL += ["07-interpolation-and-mixing", "08-foveated-and-superresolution"]
ALL += ["11-artifacts", "12-nearest-neighbours", "report"]


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """What a clone holds, with small parameters, after one `dvc repro`."""
    root = tmp_path_factory.mktemp("clone")
    for name in ("cipslib", "data/cards", "notebooks"):
        ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
        shutil.copytree(REPOSITORY / name, root / name, ignore=ignore)
    for name in ("dvc.yaml", "results/paper.yaml", ".dvc/config", ".dvcignore"):
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copy(REPOSITORY / name, root / name)
    (root / "params.yaml").write_text(yaml.safe_dump(SMALL))
    dvc(root, "config", "core.no_scm", "true")
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


def test_a_second_run_runs_nothing(clone: Path):
    output = dvc(clone, "repro")
    assert stages_run(output) == []
    assert "up to date" in output
    # dvclive, left to itself, would add the logs to the pipeline's file.
    assert (clone / "dvc.yaml").read_text() == (REPOSITORY / "dvc.yaml").read_text()


def test_a_changed_plot_runs_one_notebook_and_the_report(clone: Path, changed_file):
    notebook = nbformat.read(clone / "notebooks/03-quality.ipynb", as_version=4)
    cell = next(c for c in notebook.cells if 'axes.set_xscale("log")' in c.source)
    cell.source = cell.source.replace("markersize=6", "markersize=7")
    changed_file("notebooks/03-quality.ipynb", nbformat.writes(notebook))
    assert stages_run(dvc(clone, "repro")) == ["03-quality", "report"]


def test_a_changed_learning_rate_trains_again_but_prepares_nothing(clone: Path, changed_file):
    changed = yaml.safe_load(yaml.safe_dump(SMALL))
    changed["runs"]["faces-cips"]["training"] = {"generator_adam": {"learning_rate": 0.001}}
    changed_file("params.yaml", yaml.safe_dump(changed))
    stale = json.loads(dvc(clone, "status", "--json"))
    assert "train@faces-cips" in stale
    assert not {"prepare@faces", "00-data"} & set(stale)


def test_a_changed_plotting_style_trains_nothing(clone: Path, changed_file):
    changed_file("cipslib/plotting.py", (clone / "cipslib/plotting.py").read_text() + "\n# more\n")
    assert set(json.loads(dvc(clone, "status", "--json"))) == {
        "00-data",
        "01-architecture",
        "02-samples",
        "03-quality",
        "05-positional-encoding",
        "07-interpolation-and-mixing",
        "08-foveated-and-superresolution",
        "11-artifacts",
        "12-nearest-neighbours",
    }


def test_a_changed_run_trains_that_run_alone(clone: Path, changed_file):
    changed = yaml.safe_load(yaml.safe_dump(SMALL))
    changed["runs"]["other"] = {"dataset": "faces", "model": "cips"}
    changed_file("params.yaml", yaml.safe_dump(changed))
    assert stages_run(dvc(clone, "repro", "train@other", "train@faces-cips")) == ["train@other"]
    changed["runs"]["other"]["training"] = {"generator_adam": {"learning_rate": 0.001}}
    (clone / "params.yaml").write_text(yaml.safe_dump(changed))
    stale = json.loads(dvc(clone, "status", "--json", "train@other", "train@faces-cips"))
    assert list(stale) == ["train@other"]


STAGES = yaml.safe_load((REPOSITORY / "dvc.yaml").read_text())["stages"]


def test_training_depends_on_the_modules_that_identify_a_run():
    """And on those that publish it; changing these publishes again, without training."""
    code = {d for d in STAGES["train"]["do"]["deps"] if d.startswith("cipslib/")}
    publishing = {"checkpoints", "panorama", "quality", "styles", "synthesis", "watch"}
    publishing |= {f"metrics/{module}" for module in ("features", "frechet", "statistics")}
    publishing |= {
        f"stages/{module}" for module in ("history", "identity", "run_log", "sitting", "train")
    }
    assert code == {f"cipslib/{module}.py" for module in {*CODE, *publishing}}


# Notebooks that show each run of a group.
SHOWN = {
    "01-architecture": (DATASETS, ABLATIONS),
    "02-samples": (DATASETS,),
    "03-quality": (DATASETS,),
    "05-positional-encoding": (DATASETS, ABLATIONS),
}


def test_every_data_set_and_run_is_among_the_dependencies_of_what_shows_it():
    params = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    assert "data/prepared/${profile}" in STAGES["00-data"]["deps"]  # whatever a profile has
    for run in params["runs"]:
        result = f"results/${{profile}}/{run}"
        shown = [stage for stage, groups in SHOWN.items() if group_of(run) in groups]
        for stage in (*shown, "report"):
            assert f"{result}/training" in STAGES[stage]["deps"]
        judged = ("03-quality",) if group_of(run) in SHOWN["03-quality"] else ()
        for stage in (*judged, "claims", "report"):
            assert f"{result}/metrics.json" in STAGES[stage]["deps"]


def test_every_notebook_is_a_stage_that_writes_its_result():
    stages = STAGES
    for path in sorted((REPOSITORY / "notebooks").glob("[0-9][0-9]-*.ipynb")):
        stage = stages[path.stem]
        assert f"notebooks/{path.stem}.ipynb" in stage["deps"]
        assert f"results/${{profile}}/notebooks/{path.stem}.ipynb" in stage["outs"]
        assert f"results/${{profile}}/notebooks/{path.stem}.ipynb" in stages["report"]["deps"]


def test_the_numbers_are_there(clone: Path):
    metrics = json.loads((clone / "results/demo/faces-cips/metrics.json").read_text())
    distance = numbers_from_json(metrics)["frechet"]
    assert 0 < distance["real"].estimate.value < distance["generated"].estimate.value
    assert "FID" not in distance["real"].protocol.name
    table = (clone / "results/demo/tables/quality.csv").read_text()
    assert with_interval(distance["generated"]) in table
    assert "4.38" in table  # Tab. 1, CIPS on FFHQ


def test_training_leaves_log_grids_and_summary(clone: Path):
    training = clone / "results/demo/faces-cips/training"
    assert [p.stem for p in sorted((training / "grids").glob("*.png"))] == [
        "000000000",
        "000000048",
        "000000096",
    ]
    assert json.loads((training / "summary.json").read_text())["images_seen"] == 96
    log = [json.loads(line) for line in (training / "log/log.jsonl").read_text().splitlines()]
    assert [entry["images_seen"] for entry in log if "loss/generator" in entry] == [32, 64, 96]


# --- the report, in a browser


PAGES = ("index", "claims", "00-data", "01-architecture", "02-samples", "03-quality")
PAGES += ("05-positional-encoding", "07-interpolation-and-mixing")
PAGES += ("08-foveated-and-superresolution", "11-artifacts", "12-nearest-neighbours")
PAGES += ("methods", "search")


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None and os.environ.get("CI"):
        pytest.fail("no Chromium: .ci/run installs it")
    if found is None:
        pytest.skip("no Chromium or Chrome here: the report is not opened")
    return found


@pytest.fixture(scope="module")
def report(clone: Path, tmp_path_factory) -> Path:
    """The report, moved away from where it was built."""
    moved = tmp_path_factory.mktemp("elsewhere") / "report"
    shutil.copytree(clone / "results/demo/report", moved)
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
        assert (report / source).is_file(), source


def test_a_page_that_asks_the_network_is_noticed(chromium: str, tmp_path):
    page = tmp_path / "page.html"
    page.write_text('<img src="https://host.invalid/x.png"><script>oops()</script>')
    _, asked, console = browse(chromium, page, tmp_path)
    assert asked == ["https://host.invalid/x.png"]
    assert "oops is not defined" in console[0]


def test_the_front_page_says_what_was_run_and_what_the_paper_has(report: Path):
    html = (report / "index.html").read_text()
    for expected in ("faces-cips", "4.38 (FFHQ, 256 px)", "random features", "torch", "96"):
        assert expected in html, expected
    assert re.search(r'<img[^>]+alt="[^"]{20,}"', html)


def test_what_needs_no_scale_is_reproduced_and_a_miniature_reproduces_no_fid(clone: Path):
    claims = json.loads((clone / "results/demo/claims.json").read_text())["claims"]
    verdicts = {claim["code"]: claim["verdict"] for claim in claims}
    for code in ("parameters", "pixel-independence", "chunks", "foveated-pixels"):
        assert verdicts[code] == "reproduced"
    for code in ("panorama-closes", "style-blend"):
        assert verdicts[code] == "reproduced"
    assert verdicts["faces-fid"] == "inconclusive"
    assert verdicts["churches-fid"] == "not run"


def test_figures_are_numbered_and_name_the_paper(report: Path):
    html = (report / "02-samples.html").read_text()
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", html, flags=re.DOTALL)
    assert len(captions) == 3
    assert all("Figure R" in caption for caption in captions)
    assert "Fig. 16 of the paper" in captions[0]
