"""LFW is fetched from a server on this machine, checked, prepared."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import corpus
import numpy as np
import pytest
from conftest import make_study, refused
from server import Server

from replication.datasets import job
from replication.datasets.prepare import prepare
from replication.profile.profile import Profile


def archive(count: int = 4) -> bytes:
    """As the real one: below one folder, one folder a person, JPEG, compressed."""
    names = [f"lfw_funneled/Person_{i}/Person_{i}_0001.jpg" for i in range(count)]
    images = {name: corpus.encoded("JPEG", seed=i) for i, name in enumerate(names)}
    return corpus.tar(images, "w:gz")


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    running = Server(archive())
    sha256 = hashlib.sha256(running.content).hexdigest()
    monkeypatch.setattr(job, "LFW", replace(job.LFW, url=running.url, sha256=sha256))
    yield running
    running.close()


@pytest.fixture
def profile(tmp_path: Path, tiny_params: dict) -> Profile:
    tiny_params["datasets"]["faces"] |= {"card": "lfw", "count": None, "source": "anything"}
    return make_study(tmp_path, tiny_params)


def test_it_is_fetched_once_and_prepared(server: Server, profile: Profile, tmp_path: Path):
    assert len(np.load(prepare(profile.paths, profile.dataset("faces"), "faces"))) == 4
    card = json.loads(profile.paths.card("faces").read_text())
    assert (card["container"], card["expected_count"]) == ("a compressed tar", 13_233)
    prepare(profile.paths, profile.dataset("faces"), "faces")
    assert server.requests == 1
    kept = tmp_path / "data" / "raw" / "lfw"
    assert [file.name for file in kept.iterdir()] == ["lfw-funneled.tgz"]


def test_a_source_of_ones_own_is_not_fetched(server: Server, profile: Profile, tmp_path: Path):
    files = {f"{i}.jpg": corpus.encoded("JPEG", seed=i) for i in range(3)}
    corpus.write(tmp_path / "mine", files)
    own = tmp_path / "mine"
    assert len(np.load(prepare(profile.paths, profile.dataset("faces"), "faces", own))) == 3
    assert server.requests == 0


def test_another_file_is_refused(server: Server, profile: Profile, tmp_path: Path):
    server.content = archive(5)
    message = r"cannot fetch lfw-funneled\.tgz .*does not match.* by hand"
    refused(message, prepare, profile.paths, profile.dataset("faces"), "faces")
    assert list((tmp_path / "data" / "raw" / "lfw").iterdir()) == []
