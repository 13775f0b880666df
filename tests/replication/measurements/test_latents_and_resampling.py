"""What stages write for notebooks: `cips latents`, `cips resampling`; all of a run left out."""

from pathlib import Path

import numpy as np
import pytest
from conftest import analysed, make_study, refused, with_generators

from cipslib.networks.files import load_generator
from cipslib.sampling.latents import sample_w
from cipslib.sampling.superresolution import dense
from cipslib.sampling.synthesis import render
from replication.cli import ANALYSES, main
from replication.measurements import latents, resampling
from replication.measurements.common.run import analyse_run
from replication.profile.profile import Profile
from replication.profile.results import read_results

RUN = "faces-cips"
FEW_PATHS = {"NUM_PATHS": 3, "NUM_PAIRS": 6}
FEW_IMAGES = {"NUM_IMAGES": 4, "DENSE": 5}


@pytest.fixture
def ready(study: Profile, monkeypatch) -> Profile:
    """An untrained generator, and few images."""
    for module, few in ((latents, FEW_PATHS), (resampling, FEW_IMAGES)):
        for name, value in few.items():
            monkeypatch.setattr(module, name, value)
    return with_generators(study)


def native(study: Profile, count: int) -> np.ndarray:
    generator = load_generator(study.paths.generator(RUN))
    return render(generator, sample_w(generator, count, study.evaluation.seed))


def test_latents_writes_strips_and_mixtures_and_their_numbers(ready: Profile):
    content, numbers, arrays = analysed(ready, "latents")
    assert numbers["jumps"]["cross-fade"].estimate.value == pytest.approx(0.5, abs=1e-3)
    assert numbers["midway_contrast"].keys() == {"w", "cross-fade"}
    assert numbers["specialisation"]["groups"].protocol.entries["pairs"] == 6
    images = native(ready, 12)
    strips = arrays["strips.w"]
    assert strips.shape == (3, 9, 16, 16, 3)
    ends = images[:6].reshape(3, 2, 16, 16, 3)
    assert np.abs(strips[:, [0, -1]].astype(int) - ends).max() <= 1
    for name, expected in (("mixing.A", images[0::2]), ("mixing.B", images[1::2])):
        assert np.abs(arrays[name].astype(int) - expected).max() <= 1
    assert content["groups"] == {"early": [1], "middle": [2], "late": [3]}


def test_resampling_writes_the_numbers_of_foveated_and_dense_images(ready: Profile):
    _, numbers, arrays = analysed(ready, "resampling")
    assert set(numbers["error ratio"]) == {"10 % over 5 %", "25 % over 10 %", "50 % over 25 %"}
    assert set(numbers["gaze error ratio"]) == {"5 %", "10 %", "25 %", "50 %"}
    assert all(number.estimate.value < 1 for number in numbers["error ratio"].values())
    assert not arrays  # the notebook draws
    for kind in ("dense grid", "Lanczos"):
        assert numbers["energy_beyond_native"][kind].protocol.entries["images"] == 5
    assert "distance_beyond_native" not in numbers  # no real images of that resolution


def test_a_dense_grid_is_compared_with_real_images_of_its_resolution(ready: Profile):
    """They are the generator's own here: nothing else can be nearer."""
    generator = load_generator(ready.paths.generator(RUN))
    real = dense(generator, sample_w(generator, 40, seed=5), resampling.FACTOR)
    ready.paths.images("faces-dense").parent.mkdir(parents=True)
    np.save(ready.paths.images("faces-dense"), real)
    distances = analysed(ready, "resampling")[1]["distance_beyond_native"]
    own = distances.pop("dense grid").estimate
    assert set(distances) == {"Lanczos", "repeated pixels"}
    assert all(other.estimate.low > own.high for other in distances.values())


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
    study = with_generators(make_study(tmp_path, tiny_params))
    refused(r"run faces-cips must be of model cips, .* on a plane", analyse_run, study, stage, RUN)
