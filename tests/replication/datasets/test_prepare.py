"""Preparation: the array, its card, its manifest, and what is refused."""

import csv
import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import corpus
import numpy as np
import pytest
from conftest import PYTHONPATH, change_card, make_study, refused

from replication.cli import main
from replication.datasets.decode import read_image
from replication.datasets.job import Job, run_job
from replication.datasets.prepare import prepare
from replication.datasets.sources.base import FileNames
from replication.profile.profile import Profile
from synthetic import render

PREPARE = [sys.executable, "-m", "replication.cli", "prepare", "faces", "--workers", "1"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": PYTHONPATH}


def folder_study(root: Path, params: dict, images: int | None = None, count: int | None = None):
    """The small profile, with a data set that is read from the folder images/, if it is there."""
    params["datasets"]["faces"] |= {"card": "own-folder", "source": "images", "count": count}
    params["evaluation"]["images"] = 20
    profile = make_study(root, params)
    for file in profile.paths.prepared("faces").iterdir():
        file.unlink()
    if images is not None:
        (root / "images").mkdir()
        names = {f"{i:03d}.png": corpus.encoded(seed=i) for i in range(images)}
        corpus.write(root / "images", names)
    return profile


def made(profile: Profile, source: Path | None = None, **how: object) -> Path:
    return prepare(profile.paths, profile.dataset("faces"), "faces", source, **how)


def left_behind(profile) -> list[str]:
    """Under final names; nothing may be left of the preparation itself."""
    folder = profile.paths.prepared("faces")
    assert [path.name for path in folder.parent.iterdir()] == ["faces"]
    return sorted(path.name for path in folder.iterdir())


def card_of(profile) -> dict:
    return json.loads(profile.paths.card("faces").read_text())


def manifest_of(profile) -> list[dict[str, str]]:
    with gzip.open(profile.paths.prepared("faces") / "manifest.csv.gz", "rt", newline="") as file:
        return list(csv.DictReader(file))


def test_a_synthetic_set_becomes_an_array_and_a_card(tmp_path: Path, tiny_params: dict):
    tiny_params["datasets"]["faces"]["count"] = 70  # more than one chunk
    profile = make_study(tmp_path, tiny_params)
    path = made(profile)
    images = np.load(path, mmap_mode="r", allow_pickle=False)
    assert images.shape == (70, 16, 16, 3)
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images[65:], render("faces", range(65, 70), 16, 0))
    card = card_of(profile)
    assert card["count"] == card["distinct"] == 70
    assert card["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert left_behind(profile) == ["card.json", "images.npy", "manifest.csv.gz"]


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path, tiny_params: dict):
    profile = folder_study(tmp_path, tiny_params, 70)
    images = np.load(made(profile))
    assert len(images) == 70
    np.testing.assert_array_equal(images[3], read_image(tmp_path / "images" / "003.png", 16))


def test_no_users_folder_is_named(tmp_path: Path, tiny_params: dict):
    profile = folder_study(tmp_path, tiny_params, 40)
    for source in (None, tmp_path / "images"):
        made(profile, source)
        assert card_of(profile)["source"] == "images"


def test_the_result_does_not_depend_on_the_number_of_workers(tmp_path: Path, tiny_params: dict):
    tiny_params["datasets"]["faces"] |= {"crop": "random", "crop_size": 18}
    profile = folder_study(tmp_path, tiny_params, 150)
    (tmp_path / "images" / "070.png").write_bytes(b"bad")
    results = []
    for workers in (1, 3):
        made(profile, workers=workers)
        results.append((card_of(profile), manifest_of(profile)))
    assert results[0] == results[1]


def test_count_counts_usable_images(tmp_path: Path, tiny_params: dict):
    profile = folder_study(tmp_path, tiny_params, 42, count=40)
    (tmp_path / "images" / "001.png").write_bytes(b"")
    assert len(np.load(made(profile))) == 40
    rows = manifest_of(profile)
    assert [row["name"] for row in rows] == [f"{i:03d}.png" for i in range(41)]
    taken = [row for row in rows if not row["problem"]]
    assert [int(row["index"]) for row in taken] == list(range(40))
    content = (tmp_path / "images" / "000.png").read_bytes()
    assert rows[0]["sha256"] == hashlib.sha256(content).hexdigest()
    assert (rows[1]["index"], rows[1]["problem"]) == ("", "is empty")


def test_a_hostile_folder_is_counted_and_described(tmp_path: Path, tiny_params: dict, capsys):
    profile = folder_study(tmp_path, tiny_params)
    corpus.write_corpus(tmp_path / "images")
    images = np.load(made(profile))
    said = capsys.readouterr().err
    problems = len(corpus.BAD) + len(corpus.BAD_LINKS)
    card = card_of(profile)
    assert (card["skipped"], card["ignored"]) == (problems, len(corpus.OTHERS))
    assert card["count"] == len(images) == len(corpus.GOOD) + len(corpus.GOOD_LINKS)
    assert card["distinct"] == len({image.tobytes() for image in images})
    assert f"faces: {problems} could not be used and were skipped: " in said
    assert f"faces: {len(corpus.OTHERS)} files are not images and were ignored: .git" in said
    assert "faces: 3 have broken metadata: taken as they stand, upright or not: odd-meta" in said
    doubles = card["count"] - card["distinct"]
    assert f"faces: {doubles} have the same pixels as an earlier one (all are kept): " in said
    assert "had a shorter side below 16 px and were enlarged: one-pixel.png (1 px), sli" in said


def test_the_command_takes_its_options(tmp_path: Path, tiny_params: dict, monkeypatch, capsys):
    profile = folder_study(tmp_path, tiny_params)
    corpus.write(tmp_path / "mine", {"a.png": corpus.encoded(), "b.png": b"", "c.png": b""})
    monkeypatch.chdir(profile.paths.root)
    command = ["prepare", "faces", "--source", "mine", "--workers", "1"]
    assert main(command) == 1
    said = capsys.readouterr().err
    needed = "2 are needed (held_out + 2)"
    assert f"mine holds 1 usable images of 3, and {needed}; the first that is not: b.png" in said
    (tmp_path / "mine" / "b.png").write_bytes(corpus.encoded(seed=1))
    assert main(command) == 0
    assert capsys.readouterr().out.strip().endswith("images.npy")


def test_another_count_than_the_cards_is_said(tmp_path, tiny_params: dict, capsys):
    tiny_params["datasets"]["faces"]["crop"] = "random"
    profile = folder_study(tmp_path, tiny_params, 4)
    change_card(profile.paths.source_card("own-folder"), count=70_000)
    made(profile)
    said = capsys.readouterr().err
    assert "warning: the card own-folder says that the set has 70,000 images" in said
    prepared = card_of(profile)
    assert (prepared["count"], prepared["expected_count"]) == (4, 70_000)
    assert (prepared["crop"], prepared["card_crop"]) == ("random", "centre")


# --- what is refused


def test_a_synthetic_set_takes_no_source(tmp_path: Path, tiny_params: dict):
    profile = make_study(tmp_path, tiny_params)
    refused("-faces is drawn, not read: it takes no --source", made, profile, tmp_path)


@pytest.mark.parametrize(
    ("images", "count", "message"),
    [
        (None, None, "there is no .*images: put the images there, or change source"),
        (0, None, r"images holds no images \(nothing at all\)"),
        (1, None, r"images holds 1 images, and 2 are needed \(held_out \+ 2\)"),
        (3, 40, r"images holds 3 images, and 40 are needed \(count\)"),
    ],
)
def test_too_few_images_are_refused(tmp_path: Path, tiny_params: dict, images, count, message):
    profile = folder_study(tmp_path, tiny_params, images, count)
    refused(message, made, profile)
    assert left_behind(profile) == []


def test_an_unknown_card_is_named(tmp_path: Path, tiny_params: dict):
    tiny_params["datasets"]["faces"]["card"] = "cats"
    profile = make_study(tmp_path, tiny_params)
    refused(r"no card cats\.yaml in .*; there are: ffhq, .*landscapes", made, profile)


# --- processes


def unreadable():
    yield 1
    raise OSError(5, "Input/output error", "b.png")


@pytest.mark.parametrize(
    ("work", "chunks", "message"),
    [
        (os._exit, [9, 9], r"a worker died \(killed, or out of memory\?\) while mine was prepared"),
        (os.stat, ["a.png", "a.png"], r"cannot read a\.png: No such file or directory"),
        (abs, unreadable(), r"cannot read b\.png: Input/output error"),
    ],
)
def test_a_worker_or_a_source_that_fails_is_named(work, chunks, message: str):
    job = Job("mine", "a folder", 4, FileNames(), work, chunks)
    refused(message, lambda: list(run_job(job, 2)))


@pytest.mark.parametrize("workers", [1, 2])
def test_chunks_are_drawn_only_as_results_are_taken(workers: int):
    """So that memory is bounded, however many there are and however slow the disk is."""
    drawn = []
    chunks = (drawn.append(index) or [index] for index in range(1000))
    results = run_job(Job("mine", "a folder", 4, FileNames(), list, chunks), workers)
    for taken in range(20):
        assert next(results) == taken
        time.sleep(0.02)
        assert len(drawn) <= taken + 1 + 4 * workers
    results.close()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_one_that_was_interrupted_starts_again(tmp_path: Path, tiny_params: dict, end):
    """Nothing is left under the final names."""
    tiny_params["datasets"]["faces"] |= {"resolution": 64}
    tiny_params["discriminator"]["channel_base"] = 64
    profile = folder_study(tmp_path, tiny_params, 1)
    large = corpus.of_array(corpus.pixels(0, (400, 350)), "PNG")
    corpus.write(tmp_path / "images", {f"{i:03d}.png": large for i in range(400)})
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(PREPARE, cwd=tmp_path, env=ENVIRONMENT, stderr=quiet)
    prepared = profile.paths.prepared("faces")
    while not any(f.stat().st_size > 2**14 for f in prepared.parent.glob(".faces*/images.npy")):
        assert process.poll() is None, "it ended before it could be interrupted"
        time.sleep(0.01)
    os.kill(process.pid, end)
    assert process.wait(30) != 0
    assert list(prepared.iterdir()) == []
    for name in range(3, 400):
        (tmp_path / "images" / f"{name:03d}.png").unlink()
    assert len(np.load(made(profile, workers=1))) == 3
    assert len(left_behind(profile)) == 3
