"""`cips panorama`: what it writes for notebook 09, and the claim that rests on it."""

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import REPOSITORY, make_study

from cipslib.metrics.measurement import measurements_from_json
from cipslib.networks.files import load_generator, save_generator
from cipslib.networks.models import build_generator
from cipslib.sampling.latents import sample_w
from cipslib.sampling.panorama import panorama
from cipslib.utils.errors import UserError
from replication.claims.criterion import CONTRADICTED, INCONCLUSIVE, REPRODUCED
from replication.claims.judge import write_claims
from replication.measurements import panorama as stage
from replication.measurements.common.run import analyse_run
from replication.profile.profile import Profile
from replication.profile.results import read_results

RUN = "landscapes-panorama"
AROUND = 40


@pytest.fixture
def ready(tiny_params: dict, tmp_path: Path, monkeypatch) -> Profile:
    """An untrained generator of a cylinder, and few images."""
    tiny_params["runs"] = {
        RUN: {"dataset": "faces", "model": "cips", "cips": {"circumference": AROUND}}
    }
    study = make_study(tmp_path, tiny_params)
    save_generator(study.paths.generator(RUN), build_generator(study.run(RUN).generator))
    for name, value in (("PANORAMAS", 10), ("SHOWN", 5), ("EXACT", 2), ("PLACES", 16)):
        monkeypatch.setattr(stage, name, value)
    return study


def test_it_writes_panoramas_and_blends_and_their_numbers(ready: Profile):
    path = analyse_run(ready, "panorama", RUN)
    content, arrays = read_results(path.parent)
    assert path.parent == ready.paths.analysis(RUN, "panorama")
    generator = load_generator(ready.paths.generator(RUN))
    whole = panorama(generator, sample_w(generator, 5, ready.evaluation.seed))
    assert np.abs(arrays["panoramas"].astype(int) - whole).max() <= 1
    assert arrays["panoramas"].shape == (5, 16, AROUND, 3)
    for name in ("blend", "blend.pasted", "blend.cross-fade"):
        assert arrays[name].shape == (2, 16, AROUND, 3)
        for column, pure in ((AROUND // 2, whole[[0, 2]]), (0, whole[[1, 3]])):
            difference = arrays[name][:, :, column].astype(int) - pure[:, :, column]
            assert np.abs(difference).max() <= 1
    assert arrays["windows"].shape == arrays["real"].shape == (5, 16, 16, 3)
    numbers = measurements_from_json(content)
    assert numbers["seam"]["generated"].protocol.entries["images"] == 10
    assert arrays["cuts.seam"][0, 0] == numbers["seam"]["generated"].estimate.value
    assert arrays["cuts.degrees"].tolist() == [9 * (c * 40 // 16) for c in range(16)]
    assert set(numbers["seam"]) == {
        "generated",
        "cut elsewhere",
        "blend",
        "windows, ends joined",
        "real, ends joined",
    }
    assert set(numbers["half_way_contrast"]) == {"blend", "cross-fade"}
    for place in ("first_style", "second_style", "half_way"):
        assert content["blends_apart"]["float32"][place] < 1e-2  # grey levels
        assert content["blends_apart"]["float64"][place] < 1e-9


def test_a_doctored_seam_flips_the_verdict(ready: Profile):
    ready.paths.paper.parent.mkdir(exist_ok=True)
    ready.paths.paper.write_text((REPOSITORY / "results/paper.yaml").read_text())
    path = analyse_run(ready, "panorama", RUN)
    content = json.loads(path.read_text())
    for interval, verdict in (
        ([0.9, 1.1], REPRODUCED),
        ([2.5, 3.0], CONTRADICTED),
        ([0.9, 1.5], INCONCLUSIVE),
    ):
        value = sum(interval) / 2
        content["numbers"]["seam"]["generated"].update(value=value, interval=interval)
        path.write_text(json.dumps(content))
        judged = {claim["code"]: claim for claim in write_claims(ready)["claims"]}
        assert judged["panorama-seam"]["verdict"] == verdict


@pytest.mark.parametrize("model", ["cips", "stylegan2"])
def test_a_generator_of_the_plane_is_refused(tiny_params: dict, tmp_path: Path, model: str):
    tiny_params["runs"]["faces-cips"]["model"] = model
    study = make_study(tmp_path, tiny_params)
    run = study.run("faces-cips")
    save_generator(study.paths.generator(run.name), build_generator(run.generator))
    with pytest.raises(UserError, match=r"run faces-cips must have a generator of the cylinder"):
        analyse_run(study, "panorama", run.name)
