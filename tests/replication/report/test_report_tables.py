"""The paper's tables and the page of methods, from results that a test wrote."""

import json
import re
import shutil

import pandas as pd
import pytest
from conftest import REPOSITORY, make_study, measurement, refused

from cipslib.metrics.measurement import Measurement, measurements_to_json
from cipslib.utils.files import write_json
from replication.profile.profile import Profile
from replication.report.costs import record_cost
from replication.report.methods import methods_page
from replication.report.paper_tables import paper_tables


def number(value: float, **entries: str) -> Measurement:
    how = {"resolution": 16, "real_sha256": "0" * 64, **entries}
    return measurement(value, 0.5, "Fréchet distance", **how)


@pytest.fixture
def measured(tmp_path, tiny_params) -> Profile:
    """Two runs on faces with numbers, of as many images; patches left out."""
    tiny_params["runs"]["faces-stylegan2"] = {"dataset": "faces", "model": "stylegan2"}
    tiny_params["left_out"] = {"faces-patch64": "no time"}
    study = make_study(tmp_path, tiny_params)
    environment = {"commit": None, "processor": "P", "cores": 2}
    ways = (("faces-cips", 4.0, "bilinear"), ("faces-stylegan2", 5.0, "none"))
    for run, value, interpolation in ways:
        kinds = dict.fromkeys(("generated", "real"), number(value, interpolation=interpolation))
        kinds["untrained"] = number(10 * value, interpolation=interpolation)
        numbers = dict.fromkeys(("frechet", "precision", "recall"), kinds)
        write_json(study.paths.metrics(run), measurements_to_json(numbers))
        summary = {"images_seen": 96, "stopped": None, "seconds": 90.0, "environment": environment}
        summary["parameters"] = {"generator": 1_000_000}
        write_json(study.paths.summary(run), summary)
    shutil.copy(REPOSITORY / "results/paper.yaml", study.paths.paper)
    shutil.copy(REPOSITORY / "dvc.yaml", study.pipeline_file)
    return study


def one_spaced(text: str) -> str:
    """Without the spaces that align columns."""
    return re.sub(" +", " ", text)


def test_the_front_pages_tables_are_the_notebooks_own(measured: Profile):
    number = {"Measure": "Fréchet distance", "Here": "5.00⁽¹⁾", "Real": "0.1"}
    few = {"Run": "faces-cips", "Images": "96", "StyleGAN2, paper": "3.83", "CIPS, paper": "4.38"}
    note = "⁽¹⁾ Undertrained."
    patch = {"Data, patch": "FFHQ, 64", "FID, paper": "11.79", "Patch here": "8"}
    rows = {
        "03-quality/quality": [few | number | {"Untrained": "99", "Notes": note}],
        "03-quality/manifolds": [
            {"Run": "faces-cips", "Paper": paper, **number, "Notes": ""} for paper in ("0.6", "–")
        ],
        "04-ablations/ablations": [{"CIPS": "FID, paper", "“base”": "6.71"}],
        "01-architecture/parameters": [
            {"Generator": "CIPS-NE", "Tab. 4, millions": "10.2", "As the paper": "10.247"}
        ],
        "10-patches/patches": [patch | {"Images seen": "96"} | number],
    }
    for name, table in rows.items():
        file = measured.paths.tables(name).with_suffix(".csv")
        file.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(table).to_csv(file, index=False)
    text = one_spaced(paper_tables(measured))
    first, second, third, fourth, fifth = text.split("### Tab. ")[1:]
    assert "| faces-cips | 96 | 3.83 | 4.38 | 5.00⁽¹⁾ | 0.1 |" in first
    assert "*Here*: Fréchet distance.\n" in first
    assert f"\n\n{note}\n\nMore of it: [](03-quality)." in first
    assert second.count("| faces-cips |") == 1  # density and coverage are not the paper's
    assert "| FID, paper | 6.71 |" in third
    assert "| CIPS-NE | 10.2 | 10.247 |" in fourth
    assert "| FFHQ, 64 | 11.79 | 8 | 96 | 5.00⁽¹⁾ | 0.1 |" in fifth
    measured.paths.tables("10-patches/patches").with_suffix(".csv").unlink()
    refused("run cips notebook 10-patches first", paper_tables, measured)


def test_methods_tell_what_each_stage_cost_here(measured: Profile):
    with record_cost(measured, "train", "faces-cips"):
        pass
    page = one_spaced(methods_page(measured))
    rows = {line.split(" | ")[0]: line for line in page.splitlines() if line.startswith("| ")}
    assert " | 0\N{NO-BREAK SPACE}s | " in rows["| train@faces-cips"]
    assert "\N{NO-BREAK SPACE}MiB | " in rows["| train@faces-cips"]
    assert "not run on this machine" in rows["| train@faces-stylegan2"]
    assert "| faces-patch64 | not run: no time |" in page
    assert "interpolation: bilinear (faces-cips), none (faces-stylegan2)" in page
    assert json.loads(measured.paths.cost("train", "faces-cips").read_text())["stage"] == "train"
