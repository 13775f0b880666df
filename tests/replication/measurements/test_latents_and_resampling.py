"""What stages write for notebooks: `cips latents`, `cips resampling`; all of a run left out."""

from pathlib import Path

import numpy as np
import pytest
from conftest import make_study

from cipslib.metrics.measurement import measurements_from_json
from cipslib.networks.files import load_generator, save_generator
from cipslib.networks.models import build_generator
from cipslib.sampling.latents import sample_w
from cipslib.sampling.synthesis import render
from cipslib.utils.errors import UserError
from replication.cli import ANALYSES, main
from replication.measurements import latents, resampling
from replication.measurements.common.run import analyse_run
from replication.profile.profile import Profile
from replication.profile.results import read_results

RUN = "faces-cips"


@pytest.fixture
def ready(study: Profile, monkeypatch) -> Profile:
    """An untrained generator, and few images."""
    save_generator(study.paths.generator(RUN), build_generator(study.run(RUN).generator))
    for module, name, value in (
        (latents, "NUM_PATHS", 3),
        (latents, "NUM_PAIRS", 6),
        (resampling, "NUM_IMAGES", 4),
        (resampling, "DENSE", 5),
    ):
        monkeypatch.setattr(module, name, value)
    return study


def native(study: Profile, count: int) -> np.ndarray:
    generator = load_generator(study.paths.generator(RUN))
    return render(generator, sample_w(generator, count, study.evaluation.seed))


def test_latents_writes_strips_and_mixtures_and_their_numbers(ready: Profile):
    path = analyse_run(ready, "latents", RUN)
    content, arrays = read_results(path.parent)
    assert path.parent == ready.paths.analysis(RUN, "latents")
    numbers = measurements_from_json(content)
    assert numbers["jumps"]["cross-fade"].estimate.value == pytest.approx(0.5, abs=1e-3)
    assert numbers["jumps"]["unrelated real"].estimate.low > 0.8
    assert set(numbers["midway_contrast"]) == {"w", "z", "z-spherical", "cross-fade"}
    assert numbers["specialisation"]["groups"].protocol.entries["pairs"] == 6
    images = native(ready, 12)
    for name, expected in (
        ("strips.w", images[:6].reshape(3, 2, 16, 16, 3)),
        ("strips.cross-fade", images[:6].reshape(3, 2, 16, 16, 3)),
    ):
        assert arrays[name].shape == (3, 9, 16, 16, 3)
        assert np.abs(arrays[name][:, [0, -1]].astype(int) - expected).max() <= 1
    for name, expected in (("mixing.A", images[0::2]), ("mixing.B", images[1::2])):
        assert np.abs(arrays[name].astype(int) - expected).max() <= 1
    assert content["groups"] == {"early": [1], "middle": [2], "late": [3]}
    assert content["levels"] == 3


def test_resampling_writes_foveated_and_dense_images_and_their_numbers(ready: Profile):
    path = analyse_run(ready, "resampling", RUN)
    content, arrays = read_results(path.parent)
    assert path.parent == ready.paths.analysis(RUN, "resampling")
    numbers = measurements_from_json(content)
    errors = [
        numbers["error, foveated, all"][f"{100 * share:g} %"].estimate.value
        for share in content["shares"]
    ]
    assert errors[0] > errors[5] > errors[-1]
    assert errors[-1] < 1e-6
    assert content["sampled"]["float64"]["different"] == 0
    assert content["sampled"]["float64"]["largest"] < 1e-12
    assert content["sampled"]["float32"]["largest"] < 1e-5
    images = native(ready, 4)
    assert np.abs(arrays["foveated.100 %"][1:].astype(int) - images).max() <= 1
    pattern, filled = arrays["foveated.25 %"][:2]
    computed = (pattern != 255).any(axis=2)
    assert computed.sum() == pytest.approx(0.25 * 256, abs=1)
    np.testing.assert_array_equal(pattern[computed], filled[computed])
    for kind in ("dense grid", "Lanczos"):
        assert arrays[f"images.{kind}"].shape == (4, 64, 64, 3)
        assert arrays[f"frequencies.{kind}"].max() > 1.9  # cycles a native pixel
    assert arrays["frequencies.real, native"].max() <= 0.5
    at_low = [arrays[f"curve.{kind}"][0] for kind in ("Lanczos", "generated, native")]
    assert at_low[0] == pytest.approx(at_low[1], abs=3)  # dB: of one image on two grids


@pytest.mark.parametrize("stage", ANALYSES)
def test_the_command_says_why_a_run_is_left_out(
    tiny_params: dict, tmp_path: Path, stage: str, monkeypatch, capsys
):
    tiny_params["left_out"] = {"churches-cips": "no time"}
    study = make_study(tmp_path, tiny_params)
    monkeypatch.chdir(tmp_path)
    assert main([stage, "churches-cips"]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path.parent == study.paths.analysis("churches-cips", stage)
    assert read_results(path.parent) == ({"run": "churches-cips", "left_out": "no time"}, {})


@pytest.mark.parametrize("stage", ["latents", "resampling"])
def test_a_generator_without_coordinates_is_refused(tiny_params: dict, tmp_path: Path, stage: str):
    tiny_params["runs"][RUN]["model"] = "stylegan2"
    study = make_study(tmp_path, tiny_params)
    save_generator(study.paths.generator(RUN), build_generator(study.run(RUN).generator))
    with pytest.raises(UserError, match=r"run faces-cips must have .* model cips"):
        analyse_run(study, stage, RUN)
