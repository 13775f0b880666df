"""Pictures of any kind, made RGB a band at a time: the same pixels, in little memory."""

import io
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from conftest import REPOSITORY
from PIL import Image, ImageOps

from cipslib.datasets import prepared as images
from replication.datasets import worker
from replication.datasets.decode import FILTERS, MOST_PIXELS, Treatment, decode, square, to_rgb
from replication.datasets.sources import open_source

KINDS = {
    "RGB": lambda image: image,
    "RGBA": lambda image: Image.merge("RGBA", (*image.split(), image.getchannel("G"))),
    "LA": lambda image: Image.merge("LA", (image.getchannel("R"), image.getchannel("G"))),
    "P": lambda image: image.convert("P"),
    "L": lambda image: image.convert("L"),
    "1": lambda image: image.convert("1"),
    "I;16": lambda image: Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 199),
}


def noise(width: int = 61, height: int = 47) -> Image.Image:
    shape = (height, width, 3)
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format=kind, **options)
    return file.getvalue()


def at_once(content: bytes, box: tuple[int, int, int, int], size: int, name: str) -> np.ndarray:
    """The whole picture upright, then RGB, then scaled."""
    with Image.open(io.BytesIO(content)) as image:
        whole = to_rgb(ImageOps.exif_transpose(image))
    return np.asarray(whole.resize((size, size), FILTERS[name], box))


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("kind", KINDS)
def test_bands_give_the_same_pixels(monkeypatch, kind: str, name: str):
    monkeypatch.setattr(images, "BAND", 300)  # five rows
    options = {"transparency": 3} if kind == "P" else {}
    content = encoded(KINDS[kind](noise()), **options)
    made = square(decode(content), Treatment(16, "centre", 30, name, 0), 0)
    np.testing.assert_array_equal(made, at_once(content, (15, 8, 45, 38), 16, name))


@pytest.mark.parametrize("orientation", range(10))
def test_every_orientation_is_turned_upright(monkeypatch, orientation: int):
    monkeypatch.setattr(images, "BAND", 300)
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(noise(), exif=exif)
    sideways = orientation in (5, 6, 7, 8)
    assert decode(content).size == ((47, 61) if sideways else (61, 47))
    box = (8, 15, 38, 45) if sideways else (15, 8, 45, 38)
    made = square(decode(content), Treatment(16, "centre", 30, "lanczos", 0), 0)
    np.testing.assert_array_equal(made, at_once(content, box, 16, "lanczos"))


def test_where_decoders_need_more_memory_fewer_pixels_are_read(monkeypatch):
    content = {kind: encoded(noise(40, 30), kind) for kind in ("PNG", "WEBP", "JPEG2000")}
    monkeypatch.setattr(images, "MOST_PIXELS", 4 * 1200)
    called = []
    monkeypatch.setattr(images, "LARGE", 1200)
    for kind, encoded_picture in content.items():
        decode(encoded_picture, lambda kind=kind: called.append(kind))
    assert called == ["WEBP", "JPEG2000"]
    monkeypatch.setattr(images, "MOST_PIXELS", 4 * 1199)
    decode(content["PNG"])
    for kind in ("WEBP", "JPEG2000"):
        with pytest.raises(images.BadPicture, match="claims more than 1,199 pixels"):
            decode(content[kind])


def test_workers_take_turns_with_large_pictures(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(images, "LARGE", 61 * 47 - 1)
    (tmp_path / "pictures").mkdir()
    for i in range(2):
        (tmp_path / "pictures" / f"{i}.png").write_bytes(encoded(noise()))
    (tmp_path / "pictures" / "small.png").write_bytes(encoded(noise(60, 47)))
    source = open_source(tmp_path / "pictures", 16, tmp_path)
    treatment = Treatment(16, "centre", None, "lanczos", 0)
    turns, done = tmp_path / "turns", []

    def make(*pieces: int) -> None:
        chosen = [list(source.pieces(0))[i] for i in pieces]
        done.append(worker.make_pictures(chosen, source.reader, treatment, turns))

    with worker._turn(turns):
        make(2)  # is not large
        thread = threading.Thread(target=make, args=(0, 1))
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
    thread.join(5)
    assert [len(made.pixels) for made in done] == [1, 2]


MEASURE = """
import resource, sys
from cipslib.datasets.images import Treatment, decode, square

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

before = peak()
with open(sys.argv[1], "rb") as file:
    picture = decode(file.read())
made = square(picture, Treatment(128, "centre", None, "lanczos", 0), 0)
print(peak() - before)
"""


@pytest.mark.parametrize(("kind", "most"), [("RGBA", 75), ("I;16", 50), ("turned", 75)])
def test_a_picture_takes_little_more_memory_than_its_own(tmp_path: Path, kind: str, most: int):
    """Of a quarter of the largest: 50 MB of RGBA, 25 MB of 16 bits, 50 MB of RGB."""
    side = int((MOST_PIXELS / 4) ** 0.5)
    exif = Image.Exif()
    if kind == "turned":
        exif[0x0112] = 6
    mode = "RGB" if kind == "turned" else kind
    Image.new(mode, (side, side)).save(tmp_path / "large.png", compress_level=1, exif=exif)
    result = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path / "large.png")],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(result.stdout) < most
