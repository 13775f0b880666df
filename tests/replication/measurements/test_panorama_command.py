"""`cips panorama`: what it writes for notebook 09 and the claims."""

from pathlib import Path

import numpy as np
import pytest
from conftest import analysed, make_study, refused, with_generators

from cipslib.networks.files import load_generator
from cipslib.sampling.latents import sample_w
from cipslib.sampling.panorama import panorama
from replication.measurements import panorama as stage
from replication.profile.profile import Profile

RUN = "landscapes-panorama"
AROUND = 40


@pytest.fixture
def ready(tiny_params: dict, tmp_path: Path, monkeypatch) -> Profile:
    """An untrained generator of a cylinder, and few images."""
    round_ = {"dataset": "faces", "model": "cips", "cips": {"circumference": AROUND}}
    tiny_params["runs"] = {RUN: round_}
    for name, value in (("PANORAMAS", 10), ("SHOWN", 5)):
        monkeypatch.setattr(stage, name, value)
    return with_generators(make_study(tmp_path, tiny_params))


def test_it_writes_panoramas_and_blends_and_their_numbers(ready: Profile):
    _, numbers, arrays = analysed(ready, "panorama", RUN)
    generator = load_generator(ready.paths.generator(RUN))
    whole = panorama(generator, sample_w(generator, 5, ready.evaluation.seed))
    assert np.abs(arrays["panoramas"].astype(int) - whole).max() <= 1
    assert arrays["panoramas"].shape == (5, 16, AROUND, 3)
    for name in ("blend", "blend.pasted", "blend.cross-fade"):
        assert arrays[name].shape == (2, 16, AROUND, 3)
        for column, pure in ((AROUND // 2, whole[[0, 2]]), (0, whole[[1, 3]])):
            difference = arrays[name][:, :, column].astype(int) - pure[:, :, column]
            assert np.abs(difference).max() <= 1
    assert arrays["real"].shape == (5, 16, 16, 3)
    assert numbers["seam"]["generated"].protocol.entries["images"] == 10
    assert numbers["seam"].keys() == {"generated", "real, ends joined"}
    assert numbers["part_edge"].keys() == {"blend", "pasted"}
    assert numbers["half_way_contrast"].keys() == {"blend", "cross-fade"}


@pytest.mark.parametrize("model", ["cips", "stylegan2"])
def test_a_generator_of_the_plane_is_refused(tiny_params: dict, tmp_path: Path, model: str):
    tiny_params["runs"]["faces-cips"]["model"] = model
    study = with_generators(make_study(tmp_path, tiny_params))
    message = r"faces-cips must be of model cips, with .* on a cylinder"
    refused(message, analysed, study, "panorama")
