"""A preparation that was interrupted goes on; one that is too large stays small in memory."""

import gzip
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
import yaml
from conftest import PYTHONPATH, REPOSITORY, make_study
from test_prepare import folder_study, left_behind

from cipslib.utils.errors import UserError
from replication.cli import main
from replication.datasets import prepare as module
from replication.datasets.prepare import prepare
from replication.datasets.progress import HEADER, Progress
from replication.datasets.sources.base import Names
from replication.datasets.worker import Made, Record
from replication.doctor import examine

CIPS = [sys.executable, "-m", "replication.cli", "prepare", "faces"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": PYTHONPATH}


def sha256(profile) -> str:
    return json.loads(profile.paths.card("faces").read_text())["sha256"]


def slow_pictures(folder: Path, count: int) -> None:
    """Large enough for a preparation that can be caught in the middle."""
    folder.mkdir()
    for seed in range(8):
        content = corpus.of_array(corpus.pixels(seed, (400, 350)), "PNG")
        (folder / f"{seed:04d}.png").write_bytes(content)
    for number in range(8, count):
        (folder / f"{number:04d}.png").hardlink_to(folder / f"{number % 8:04d}.png")


def test_after_a_kill_it_goes_on_and_the_result_is_the_same(tmp_path: Path, tiny_params: dict):
    tiny_params["datasets"]["faces"] |= {"resolution": 128, "crop": "random"}
    tiny_params["discriminator"]["channel_base"] = 128
    profile = folder_study(tmp_path, tiny_params)
    slow_pictures(tmp_path / "pictures", 240)
    (tmp_path / "pictures" / "0003.png").unlink()
    (tmp_path / "pictures" / "0003.png").write_bytes(b"bad")
    log = profile.paths.preparation("faces") / "log"
    process = subprocess.Popen(CIPS, cwd=tmp_path, env=ENVIRONMENT, stderr=subprocess.DEVNULL)
    while not (log.exists() and log.read_bytes().count(b"\n") > 50):
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert left_behind(tmp_path) == []

    result = subprocess.run(CIPS, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    (going_on,) = (line for line in result.stderr.splitlines() if "going on after" in line)
    done = int(going_on.split("going on after ")[1].split()[0])
    assert 50 < done < 240
    assert "faces: 239 pictures of 128 px, from a folder" in result.stderr
    resumed = sha256(profile)
    assert not profile.paths.preparation("faces").exists()
    prepare(profile, "faces", workers=1)
    assert sha256(profile) == resumed


class Killed(BaseException):
    """As a kill: nothing in the program catches it."""


@pytest.mark.parametrize(
    "step", ["write_manifest", "open_images", "write_preview", "write_json", "sha256_of_file"]
)
def test_a_kill_while_it_publishes_can_be_made_good(
    tmp_path: Path, tiny_params: dict, monkeypatch, step: str
):
    """At each step between the last picture and the card: the same command gives the same array."""
    profile = folder_study(tmp_path, tiny_params)
    corpus.write(tmp_path / "pictures", {f"{i:03d}.png": corpus.encoded(seed=i) for i in range(24)})
    prepare(profile, "faces", workers=1)
    expected = sha256(profile)

    def kill(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as context:
        context.setattr(module, step, kill)
        with pytest.raises(Killed):
            prepare(profile, "faces", workers=1)
    assert not profile.paths.card("faces").exists() or step in ("sha256_of_file",)
    prepare(profile, "faces", workers=1)
    assert sha256(profile) == expected
    assert not profile.paths.preparation("faces").exists()


@pytest.mark.parametrize("workers", [1, 3])
def test_the_result_does_not_depend_on_the_number_of_workers(
    tmp_path: Path, tiny_params: dict, workers: int
):
    tiny_params["datasets"]["faces"] |= {"crop": "random", "crop_size": 18}
    profile = folder_study(tmp_path, tiny_params)
    files = {f"{i:03d}.png": corpus.encoded(seed=i) for i in range(150)} | {"070.png": b"bad"}
    corpus.write(tmp_path / "pictures", files)
    prepare(profile, "faces", workers=2)
    expected = sha256(profile), profile.paths.manifest("faces").read_bytes()
    prepare(profile, "faces", workers=workers)
    assert (sha256(profile), profile.paths.manifest("faces").read_bytes()) == expected


def test_a_stand_in_goes_on_too(tmp_path: Path, tiny_params: dict, capsys):
    tiny_params["datasets"]["faces"]["count"] = 96
    profile = make_study(tmp_path, tiny_params)
    prepare(profile, "faces")
    expected = sha256(profile)

    def stop(progress: Progress, made: Made) -> None:
        if progress.candidates:
            raise KeyboardInterrupt
        append(progress, made)

    append = Progress.append
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Progress, "append", stop)
        prepare(profile, "faces")
    prepare(profile, "faces")
    assert "faces: going on after 64 pictures" in capsys.readouterr().err
    assert sha256(profile) == expected


def made_up(count: int, start: int = 0) -> Made:
    import hashlib

    pixels = np.stack([corpus.pixels(i, (8, 8)) for i in range(start, start + count)])
    results = [hashlib.sha256(picture.tobytes()).hexdigest() for picture in pixels]
    records = [Record(f"{i}.png", "", r, 9, False, "") for i, r in enumerate(results, start)]
    return Made(records, pixels)


def begun(folder: Path) -> Progress:
    folder.mkdir(exist_ok=True)
    progress = Progress(folder, 8)
    progress.recover({"source": "a"})
    return progress


@pytest.mark.parametrize(
    ("harm", "kept"),
    [
        (lambda p: None, 6),
        (lambda p: os.truncate(p.folder / "log", (p.folder / "log").stat().st_size - 5), 5),
        (lambda p: os.truncate(p.pixels, HEADER + 4 * 192 + 100), 4),
        (lambda p: os.truncate(p.pixels, 0), 0),
        (lambda p: (p.folder / "log").write_bytes(b""), 0),
        (lambda p: overwrite(p.pixels, HEADER + 2 * 192), 2),
        (lambda p: overwrite(p.folder / "log", 0), 0),
    ],
    ids=["nothing", "torn log", "torn pixels", "no pixels", "no log", "other pixels", "other log"],
)
def test_only_what_is_whole_is_kept(tmp_path: Path, harm, kept: int):
    progress = begun(tmp_path / "work")
    progress.append(made_up(4))
    progress.append(made_up(2, start=4))
    harm(progress)
    again = begun(tmp_path / "work")
    assert (again.candidates, again.taken) == (kept, kept)
    again.append(made_up(6 - kept, start=kept) if kept < 6 else made_up(0 + 1, start=6))
    again.finish()
    total = max(6, kept + (kept == 6))
    np.testing.assert_array_equal(np.load(again.pixels), made_up(total).pixels)
    assert [record.name for record in again.records()] == [f"{i}.png" for i in range(total)]


def overwrite(path: Path, place: int) -> None:
    with open(path, "r+b") as file:
        file.seek(place)
        file.write(b"\xff\xff\xff")


def test_progress_of_something_else_is_thrown_away(tmp_path: Path):
    progress = begun(tmp_path / "work")
    progress.append(made_up(4))
    other = Progress(tmp_path / "work", 8)
    assert "of another source or other parameters: starting over" in other.recover({"source": "b"})
    assert (other.candidates, other.taken) == (0, 0)


def test_two_preparations_do_not_write_over_each_other(tmp_path: Path, tiny_params: dict):
    from replication.datasets.progress import sole_preparation

    profile = folder_study(tmp_path, tiny_params)
    with (
        sole_preparation(profile.paths.preparation("faces")),
        pytest.raises(UserError, match="is in use: another process prepares this"),
    ):
        prepare(profile, "faces")


def test_a_disk_that_is_too_small_is_named_before_the_work(
    tmp_path: Path, tiny_params: dict, monkeypatch
):
    profile = folder_study(tmp_path, tiny_params)
    corpus.write(tmp_path / "pictures", {f"{i}.png": corpus.encoded() for i in range(4)})
    usage = module.shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(UserError, match=r"needs 0\.0 GB, and 0\.0 GB are free there: make room"):
        prepare(profile, "faces")
    assert left_behind(tmp_path) == []


def die(*_: object, **__: object) -> None:
    os._exit(9)


def test_a_worker_that_dies_is_named(tmp_path: Path):
    progress = begun(tmp_path / "work")
    job = module.Job(
        origin="pictures",
        container="a folder",
        count=4,
        wanted=None,
        needed=2,
        make=die,
        tasks=lambda start: iter([[1], [2]]),
        identity={},
        ignored=Names(),
    )
    with pytest.raises(
        UserError, match=r"a worker died \(killed, or out of memory\?\) after 0 pic"
    ):
        list(module._made(job, progress, 1))


def fail(*_: object) -> None:
    raise OSError(5, "Input/output error", "a.png")


def test_a_source_that_fails_is_named(tmp_path: Path):
    job = module.Job("pictures", "a folder", 4, None, 2, fail, lambda _: iter([[1]]), {}, Names())
    with pytest.raises(UserError, match=r"cannot read a\.png: Input/output error; the same comma"):
        list(module._made(job, begun(tmp_path / "work"), 1))


def test_another_count_than_the_cards_is_said(tmp_path: Path, tiny_params: dict, capsys):
    profile = folder_study(tmp_path, tiny_params)
    card = profile.paths.source_card("own-folder")
    card.write_text(yaml.safe_dump(yaml.safe_load(card.read_text()) | {"count": 70_000, "size": 9}))
    corpus.write(tmp_path / "pictures", {f"{i}.png": corpus.encoded(seed=i) for i in range(4)})
    prepare(profile, "faces")
    said = capsys.readouterr().err
    assert "warning: 4 pictures, and the card own-folder says that the set has 70,000" in said
    with pytest.raises(UserError, match=r"pictures: 4 pictures, and the card .* 70,000; complete"):
        prepare(profile, "faces", strict=True)
    assert "faces: 4 had a shorter side other than the card's 9 px: 0.png (20 px), 1.png" in said
    prepared = json.loads(profile.paths.card("faces").read_text())
    assert (prepared["count"], prepared["expected_count"]) == (4, 70_000)


def test_another_crop_than_the_cards_is_said(tmp_path: Path, tiny_params: dict, capsys):
    tiny_params["datasets"]["faces"]["crop"] = "random"
    profile = folder_study(tmp_path, tiny_params)
    corpus.write(tmp_path / "pictures", {f"{i}.png": corpus.encoded(seed=i) for i in range(4)})
    prepare(profile, "faces")
    assert "faces: crop is random, and the card own-folder says centre" in capsys.readouterr().err
    prepared = json.loads(profile.paths.card("faces").read_text())
    assert (prepared["crop"], prepared["card_crop"]) == ("random", "centre")
    (tmp_path / "dvc.yaml").touch()
    assert "data set faces: crop is random, the card says centre" in list(examine(profile))


def test_the_doctor_does_not_unpack_to_count(tmp_path: Path, tiny_params: dict):
    profile = folder_study(tmp_path, tiny_params)
    content = corpus.half(corpus.encoded("GIF"))
    (tmp_path / "pictures").write_bytes(gzip.compress(content))  # unpacking it would fail
    (tmp_path / "dvc.yaml").touch()
    before = sorted(tmp_path.rglob("*"))
    (line,) = (line for line in examine(profile) if line.startswith("data set faces"))
    assert "pictures (a compressed tar; its pictures are counted when" in line
    assert sorted(tmp_path.rglob("*")) == before


def test_the_preview_shows_the_pictures(tmp_path: Path, tiny_params: dict):
    from PIL import Image

    profile = folder_study(tmp_path, tiny_params)
    corpus.write(tmp_path / "pictures", {f"{i:03d}.png": corpus.encoded(seed=i) for i in range(90)})
    images = np.load(prepare(profile, "faces"))
    grid = np.asarray(Image.open(profile.paths.preview("faces")))
    assert grid.shape == (8 * 16, 8 * 16, 3)
    np.testing.assert_array_equal(grid[:16, :16], images[0])
    np.testing.assert_array_equal(grid[-16:, -16:], images[89])


def test_the_command_takes_its_options(tmp_path: Path, tiny_params: dict, monkeypatch, capsys):
    profile = folder_study(tmp_path, tiny_params)
    corpus.write(tmp_path / "mine", {"a.png": corpus.encoded(), "b.png": b"", "c.png": b""})
    monkeypatch.chdir(profile.paths.root)
    command = ["prepare", "faces", "--source", "mine", "--workers", "1"]
    assert main([*command, "--strict"]) == 1
    assert "cips: mine: b.png is empty; mend or remove it, or leave" in capsys.readouterr().err
    assert main(command) == 1
    assert "mine holds 1 usable pictures of 3, and 2 are needed" in capsys.readouterr().err
    (tmp_path / "mine" / "b.png").write_bytes(corpus.encoded(seed=1))
    assert main(command) == 0
    assert capsys.readouterr().out.strip().endswith("faces/images.npy")


MEASURE = """
import multiprocessing, os, threading, time
from contextlib import suppress
from pathlib import Path

def peak(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024

def watch(peaks):
    while True:
        for child in multiprocessing.active_children():
            with suppress(OSError, IndexError):
                peaks.append(peak(child.pid))
        time.sleep(0.02)

if __name__ == "__main__":
    from cipslib.config import load_profile
    from cipslib.datasets.prepare import prepare
    profile, workers = load_profile(Path("params.yaml")), []
    before = peak(os.getpid())
    threading.Thread(target=watch, args=[workers], daemon=True).start()
    prepare(profile, "faces", workers=2)
    print(peak(os.getpid()) - before, max(workers))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("kind", ["npy", "zip"])
def test_memory_does_not_grow_with_the_set(tmp_path: Path, tiny_params: dict, kind: str):
    """200 MB of pixels: far less in the process, and in each worker."""
    tiny_params["datasets"]["faces"] |= {"resolution": 256, "source": f"pictures.{kind}"}
    tiny_params["datasets"]["faces"] |= {"card": "own-folder", "count": 1000}
    tiny_params["discriminator"]["channel_base"] = 256
    make_study(tmp_path, tiny_params)
    if kind == "npy":
        pixels = np.lib.format.open_memmap(
            tmp_path / "pictures.npy", "w+", np.uint8, (1000, 256, 256, 3)
        )
        pixels[::100] = 7
    else:
        import zipfile

        with zipfile.ZipFile(tmp_path / "pictures.zip", "w") as archive:
            for i in range(1000):
                archive.writestr(f"{i}.jpg", corpus.encoded("JPEG", seed=i % 8))
    (tmp_path / "measure.py").write_text(MEASURE)
    result = subprocess.run(
        [sys.executable, "measure.py"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    grown, worker = map(float, result.stdout.split())
    assert grown < 150  # MB; half of it are the chunks on their way
    assert worker < 150


def test_the_stage_depends_on_every_module_of_the_preparation():
    """The loader, which config imports, changes nothing that is prepared."""
    deps = yaml.safe_load((REPOSITORY / "dvc.yaml").read_text())["stages"]["prepare"]["do"]["deps"]
    code = "import sys; import replication.datasets.prepare; print(*sys.modules)"
    listed = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    used = {m.split(".")[2] for m in listed.stdout.split() if m.startswith("cipslib.datasets.")}
    named = {Path(d).stem for d in deps if d.startswith("cipslib/datasets/")}
    assert named == used - {"augment", "batches", "loader"}
