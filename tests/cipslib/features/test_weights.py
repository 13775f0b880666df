"""Files of weights: downloads from a server on this machine, files put in place by hand."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from networks import MAKERS
from server import Server

from cipslib.features.extractors import EXTRACTORS, fetch_weights, load_network
from cipslib.features.weights import TABLE
from cipslib.utils import downloads
from cipslib.utils.downloads import RemoteFile, fetch, locate
from cipslib.utils.errors import UserError

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
    file = RemoteFile("mine.bin", server.url, len(CONTENT), digest, "cips weights inception")
    return replace(file, **changes)


def refused(action: Callable[[], object]) -> str:
    with pytest.raises(UserError) as caught:
        action()
    assert "\n" not in str(caught.value)
    return str(caught.value)


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


def test_a_file_without_a_known_hash_is_said_to_be_unverified(server, tmp_path: Path, capsys):
    fetch(remote(server, sha256=None), tmp_path)
    assert "mine.bin: its SHA-256 is not known, it is not verified" in capsys.readouterr().err


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
    message = refused(lambda: fetch(remote(server), tmp_path))
    for part in (said, "mine.bin", COMMAND, server.url, str(tmp_path), "by hand", "(3 MB)"):
        assert part in message
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_named(server: Server, tmp_path: Path):
    (tmp_path / "file").write_text("not a folder")
    assert str(tmp_path / "file") in refused(lambda: fetch(remote(server), tmp_path / "file"))


def test_a_missing_file_says_file_folder_command_and_address(server: Server, tmp_path: Path):
    message = refused(lambda: locate(remote(server), tmp_path))
    for part in (str(tmp_path / "mine.bin"), COMMAND, server.url, "by hand"):
        assert part in message


@pytest.mark.parametrize("content", [CONTENT[:-1], b"\0" + CONTENT[1:]])
@pytest.mark.parametrize("find", [locate, fetch])
def test_a_wrong_file_put_there_by_hand_is_refused(server, tmp_path: Path, find, content: bytes):
    (tmp_path / "mine.bin").write_bytes(content)
    message = refused(lambda: find(remote(server), tmp_path))
    assert f"{tmp_path / 'mine.bin'} has another SHA-256" in message
    assert "remove it" in message
    assert (tmp_path / "mine.bin").read_bytes() == content  # it is the user's


def test_the_table_is_sound():
    for name, weights in TABLE.items():
        assert weights.command == f"cips weights {name}"
        assert weights.url.startswith("https://")
        assert weights.url.endswith(f"/{weights.name}")
        assert weights.sha256 is None or len(bytes.fromhex(weights.sha256)) == 32
    assert {e.weights for e in EXTRACTORS.values()} == {None, *TABLE}
    begin = TABLE["inception-fidelity"].name.rpartition("-")[2].removesuffix(".pth")
    assert TABLE["inception-fidelity"].sha256.startswith(begin)  # torch's own convention


def test_an_unknown_name_lists_the_known_ones(tmp_path: Path):
    assert "there are: inception, inception-fidelity, vgg16, facenet" in refused(
        lambda: fetch_weights("resnet", tmp_path)
    )


# --- the whole way, with networks of the right structure and random weights


def serve(server: Server, monkeypatch, name: str, content: bytes, known: bool) -> None:
    server.content = content
    changed = replace(
        TABLE[name],
        url=server.url,
        size=len(content) if known else None,
        sha256=hashlib.sha256(content).hexdigest() if known else None,
    )
    monkeypatch.setitem(TABLE, name, changed)


@pytest.mark.parametrize("name", MAKERS)
def test_fetched_weights_make_a_network(
    server, monkeypatch, weights_file, tmp_path: Path, name: str
):
    serve(server, monkeypatch, name, weights_file(name).read_bytes(), known=True)
    path = fetch_weights(name, tmp_path)
    assert path == tmp_path / TABLE[name].name
    users = [key for key, extractor in EXTRACTORS.items() if extractor.weights == name]
    for user in users:
        network = load_network(user, tmp_path)
        assert network.weights_sha256 == TABLE[name].sha256
        images = np.random.default_rng(0).integers(0, 256, (3, 40, 40, 3), dtype=np.uint8)
        features = network.features(images)
        assert features.shape == (3, EXTRACTORS[user].dim)
        assert np.abs(features[0] - features[1]).max() > 1e-6  # it sees something


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("content", ["half", "another network"])
def test_what_makes_no_network_is_refused_even_if_nothing_is_known_of_it(
    server, monkeypatch, weights_file, tmp_path: Path, name: str, content: str
):
    file = tmp_path / "made"
    torch.save({"weight": torch.zeros(3)}, file)
    whole = weights_file(name).read_bytes()
    served = whole[: len(whole) // 2] if content == "half" else file.read_bytes()
    serve(server, monkeypatch, name, served, known=False)
    assert "makes no network" in refused(lambda: fetch_weights(name, tmp_path / "weights"))


def test_a_pickle_that_runs_code_is_not_run(server, monkeypatch, tmp_path: Path):
    path, proof = tmp_path / "made", tmp_path / "proof"

    class Harm:
        def __reduce__(self):
            return os.mkdir, (str(proof),)

    torch.save({"weight": Harm()}, path)
    serve(server, monkeypatch, "facenet", path.read_bytes(), known=False)
    assert "makes no network" in refused(lambda: fetch_weights("facenet", tmp_path / "weights"))
    assert not proof.exists()
