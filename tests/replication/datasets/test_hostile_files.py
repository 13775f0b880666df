"""Single files, good and hostile: what can be used is taken, what cannot is named."""

import io
import struct
from pathlib import Path

import corpus
import numpy as np
import pytest
from conftest import refused
from damage import DAMAGE, damaged, survives, try_many
from hypothesis import given
from PIL import Image, ImageOps

from replication.datasets import decode as module
from replication.datasets.decode import crop_and_resize, decode, read_image
from replication.datasets.sources import open_source
from replication.datasets.sources.base import printable
from replication.datasets.worker import Made, preprocess


def made_of(folder: Path) -> dict[str, Made]:
    made = preprocess(list(open_source(folder, folder.parent).samples()), corpus.config())
    return {record.name: (record, image) for record, image in made}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, Made]:
    folder = tmp_path_factory.mktemp("hostile") / "images"
    corpus.write_corpus(folder)
    return made_of(folder)


PROBLEMS = {name: problem for name, (_, problem) in corpus.BAD.items()} | corpus.BAD_LINKS


def test_nothing_is_dropped_and_nothing_else_is_taken(made: dict[str, Made]):
    names = [*PROBLEMS, *corpus.GOOD, *corpus.GOOD_LINKS]
    assert sorted(made) == sorted(map(printable, names))


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_bad_file_is_named_with_its_problem(made: dict[str, Made], name: str):
    record, image = made[name]
    assert PROBLEMS[name] in record.problem
    assert image is None
    assert "\n" not in record.problem
    assert " at 0x" not in record.problem  # an address would differ from run to run


@pytest.mark.parametrize("name", [*corpus.GOOD, *corpus.GOOD_LINKS])
def test_an_unusual_file_is_taken(made: dict[str, Made], name: str):
    record, image = made[printable(name)]
    assert record.problem == ""
    assert image.shape == (16, 16, 3)
    assert record.upright == (not name.startswith("odd-metadata"))
    if name.startswith(("odd", "animated.png", "pages")):  # the first frame, as it stands
        np.testing.assert_array_equal(image, made["-rf.png"][1])


def test_a_name_of_bytes_that_are_no_text_can_be_printed(tmp_path: Path):
    folder = tmp_path / "images"
    corpus.write(folder, {"a.png": corpus.encoded()})
    (folder / "a.png").rename(Path(f"{folder}/na\udcefve.png"))
    ((name, (record, _)),) = made_of(folder).items()
    assert record.problem == ""
    assert name == r"na\udcefve.png"


def test_too_large_a_file_is_refused(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 1000)
    corpus.write(tmp_path / "images", {"large.png": corpus.encoded("BMP")})
    ((record, _),) = made_of(tmp_path / "images").values()
    assert "bytes; more than 1,000 are refused" in record.problem


def test_a_disk_that_fails_is_not_a_bad_image(tmp_path: Path, monkeypatch):
    """A network that is gone would else make a short data set of a long one."""
    corpus.write(tmp_path / "images", {"a.png": corpus.encoded()})
    source = open_source(tmp_path / "images", tmp_path)

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error", "a.png")

    monkeypatch.setattr("builtins.open", fail)
    with pytest.raises(OSError, match="Input/output error"):
        list(source.samples())


FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM")


@pytest.mark.parametrize("kind", FORMATS)
@try_many
@given(damage=DAMAGE)
def test_a_damaged_image_says_a_sentence(kind: str, damage):
    content = damaged(corpus.encoded(kind), damage)
    survives(kind, lambda: crop_and_resize(decode(content), corpus.config(), 0))


# --- what is done to an image


@pytest.mark.parametrize("orientation", range(10))
def test_every_orientation_is_turned_upright(orientation: int):
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = corpus.encoded(exif=exif)
    with Image.open(io.BytesIO(content)) as stored:
        upright = ImageOps.exif_transpose(stored)
    image = decode(content)
    np.testing.assert_array_equal(np.asarray(image), np.asarray(upright))
    sideways = orientation in (5, 6, 7, 8)
    assert image.size == (corpus.SIZE[::-1] if sideways else corpus.SIZE)
    box = (0, 2, 20, 22) if sideways else (2, 0, 22, 20)
    expected = upright.resize((16, 16), Image.Resampling.LANCZOS, box)
    np.testing.assert_array_equal(crop_and_resize(image, corpus.config(), 0), np.asarray(expected))


WHITE = Image.new("RGB", (20, 20), (255, 255, 255))
KINDS = {
    **{mode: (WHITE.convert(mode), 255) for mode in ("L", "RGBA", "P", "CMYK", "1")},
    "transparent": (Image.new("RGBA", (20, 20), (255, 0, 0, 0)), 255),  # shows white
    "16 bits": (Image.fromarray(np.full((20, 20), 257 * 77, np.uint16)), 77),
}


def tiff_of_12_bits() -> bytes:
    """Two pixels in three bytes: 0xF0F of 0xFFF."""
    tags = {256: 16, 257: 16, 258: 12, 259: 1, 262: 1, 273: 8, 277: 1, 278: 16, 279: 384}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    pixels = 128 * bytes.fromhex("F0FF0F")
    return b"II*\0" + struct.pack("<I", 392) + pixels + struct.pack("<H", 9) + entries + bytes(4)


def test_12_bits_and_those_of_a_pgm_keep_their_brightness():
    for content in (tiff_of_12_bits(), b"P5 16 16 65535 " + 256 * b"\xf0\xf0"):
        image = np.asarray(crop_and_resize(decode(content), corpus.config(), 0))
        assert (np.abs(image.astype(int) - 240) <= 1).all()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_image_becomes_rgb_of_8_bits(tmp_path: Path, kind: str):
    image, value = KINDS[kind]
    file = tmp_path / ("image.tif" if kind == "CMYK" else "image.png")
    image.save(file)
    assert (read_image(file, 8) == value).all()


def test_a_file_that_cannot_be_used_is_named_where_it_is_read_alone(tmp_path: Path):
    Image.fromarray(np.ones((20, 20), np.float32)).save(tmp_path / "real.tif")
    message = r"real\.tif .*unbounded type F.*: mend or remove it"
    refused(message, read_image, tmp_path / "real.tif", 8)
