"""A hostile corpus: what can be used is used, what cannot is named, and nothing is dropped."""

import csv
import gzip
import json
from pathlib import Path

import corpus
import numpy as np
import pytest
from test_prepare import folder_study, left_behind

from cipslib.datasets import prepared as images
from cipslib.utils.errors import UserError
from replication.datasets.decode import Treatment
from replication.datasets.prepare import prepare
from replication.datasets.sources import open_source
from replication.datasets.sources.base import printable
from replication.datasets.worker import Made, make_pictures

PLAIN = Treatment(resolution=16, crop="centre", crop_size=None, filter="lanczos", seed=0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("hostile") / "pictures"
    corpus.write_corpus(folder)
    return folder


def made_of(folder: Path, treatment: Treatment = PLAIN) -> Made:
    source = open_source(folder, treatment.resolution, folder.parent)
    return make_pictures(list(source.pieces(0)), source.reader, treatment)


@pytest.fixture(scope="module")
def made(folder: Path) -> Made:
    return made_of(folder)


def record_of(made: Made, name: str):
    (record,) = (record for record in made.records if record.name == printable(name))
    return record


def picture_of(made: Made, name: str) -> np.ndarray:
    taken = [record.name for record in made.records if record.result]
    return made.pixels[taken.index(printable(name))]


PROBLEMS = {name: problem for name, (_, problem) in corpus.BAD.items()} | corpus.BAD_LINKS


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_bad_file_is_named_with_its_problem(made: Made, name: str):
    record = record_of(made, name)
    assert PROBLEMS[name] in record.problem
    assert not record.result
    assert "\n" not in record.problem
    assert " at 0x" not in record.problem  # an address would differ from run to run


@pytest.mark.parametrize("name", [*corpus.GOOD, *corpus.GOOD_LINKS])
def test_an_unusual_file_is_taken(made: Made, name: str):
    record = record_of(made, name)
    assert record.problem == ""
    assert picture_of(made, name).shape == (16, 16, 3)


@pytest.mark.parametrize("name", corpus.OTHERS)
def test_a_file_that_is_no_picture_is_ignored(made: Made, name: str):
    assert name not in [record.name for record in made.records]


def test_nothing_is_dropped(folder: Path, made: Made):
    source = open_source(folder, 16, folder.parent)
    assert len(made.records) == len(PROBLEMS) + len(corpus.GOOD) + len(corpus.GOOD_LINKS)
    assert source.ignored.count == len(corpus.OTHERS)


ANIMATIONS = ["animated.gif", "animated.webp", "animated.png", "pages.tif"]


@pytest.mark.parametrize("name", ANIMATIONS)
def test_of_an_animation_the_first_frame_is_taken(made: Made, name: str):
    assert record_of(made, name).animated
    lossless = record_of(made, name).result == record_of(made, "without-ending").result
    assert lossless or name == "animated.gif"  # of 256 colours
    still = picture_of(made, "without-ending").astype(int)
    assert np.abs(picture_of(made, name) - still).mean() < 25  # of other noise: 85


def test_only_animations_are_called_so(made: Made):
    assert sorted(r.name for r in made.records if r.animated) == sorted(ANIMATIONS)


def test_a_name_of_bytes_that_are_no_text_can_be_printed(tmp_path: Path):
    folder = tmp_path / "pictures"
    corpus.write(folder, {"a.png": corpus.encoded()})
    (folder / "a.png").rename(Path(f"{folder}/na\udcefve.png"))
    (record,) = made_of(folder).records
    assert record.problem == ""
    assert record.name == r"na\udcefve.png"


def test_sixteen_bits_are_the_same_as_eight(made: Made):
    np.testing.assert_array_equal(picture_of(made, "deep.png"), picture_of(made, "deep.tif"))


def test_too_large_a_file_is_refused(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(images, "MOST_BYTES", 1000)
    corpus.write(tmp_path / "pictures", {"large.png": corpus.encoded("BMP")})
    (record,) = made_of(tmp_path / "pictures").records
    assert "bytes; more than 1,000 are refused" in record.problem


def test_a_file_that_only_its_owner_may_read_is_named(tmp_path: Path, monkeypatch):
    """The tests may run as root, who may read everything: so open() itself refuses."""
    corpus.write(tmp_path / "pictures", {"mine.png": corpus.encoded()})
    source = open_source(tmp_path / "pictures", 16, tmp_path)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "mine.png")

    monkeypatch.setattr("builtins.open", refuse)
    (record,) = make_pictures(list(source.pieces(0)), source.reader, PLAIN).records
    assert record.problem == "cannot be read (Permission denied)"


def test_a_disk_that_fails_is_not_a_bad_picture(tmp_path: Path, monkeypatch):
    """A network that is gone would else make a short data set of a long one."""
    corpus.write(tmp_path / "pictures", {"a.png": corpus.encoded()})
    source = open_source(tmp_path / "pictures", 16, tmp_path)

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error", "a.png")

    monkeypatch.setattr("builtins.open", fail)
    with pytest.raises(OSError, match="Input/output error"):
        make_pictures(list(source.pieces(0)), source.reader, PLAIN)


# --- the whole preparation


@pytest.fixture(scope="module")
def prepared(folder: Path, tmp_path_factory):
    """The study, and what was said while the corpus was prepared."""
    import contextlib
    import io

    from conftest import TINY

    params = json.loads(json.dumps(TINY))
    profile = folder_study(tmp_path_factory.mktemp("study"), params)
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        prepare(profile, "faces", folder)
    return profile, said.getvalue()


def manifest_rows(profile) -> list[dict[str, str]]:
    with gzip.open(profile.paths.manifest("faces"), "rt", newline="") as file:
        return list(csv.DictReader(file))


def test_the_manifest_lists_every_file_in_order(prepared, made: Made):
    profile, _ = prepared
    rows = manifest_rows(profile)
    assert [row["name"] for row in rows] == [record.name for record in made.records]
    assert [row["problem"] for row in rows] == [record.problem for record in made.records]
    taken = [row for row in rows if not row["problem"]]
    assert [int(row["index"]) for row in taken] == list(range(len(made.pixels)))
    assert {row["index"] for row in rows if row["problem"]} == {""}
    assert all(len(row["sha256"]) == 64 for row in taken)
    np.testing.assert_array_equal(np.load(profile.paths.images("faces")), made.pixels)


def test_what_was_skipped_ignored_and_doubled_is_said(prepared, made: Made):
    profile, said = prepared
    card = json.loads(profile.paths.card("faces").read_text())
    assert card["skipped"] == len(PROBLEMS)
    assert card["ignored"] == len(corpus.OTHERS)
    assert card["count"] == len(made.pixels)
    assert card["distinct"] == len({picture.tobytes() for picture in made.pixels})
    assert f"faces: {len(PROBLEMS)} could not be used and were skipped: " in said
    assert f"faces: {len(corpus.OTHERS)} files are no pictures and were ignored: .DS_Store" in said
    doubles = card["count"] - card["distinct"]
    assert f"faces: {doubles} have the same pixels as an earlier one (all are kept): " in said
    assert "faces: 4 are animations, of which the first frame was taken: animated.gif" in said
    assert "had a shorter side below 16 px and were enlarged: one-pixel.png (1 px), sli" in said


def test_with_strict_the_first_bad_file_is_an_error(
    folder: Path, made: Made, tmp_path: Path, tiny_params: dict
):
    profile = folder_study(tmp_path, tiny_params)
    first = next(record for record in made.records if record.problem)
    with pytest.raises(UserError) as error:
        prepare(profile, "faces", folder, strict=True)
    assert f"{first.name} {first.problem}; mend or remove it, or leave --strict out" in str(
        error.value
    )
    assert left_behind(tmp_path) == []


def test_strict_looks_at_what_an_earlier_run_skipped(tmp_path: Path, tiny_params: dict):
    profile = folder_study(tmp_path, tiny_params, count=40)
    files = {f"a{i:02d}.png": corpus.encoded() for i in range(39)} | {"b.png": b""}
    corpus.write(tmp_path / "pictures", files)
    with pytest.raises(
        UserError,
        match=r"holds 39 usable pictures of 40, and 40 are needed; the first "
        r"that is not: b\.png is empty",
    ):
        prepare(profile, "faces")
    with pytest.raises(UserError, match=r"pictures: b\.png is empty; mend or remove it"):
        prepare(profile, "faces", strict=True)
    assert left_behind(tmp_path) == []


def test_count_counts_usable_pictures(tmp_path: Path, tiny_params: dict):
    profile = folder_study(tmp_path, tiny_params, count=40)
    files = {f"{i:02d}.png": corpus.encoded(seed=i) for i in range(42)} | {"01.png": b""}
    corpus.write(tmp_path / "pictures", files)
    taken = np.load(prepare(profile, "faces"))
    all_of_them = made_of(tmp_path / "pictures").pixels
    np.testing.assert_array_equal(taken, all_of_them[:40])
    assert [row["name"] for row in manifest_rows(profile)] == [f"{i:02d}.png" for i in range(41)]
