"""`cips artifacts`: what it writes for notebook 11 and the claim."""

from pathlib import Path

import numpy as np
import pytest
from conftest import analysed, make_study, with_generators

from cipslib.analysis.artifacts import periodic_texture
from replication.measurements.artifacts import draw_real
from replication.measurements.common.run import analyse_run
from replication.measurements.common.trained_run import load_run
from replication.profile.profile import Profile
from replication.profile.results import read_results

RUN = "faces-cips"


@pytest.fixture
def ready(tiny_params: dict, tmp_path: Path) -> Profile:
    """An untrained generator of 32 px, and 48 images of noise in place of real ones."""
    tiny_params["datasets"]["faces"]["resolution"] = 32
    return with_generators(make_study(tmp_path, tiny_params))


def test_it_writes_shares_and_the_most_conspicuous_images(ready: Profile):
    content, numbers, arrays = analysed(ready, "artifacts")
    shares = numbers["periodic_texture"]
    assert content["images"] == 16  # a third of 48
    images = np.load(ready.paths.images("faces"))
    assert set(shares) == {"generated", "real"}
    assert len({number.protocol.hash for number in shares.values()}) == 1
    entries = shares["generated"].protocol.entries
    assert (entries["false_alarms"], entries["real_images"]) == (1 / 16, 32)
    assert entries["generated_images"] == 16
    for kind in ("generated", "real"):
        shown, boxes = (arrays[f"periodic_texture.{kind}.{what}"] for what in ("images", "boxes"))
        scores = periodic_texture(shown).scores
        above = (scores > content["threshold_db"]).sum()
        assert above == round(16 * shares[kind].estimate.value)  # all 16 are kept
        assert (np.diff(scores) <= 0).all()
        assert ((boxes[:, :2] >= 0).all(), (boxes[:, :2] + boxes[:, 2:] <= 32).all()) == (1, 1)
        here = [(images == one).all(axis=(1, 2, 3)).any() for one in shown]
        assert here == [kind == "real"] * 16


def test_sets_of_real_images_share_none(ready: Profile):
    real = np.concatenate(draw_real(load_run(ready, RUN)))
    assert len(np.unique(real.reshape(32, -1), axis=0)) == 32


def test_of_images_too_small_there_are_no_numbers_and_it_is_said(study: Profile):
    path = analyse_run(with_generators(study), "artifacts", RUN)
    why = "images of 16 x 16 px: the rule for periodic texture needs 32 px"
    assert read_results(path.parent) == ({"run": RUN, "left_out": why}, {})
