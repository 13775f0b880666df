"""Files of weights: downloads from a server on this machine, files put in place by hand."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import make_study
from networks import MAKERS
from server import Server

from cipslib.features.extractors import EXTRACTORS, fetch_weights, load_network
from cipslib.features.weights import TABLE
from cipslib.utils import downloads
from cipslib.utils.downloads import RemoteFile, fetch, locate
from cipslib.utils.errors import UserError
from replication.doctor import examine

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


def cut(server: Server) -> None:
    server.stops_after = 2**20


def hang(server: Server) -> None:
    server.hangs = True


def refuse(server: Server) -> None:
    server.status = 404


def change(server: Server) -> None:
    server.content = b"another file"


@pytest.mark.parametrize(
    ("misbehave", "said"),
    [
        (cut, "IncompleteRead"),
        (hang, "timed out"),
        (refuse, "404"),
        (change, "does not match"),
        (Server.close, "Connection refused"),
    ],
)
def test_a_download_that_fails_says_what_to_do(server, tmp_path, monkeypatch, misbehave, said):
    monkeypatch.setattr(downloads, "TIMEOUT", (1, 0.5))
    misbehave(server)
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


@pytest.fixture(params=MAKERS)
def made(request, weights_file: Callable[[str], Path]) -> tuple[str, bytes]:
    return request.param, weights_file(request.param).read_bytes()


def serve(server: Server, monkeypatch, name: str, content: bytes, known: bool) -> None:
    server.content = content
    changed = replace(
        TABLE[name],
        url=server.url,
        size=len(content) if known else None,
        sha256=hashlib.sha256(content).hexdigest() if known else None,
    )
    monkeypatch.setitem(TABLE, name, changed)


def test_fetched_weights_make_a_network(server, monkeypatch, tmp_path: Path, made):
    name, content = made
    serve(server, monkeypatch, name, content, known=True)
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


def test_half_a_file_makes_no_network_even_if_nothing_is_known_of_it(
    server, monkeypatch, tmp_path: Path, made
):
    name, content = made
    serve(server, monkeypatch, name, content[: len(content) // 2], known=False)
    assert "makes no network" in refused(lambda: fetch_weights(name, tmp_path))


def test_another_network_is_refused(server, monkeypatch, tmp_path: Path):
    path = tmp_path / "made"
    torch.save({"weight": torch.zeros(3)}, path)
    serve(server, monkeypatch, "inception-fidelity", path.read_bytes(), known=False)
    message = refused(lambda: fetch_weights("inception-fidelity", tmp_path / "weights"))
    assert "makes no network" in message


def test_a_pickle_that_runs_code_is_not_run(server, monkeypatch, tmp_path: Path):
    path, proof = tmp_path / "made", tmp_path / "proof"

    class Harm:
        def __reduce__(self):
            return os.mkdir, (str(proof),)

    torch.save({"weight": Harm()}, path)
    serve(server, monkeypatch, "facenet", path.read_bytes(), known=False)
    assert "makes no network" in refused(lambda: fetch_weights("facenet", tmp_path / "weights"))
    assert not proof.exists()


# --- where they belong


def test_the_folder_is_the_projects_or_the_named_one(study, monkeypatch, tmp_path: Path):
    monkeypatch.delenv("CIPS_WEIGHTS", raising=False)
    assert study.paths.weights == study.paths.root / "data" / "weights"
    monkeypatch.setenv("CIPS_WEIGHTS", str(tmp_path / "elsewhere"))
    assert study.paths.weights == tmp_path / "elsewhere"
    assert any(str(tmp_path / "elsewhere") in line for line in _examined(study))


def _examined(study) -> list[str]:
    (study.paths.root / "dvc.yaml").write_text("")
    (study.paths.root / "data/synthetic").mkdir(parents=True, exist_ok=True)
    return list(examine(study))


def test_doctor_names_what_is_missing(tmp_path: Path, tiny_params: dict, monkeypatch):
    monkeypatch.delenv("CIPS_WEIGHTS", raising=False)
    tiny_params["evaluation"]["manifold_extractor"] = "vgg16"
    study = make_study(tmp_path, tiny_params)
    message = refused(lambda: _examined(study))
    assert "evaluation.manifold_extractor is vgg16" in message
    assert str(tmp_path / "data" / "weights" / "vgg16.pt") in message
    assert "`cips weights vgg16`" in message


def test_doctor_is_content_with_a_file_put_there_by_hand(tmp_path, tiny_params, monkeypatch):
    monkeypatch.delenv("CIPS_WEIGHTS", raising=False)
    content = b"weights"
    changed = replace(TABLE["vgg16"], size=len(content), sha256=hashlib.sha256(content).hexdigest())
    monkeypatch.setitem(TABLE, "vgg16", changed)
    tiny_params["evaluation"]["manifold_extractor"] = "vgg16"
    study = make_study(tmp_path, tiny_params)
    study.paths.weights.mkdir(parents=True)
    (study.paths.weights / "vgg16.pt").write_bytes(content)
    assert any("vgg16: vgg16.pt, as known" in line for line in _examined(study))
