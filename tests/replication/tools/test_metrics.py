"""`cips metrics`: the same numbers out of any container, and clean-fid's."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from cleanfid import fid as cleanfid
from conftest import random_images, refused
from PIL import Image
from torch_fidelity import calculate_metrics

from cipslib.features.extractors import load_network
from replication.tools import metrics
from replication.tools.metrics import compare_images


@pytest.fixture
def sets(tmp_path: Path) -> dict[str, np.ndarray]:
    made = {"real": random_images(40, 8) // 2, "fake": random_images(40, 8, seed=1)}
    for name in made:
        (tmp_path / name).mkdir()
        for index, image in enumerate(made[name]):
            Image.fromarray(image).save(tmp_path / name / f"{index:03}.png")
    return made


def table(folder: Path, fake: str = "fake") -> str:
    real = folder / "real"
    return compare_images(real, folder / fake, "random", "onet", "cpu", folder / "weights")


def exactly(monkeypatch, *arguments: object) -> dict[str, float]:
    """The table's numbers, all digits of them."""
    monkeypatch.setattr(metrics, "format_number", lambda *of: [repr(float(each)) for each in of])
    told = compare_images(*arguments)
    return {n: float(v) for n, v in re.findall(r"^\| (\S+?)[-, ].*? \| ([-e\d.]+) \[", told, re.M)}


def test_the_distance_is_clean_fids(sets: dict[str, np.ndarray], tmp_path: Path, monkeypatch):
    network = load_network("random", tmp_path)
    features = map(network.features, sets.values())
    expected = cleanfid.frechet_distance(*(m for f in features for m in (f.mean(0), np.cov(f.T))))
    folders = (tmp_path / each for each in sets)
    found = exactly(monkeypatch, *folders, "random", "onet", "cpu", tmp_path)
    assert found["Fréchet"] == pytest.approx(expected, rel=1e-4)


def test_images_through_one_network_are_torch_fidelitys(sets, tmp_path, weights_file, monkeypatch):
    name, file = "inception-fidelity", weights_file("inception-fidelity")
    folders = (tmp_path / each for each in sets)
    found = exactly(monkeypatch, *folders, name, name, "cpu", file.parent)
    what = {"fid": True, "kid": True, "prc": True, "kid_subsets": 1, "kid_subset_size": 40}
    weights = {"feature_extractor_weights_path": str(file), "cuda": False, "verbose": False}
    network = {"feature_extractor": "inception-v3-compat", **weights}
    both = {f"input{i}": str(tmp_path / each) for i, each in enumerate(("fake", "real"), 1)}
    theirs = calculate_metrics(**both, **what, **network)
    keys = "frechet_inception_distance kernel_inception_distance_mean precision recall".split()
    ours = [found[key] for key in ("FID", "KID", "precision", "recall")]
    assert ours == pytest.approx([theirs[key] for key in keys], rel=1e-4)


def test_a_zip_and_an_array_are_the_folder(sets: dict[str, np.ndarray], tmp_path: Path):
    shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "fake")
    np.save(tmp_path / "array.npy", sets["fake"])
    assert table(tmp_path) == table(tmp_path, "packed.zip") == table(tmp_path, "array.npy")


def test_what_cannot_be_compared_is_named(sets: dict[str, np.ndarray], tmp_path: Path):
    Image.new("RGB", (9, 8)).save(tmp_path / "fake/020.png")
    refused(r"020\.png is of another size", table, tmp_path)
    (tmp_path / "fake/020.png").write_bytes(b"no image")
    refused(r"020\.png is not a readable image", table, tmp_path)
    shutil.rmtree(tmp_path / "fake")
    (tmp_path / "fake").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "fake/1.png")
    refused(r"holds 1 images, and \d+ are needed", table, tmp_path)
