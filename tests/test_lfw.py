"""LFW is fetched from a server on this machine, resumed, checked, prepared."""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import corpus
import numpy as np
import pytest
from conftest import make_study
from server import QUICK, Server
from sklearn.datasets import _lfw
from sklearn.datasets._base import RemoteFileMetadata

from cipslib.utils.errors import UserError
from replication.datasets import prepare as module
from replication.datasets.prepare import prepare
from replication.datasets.sources import lfw
from replication.profile.profile import Profile


def archive(count: int = 4) -> bytes:
    """As the real one: below one folder, one folder a person, JPEG, compressed."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as packed:
        for i in range(count):
            content = corpus.encoded("JPEG", seed=i)
            info = tarfile.TarInfo(f"lfw_funneled/Person_{i}/Person_{i}_0001.jpg")
            info.size = len(content)
            packed.addfile(info, io.BytesIO(content))
    return file.getvalue()


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    running = Server(archive())
    known = RemoteFileMetadata(
        filename="lfw-funneled.tgz",
        url=running.url,
        checksum=hashlib.sha256(running.content).hexdigest(),
    )
    monkeypatch.setattr(_lfw, "FUNNELED_ARCHIVE", known)
    yield running
    running.close()


@pytest.fixture
def profile(tmp_path: Path, tiny_params: dict, monkeypatch) -> Profile:
    tiny_params["datasets"]["faces"] |= {"card": "lfw", "count": None, "source": "anything"}
    monkeypatch.setattr(module, "fetch_lfw", lambda folder: lfw.fetch_lfw(folder, QUICK))
    return make_study(tmp_path, tiny_params)


def test_scikit_learn_still_has_its_table():
    """A private name: what is read of it here must be what it was."""
    remote = lfw.funneled()
    assert remote.file == "lfw-funneled.tgz"
    assert remote.url.startswith("https://")
    begin = "b47c8422c8cded88"  # of the archive that the card speaks of
    assert remote.sha256 is not None
    assert remote.sha256.startswith(begin)


def test_it_is_fetched_once_and_prepared(server: Server, profile: Profile, tmp_path: Path):
    assert len(np.load(prepare(profile, "faces"))) == 4
    card = json.loads(profile.paths.card("faces").read_text())
    assert (card["container"], card["expected_count"]) == ("a compressed tar", 13_233)
    assert server.ranges == [None]
    prepare(profile, "faces")
    assert server.ranges == [None]
    kept = tmp_path / "data" / "raw" / "lfw"
    assert [file.name for file in kept.iterdir()] == ["lfw-funneled.tgz"]


def test_a_source_of_ones_own_is_not_fetched(server: Server, profile: Profile, tmp_path: Path):
    files = {f"{i}.jpg": corpus.encoded("JPEG", seed=i) for i in range(3)}
    corpus.write(tmp_path / "mine", files)
    assert len(np.load(prepare(profile, "faces", tmp_path / "mine"))) == 3
    assert server.ranges == []


def test_a_download_that_was_cut_short_goes_on(server: Server, profile: Profile, tmp_path: Path):
    partial = tmp_path / "data" / "raw" / "lfw" / "lfw-funneled.tgz.part"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(server.content[:700])
    prepare(profile, "faces")
    assert server.ranges == ["bytes=700-"]


def test_another_file_is_refused(server: Server, profile: Profile, tmp_path: Path):
    server.content = archive(5)
    with pytest.raises(UserError, match=r"sent for .*lfw-funneled\.tgz has SHA-256 .* by hand"):
        prepare(profile, "faces")
    assert list((tmp_path / "data" / "raw" / "lfw").iterdir()) == []


def test_without_an_answer_it_says_what_to_do(server: Server, profile: Profile):
    server.hangs_after = 0
    match = r"cannot fetch lfw-funneled.*no answer in time.*`cips prepare` again, .* by hand"
    with pytest.raises(UserError, match=match):
        prepare(profile, "faces")
    assert not profile.paths.preparation("faces").exists()
