"""Files of weights: downloads from a server on this machine, files put in place by hand."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import random_images, refused
from facenet_pytorch.models.mtcnn import ONet
from server import Server

from cipslib.features.extractors import EXTRACTORS, load_network
from cipslib.features.weights import TABLE
from cipslib.utils import downloads
from cipslib.utils.downloads import RemoteFile, fetch, locate

CONTENT = np.random.default_rng(0).bytes(3 * 2**20)
COMMAND = "`cips weights inception`"


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    running = Server(CONTENT)
    yield running
    running.close()


def remote(server: Server, **changes: object) -> RemoteFile:
    digest = hashlib.sha256(CONTENT).hexdigest()
    file = RemoteFile("mine.bin", server.url, digest, "cips weights inception")
    return replace(file, **changes)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_file_is_fetched_once(server: Server, tmp_path: Path):
    folder = tmp_path / "new" / "weights"
    for _ in range(2):
        path = fetch(remote(server), folder)
        assert path == folder / "mine.bin"
        assert path.read_bytes() == CONTENT
    assert files(folder) == ["mine.bin"]
    assert server.requests == 1


@pytest.mark.parametrize(
    ("fault", "value", "said"),
    [
        ("stops_after", 2**20, "IncompleteRead"),
        ("hangs", True, "timed out"),
        ("status", 404, "404"),
        ("content", b"another file", "does not match"),
    ],
)
def test_a_download_that_fails_says_what_to_do(server, tmp_path, monkeypatch, fault, value, said):
    monkeypatch.setattr(downloads, "TIMEOUT", (1, 0.5))
    setattr(server, fault, value)
    message = refused(said, fetch, remote(server), tmp_path)
    for part in ("mine.bin", COMMAND, server.url, str(tmp_path), "by hand"):
        assert part in message
    assert files(tmp_path) == []


def test_a_server_that_nobody_answers_for_and_a_folder_that_is_none_are_named(server, tmp_path):
    """The port is free: the connection is refused."""
    server.close()
    refused("Connection refused", fetch, remote(server), tmp_path)
    (tmp_path / "file").write_text("not a folder")
    refused(str(tmp_path / "file"), fetch, remote(server), tmp_path / "file")


@pytest.mark.parametrize("content", [CONTENT[:-1], b"\0" + CONTENT[1:]])
@pytest.mark.parametrize("find", [locate, fetch])
def test_a_wrong_file_put_there_by_hand_is_refused(server, tmp_path: Path, find, content: bytes):
    (tmp_path / "mine.bin").write_bytes(content)
    message = f"{tmp_path / 'mine.bin'} has another SHA-256.* remove it"
    refused(message, find, remote(server), tmp_path)
    assert (tmp_path / "mine.bin").read_bytes() == content  # it is the user's


@pytest.mark.parametrize("name", [name for name, one in EXTRACTORS.items() if one.weights])
def test_weights_of_the_right_structure_make_a_network(weights_file, name: str):
    row = EXTRACTORS[name].weights
    network = load_network(name, weights_file(row).parent)
    assert network.weights_sha256 == TABLE[row].sha256
    features = network.features(random_images(3, 40))
    assert features.shape == (3, EXTRACTORS[name].dim)
    assert np.abs(features[0] - features[1]).max() > 1e-6  # it sees something


def test_o_nets_features_are_those_before_its_outputs(tmp_path: Path):
    """Its own output layers make of them what the whole network says: face or not."""
    images = random_images(3, 48)
    features = torch.from_numpy(load_network("onet", tmp_path).features(images))
    assert features.shape == (3, 256)
    whole = ONet().eval()
    inputs = (torch.from_numpy(images).permute(0, 3, 1, 2) - 127.5) / 128
    with torch.no_grad():
        expected = whole(inputs)[2]
        torch.testing.assert_close(whole.softmax6_1(whole.dense6_1(features)), expected)
