"""`cips metrics`: the same numbers out of any container, and clean-fid's."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from cleanfid import fid as cleanfid
from PIL import Image

from cipslib.features.extractors import load_network
from cipslib.utils.errors import UserError
from replication.tools.metrics import compare_images


@pytest.fixture
def sets(tmp_path: Path) -> dict[str, np.ndarray]:
    made = {}
    for seed, name in enumerate(("real", "fake")):
        made[name] = np.random.default_rng(seed).integers(0, 200 + seed, (40, 8, 8, 3), np.uint8)
        (tmp_path / name).mkdir()
        for index, image in enumerate(made[name]):
            Image.fromarray(image).save(tmp_path / name / f"{index:03}.png")
    return made


def table(folder: Path, fake: str = "fake") -> str:
    real = folder / "real"
    return compare_images(real, folder / fake, folder / "weights", "random", "onet", "cpu")


def test_the_distance_is_clean_fids(sets: dict[str, np.ndarray], tmp_path: Path):
    network = load_network("random", tmp_path)
    features = map(network.features, sets.values())
    expected = cleanfid.frechet_distance(*(m for f in features for m in (f.mean(0), np.cov(f.T))))
    found = re.search(r"Fréchet distance, random features +\| ([\d.]+) \[", table(tmp_path))
    assert found and float(found[1]) == pytest.approx(expected, rel=5e-3)  # three digits are shown


def test_a_zip_and_an_array_are_the_folder(sets: dict[str, np.ndarray], tmp_path: Path):
    shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "fake")
    np.save(tmp_path / "array.npy", sets["fake"])
    assert table(tmp_path) == table(tmp_path, "packed.zip") == table(tmp_path, "array.npy")


def test_what_cannot_be_compared_is_named(sets: dict[str, np.ndarray], tmp_path: Path):
    Image.new("RGB", (9, 8)).save(tmp_path / "fake/020.png")
    with pytest.raises(UserError, match=r"020\.png is of another size"):
        table(tmp_path)
    (tmp_path / "fake/020.png").write_bytes(b"no image")
    with pytest.raises(UserError, match=r"020\.png is not a readable image"):
        table(tmp_path)
    shutil.rmtree(tmp_path / "fake")
    (tmp_path / "fake").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "fake/1.png")
    with pytest.raises(UserError, match=r"holds 1 images, and \d+ are needed"):
        table(tmp_path)
