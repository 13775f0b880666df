"""`cips new-profile`: a profile of images of one's own, which inherits what it does not say."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import REPOSITORY, TINY, refused

from replication.new_profile import new_profile
from replication.profile.profile import load_profile
from replication.report.methods import ABSOLUTE

IMAGES = "my: #images.npy"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "profiles").mkdir()
    shutil.copy(REPOSITORY / "profiles/own-images.yaml", tmp_path / "profiles")
    (tmp_path / "dvc.yaml").touch()
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(TINY))
    np.save(tmp_path / IMAGES, np.zeros((60, 8, 8, 3), np.uint8))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_says_what_differs_and_inherits_the_rest(root: Path):
    said = new_profile("cats", root / IMAGES, 8)
    assert "60 images, 6 of them held out, numbers of 27" in said
    file = root / "profiles/cats/params.yaml"
    profile, demo = load_profile(file), load_profile(root / "params.yaml")
    run, theirs = profile.run(profile.main), demo.run("faces-cips")
    assert ([*profile.datasets], [*profile.left_out]) == (["cats"], [*demo.runs])
    assert run.training.generator_adam == theirs.training.generator_adam
    assert (run.training.total_images, run.training.online_eval.images) == (19200, 27)
    assert profile.datasets["cats"].source == str(root / IMAGES)
    assert (run.generator.resolution, profile.hardware) == (8, demo.hardware)
    assert len(file.read_text().splitlines()) <= 60
    assert ABSOLUTE.search(file.read_text())[2] == f'{IMAGES}"'  # what Methods shows of it


def test_what_cannot_be_is_refused_and_leaves_nothing(root: Path):
    np.save(root / "few.npy", np.zeros((43, 8, 8, 3), np.uint8))
    for name, images, why in (("My cats", IMAGES, "small letters"), ("cats", "few.npy", "43")):
        refused(why, new_profile, name, root / images, 8)
    assert not (root / "profiles/cats").exists()
    new_profile("cats", root / IMAGES, 8)
    refused("the profile cats exists", new_profile, "cats", root / IMAGES, 8)
