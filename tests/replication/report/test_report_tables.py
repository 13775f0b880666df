"""The paper's tables and the page of methods, from results that a test wrote."""

import json
import re
import shutil

import pytest
from conftest import REPOSITORY, make_study

from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement, Protocol, measurements_to_json
from cipslib.utils.files import write_json
from replication.claims.undertrained import UNDERTRAINED
from replication.profile.profile import Profile
from replication.report.costs import record_cost
from replication.report.methods import methods_page
from replication.report.paper_tables import paper_tables

CLAIMS = [{"items": ["Tab. 1"], "notebook": "03-quality"}]


def number(value: float, **entries: str) -> Measurement:
    how = {"resolution": 16, "real_sha256": "0" * 64, **entries}
    return Measurement(Estimate(value, value - 0.5, value + 0.5), Protocol("Fréchet distance", how))


@pytest.fixture
def measured(tmp_path, tiny_params) -> Profile:
    """Two runs on faces with numbers, of as many images; patches left out."""
    tiny_params["runs"]["faces-stylegan2"] = {"dataset": "faces", "model": "stylegan2"}
    tiny_params["left_out"] = {"faces-patch64": "no time"}
    study = make_study(tmp_path, tiny_params)
    environment = {"commit": None, "processor": "P", "cores": 2}
    for run, value, interpolation in (
        ("faces-cips", 4.0, "bilinear"),
        ("faces-stylegan2", 5.0, "none"),
    ):
        kinds = dict.fromkeys(("generated", "real"), number(value, interpolation=interpolation))
        kinds["untrained"] = number(10 * value, interpolation=interpolation)
        numbers = dict.fromkeys(("frechet", "precision", "recall"), kinds)
        write_json(study.paths.metrics(run), measurements_to_json(numbers))
        summary = {"images_seen": 96, "stopped": None, "seconds": 90.0, "environment": environment}
        summary["parameters"] = {"generator": 1_000_000}
        write_json(study.paths.summary(run), summary)
    names = ("CIPS-base", "CIPS-NE", "CIPS-Default", "StyleGANv2")
    write_json(
        study.paths.checks,
        measurements_to_json({"parameters": {name: number(10.0) for name in names}}),
    )
    shutil.copy(REPOSITORY / "results/paper.yaml", study.paths.paper)
    shutil.copy(REPOSITORY / "dvc.yaml", study.pipeline_file)
    study.paths.fidelity.parent.mkdir()
    shutil.copy(REPOSITORY / "docs/fidelity.yaml", study.paths.fidelity)
    return study


def one_spaced(text: str) -> str:
    """Without the spaces that align columns."""
    return re.sub(" +", " ", text)


def tables(study: Profile) -> str:
    return one_spaced(paper_tables(study, CLAIMS)).replace("\N{NO-BREAK SPACE}", " ")


def test_numbers_stand_beside_those_of_the_paper(measured: Profile):
    text = tables(measured)
    assert "| FFHQ | 3.83 | 5.00 [4.50, 5.50] | 4.38 | 4.00 [3.50, 4.50] |" in text
    assert "| CIPS | 0.613 | 4.00 [3.50, 4.50] | 0.493 | 4.00 [3.50, 4.50] |" in text
    assert "| CIPS-NE | 10.2 | 10.00 |" in text
    assert "*Here*: Fréchet distance." in text
    assert text.count("More of it: [](03-quality).") == 1


def test_another_length_of_training_is_marked(tmp_path, tiny_params, measured: Profile):
    tiny_params["runs"]["faces-cips"]["training"] = {"total_images": 48}
    text = tables(make_study(tmp_path, tiny_params))
    assert "| FFHQ | 3.83 | 5.00 [4.50, 5.50]⁽¹⁾ | 4.38 | 4.00 [3.50, 4.50]⁽²⁾ |" in text
    assert "⁽²⁾ Trained on 48 images; not comparable" in text


def doctored(study: Profile, run: str, **shares: tuple[float, float]) -> None:
    """Other shares, of generated and of real images, for a run whose numbers are there."""
    content = json.loads(study.paths.metrics(run).read_text())
    numbers = {
        measure: {
            kind: Measurement(Estimate(value, value, value), Protocol(measure, {"resolution": 16}))
            for kind, value in zip(("generated", "real"), values, strict=True)
        }
        for measure, values in shares.items()
    }
    found = measurements_to_json(numbers)
    content["numbers"] |= found["numbers"]
    content["protocols"] |= found["protocols"]
    write_json(study.paths.metrics(run), content)


def test_an_undertrained_network_is_marked(measured: Profile):
    assert UNDERTRAINED not in tables(measured)
    doctored(measured, "faces-stylegan2", precision=(0.1, 0.9))
    text = tables(measured)
    assert "| FFHQ | 3.83 | 5.00 [4.50, 5.50]⁽¹⁾ | 4.38 | 4.00 [3.50, 4.50] |" in text
    assert f"⁽¹⁾ {UNDERTRAINED}" in text


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
