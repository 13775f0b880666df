"""Preparation: the array, its card, and what is refused."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import PYTHONPATH, make_study
from PIL import Image

from cipslib.utils.errors import UserError
from replication.datasets.decode import read_square
from replication.datasets.prepare import prepare
from synthetic import render


def folder_study(root: Path, params: dict, count: int | None = None):
    """The small profile, with a data set that is read from the folder pictures/."""
    params["datasets"]["faces"] |= {"card": "own-folder", "source": "pictures", "count": count}
    params["evaluation"]["images"] = 20
    profile = make_study(root, params)
    (root / "data" / "prepared" / "demo" / "faces" / "images.npy").unlink()
    (root / "data" / "prepared" / "demo" / "faces" / "card.json").unlink()
    return profile


def write_pictures(folder: Path, count: int) -> None:
    folder.mkdir(exist_ok=True)
    random = np.random.default_rng(0)
    for i in range(count):
        picture = random.integers(0, 256, (20, 30, 3), dtype=np.uint8)
        Image.fromarray(picture).save(folder / f"{i:03d}.png")


def left_behind(root: Path) -> list[str]:
    """Return the names of files that are complete."""
    return sorted(p.name for p in (root / "data" / "prepared" / "demo").glob("*/*"))


def test_a_stand_in_becomes_an_array_and_a_card(tmp_path: Path, tiny_params: dict):
    tiny_params["datasets"]["faces"]["count"] = 70  # more than one chunk
    profile = make_study(tmp_path, tiny_params)
    path = prepare(profile, "faces")
    images = np.load(path, mmap_mode="r", allow_pickle=False)
    assert images.shape == (70, 16, 16, 3)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images[65:], render("faces", range(65, 70), 16, 0))
    card = json.loads(profile.paths.card("faces").read_text())
    assert card["count"] == card["distinct"] == 70
    assert card["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    files = ["card.json", "images.npy", "manifest.csv.gz", "preview.png"]
    assert left_behind(tmp_path) == files


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path, tiny_params: dict):
    profile = folder_study(tmp_path, tiny_params)
    write_pictures(tmp_path / "pictures", 5)
    (tmp_path / "pictures" / ".DS_Store").write_bytes(b"hidden files are no pictures")
    images = np.load(prepare(profile, "faces"))
    assert len(images) == 5
    np.testing.assert_array_equal(images[3], read_square(tmp_path / "pictures" / "003.png", 16))


def test_pictures_are_turned_upright_and_cut_to_their_central_square(tmp_path: Path):
    wide = np.zeros((32, 96, 3), np.uint8)
    wide[:, 32:48], wide[:, 48:64] = (255, 0, 0), (0, 255, 0)  # the central square: red | green
    exif = Image.Exif()
    exif[0x0112] = 3  # "upside down": the camera was turned by 180 degrees
    Image.fromarray(wide).save(tmp_path / "turned.png", exif=exif)
    square = read_square(tmp_path / "turned.png", 16)
    np.testing.assert_allclose(square[8, 2], [0, 255, 0], atol=2)
    np.testing.assert_allclose(square[8, 13], [255, 0, 0], atol=2)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
def test_every_kind_of_picture_becomes_rgb(tmp_path: Path, mode: str):
    file = tmp_path / ("picture.tif" if mode == "CMYK" else "picture.png")
    Image.new("RGB", (20, 20), (255, 255, 255)).convert(mode).save(file)
    assert (read_square(file, 8) == 255).all()


def test_transparency_shows_white(tmp_path: Path):
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    assert (read_square(tmp_path / "clear.png", 8) == 255).all()


def test_sixteen_bits_become_eight(tmp_path: Path):
    values = np.full((20, 20), 257 * 77, np.uint16)
    Image.fromarray(values).save(tmp_path / "deep.png")
    assert (read_square(tmp_path / "deep.png", 8) == 77).all()


def test_real_numbers_are_refused(tmp_path: Path):
    Image.fromarray(np.ones((20, 20), np.float32)).save(tmp_path / "real.tif")
    with pytest.raises(UserError, match="unbounded type F"):
        read_square(tmp_path / "real.tif", 8)


def test_a_stand_in_takes_no_source(tmp_path: Path, tiny_params: dict):
    profile = make_study(tmp_path, tiny_params)
    with pytest.raises(UserError, match="stand-in-faces is drawn, not read: it takes no --source"):
        prepare(profile, "faces", tmp_path)


@pytest.mark.parametrize(
    ("pictures", "count", "message"),
    [
        (None, None, "there is no .*pictures: put the pictures there, or change source"),
        (0, None, r"pictures holds no pictures \(nothing at all\)"),
        (1, None, "pictures holds 1 pictures, and 2 are needed"),
        (30, 40, "pictures holds 30 pictures, and 40 are needed"),
    ],
)
def test_too_few_pictures_are_refused(tmp_path: Path, tiny_params: dict, pictures, count, message):
    profile = folder_study(tmp_path, tiny_params, count)
    if pictures is not None:
        write_pictures(tmp_path / "pictures", pictures)
    with pytest.raises(UserError, match=message):
        prepare(profile, "faces")
    assert left_behind(tmp_path) == []


def test_an_unknown_card_is_named(tmp_path: Path, tiny_params: dict):
    tiny_params["datasets"]["faces"]["card"] = "cats"
    profile = make_study(tmp_path, tiny_params)
    with pytest.raises(UserError, match=r"no card cats\.yaml in .*; there are: ffhq, landscapes"):
        prepare(profile, "faces")


def test_a_disk_that_refuses_leaves_nothing(tmp_path: Path, tiny_params: dict):
    """A limit on the size of files stands in for a full disk: write() fails half-way."""
    tiny_params["datasets"]["faces"] |= {"card": "own-folder", "source": "pictures", "count": None}
    make_study(tmp_path, tiny_params)
    for file in (tmp_path / "data" / "prepared").rglob("faces/*"):
        file.unlink()
    write_pictures(tmp_path / "pictures", 40)
    result = subprocess.run(
        [sys.executable, "-m", "replication.cli", "prepare", "faces"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": PYTHONPATH,
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        preexec_fn=limit_file_size,
    )
    assert result.returncode == 1
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("cips: cannot write")
    assert last.endswith(
        "File too large; 0 pictures are kept there: make room, and the same command goes on"
    )
    assert left_behind(tmp_path) == []


def limit_file_size() -> None:
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("crop", "left", "crop is 'left', must be centre, random, none"),
        ("filter", "nearest", "filter is 'nearest', must be lanczos, bicubic, bilinear, box"),
        ("crop_size", 15, r"crop_size is 15, must be at least resolution \+ margin \(16\)"),
    ],
)
def test_an_impossible_option_is_named(tmp_path: Path, tiny_params: dict, key, value, message):
    tiny_params["datasets"]["faces"][key] = value
    with pytest.raises(UserError, match=rf"datasets\.faces: {message}"):
        make_study(tmp_path, tiny_params)
