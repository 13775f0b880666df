"""Files of weights: downloads from a server on this machine, files put in place by hand."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import make_study
from networks import MAKERS
from server import QUICK, Server

from cipslib.features.extractors import EXTRACTORS, fetch_weights, load_network
from cipslib.features.weights import TABLE, Weights, fetch, locate
from cipslib.utils.downloads import locked
from cipslib.utils.errors import UserError
from replication.doctor import examine

CONTENT = np.random.default_rng(0).bytes(3 * 2**20)


@pytest.fixture
def server(monkeypatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    running = Server(CONTENT)
    yield running
    running.close()


def entry(server: Server, **changes: object) -> Weights:
    digest = hashlib.sha256(CONTENT).hexdigest()
    weights = Weights("inception", "file.bin", server.url, len(CONTENT), digest, "a test")
    return replace(weights, **changes)


def accept(path: Path) -> None:
    assert path.is_file()


def refused(action: Callable[[], object]) -> str:
    with pytest.raises(UserError) as caught:
        action()
    return str(caught.value)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_download_is_checked_and_then_named(server: Server, tmp_path: Path):
    seen = []
    folder = tmp_path / "new" / "weights"
    path = fetch(entry(server), folder, lambda path: seen.append(path.name), QUICK)
    assert path == folder / "file.bin"
    assert path.read_bytes() == CONTENT
    assert seen == ["file.bin.part"]  # tried out before it got its name
    assert files(folder) == ["file.bin"]
    assert server.ranges == [None]


def test_a_file_that_is_there_is_not_fetched(server: Server, tmp_path: Path):
    (tmp_path / "file.bin").write_bytes(CONTENT)
    assert fetch(entry(server), tmp_path, accept, QUICK) == tmp_path / "file.bin"
    assert server.ranges == []


def test_a_download_goes_on_where_it_stopped(server: Server, tmp_path: Path):
    (tmp_path / "file.bin.part").write_bytes(CONTENT[:1000])
    assert fetch(entry(server), tmp_path, accept, QUICK).read_bytes() == CONTENT
    assert server.ranges == ["bytes=1000-"]


def test_a_partial_file_that_is_whole_already_is_only_named(server: Server, tmp_path: Path):
    (tmp_path / "file.bin.part").write_bytes(CONTENT)
    assert fetch(entry(server), tmp_path, accept, QUICK).read_bytes() == CONTENT
    assert files(tmp_path) == ["file.bin"]


def test_a_server_that_cannot_resume_sends_all_of_it(server: Server, tmp_path: Path):
    server.accepts_ranges = False
    (tmp_path / "file.bin.part").write_bytes(CONTENT[:1000])
    assert fetch(entry(server), tmp_path, accept, QUICK).read_bytes() == CONTENT


@pytest.mark.parametrize("beginning", [b"another file's", CONTENT + b"more"])
def test_the_beginning_of_another_file_is_thrown_away(server, tmp_path: Path, beginning: bytes):
    (tmp_path / "file.bin.part").write_bytes(beginning)
    assert fetch(entry(server), tmp_path, accept, QUICK).read_bytes() == CONTENT


def test_connections_that_end_early_are_resumed(server: Server, tmp_path: Path):
    server.stops_after = 2**20
    assert fetch(entry(server), tmp_path, accept, QUICK).read_bytes() == CONTENT
    assert server.ranges == [None, f"bytes={2**20}-", f"bytes={2**21}-"]


def test_connections_that_bring_nothing_are_given_up(server: Server, tmp_path: Path):
    server.stops_after = 10
    message = refused(lambda: fetch(entry(server), tmp_path, accept, QUICK))
    assert len(server.ranges) == QUICK.failures
    for part in ("file.bin", "`cips weights inception`", "goes on", server.url, str(tmp_path)):
        assert part in message
    assert files(tmp_path) == ["file.bin.part"]  # for the next time
    server.stops_after = None
    assert fetch(entry(server), tmp_path, accept, QUICK).read_bytes() == CONTENT
    assert server.ranges[-1] == f"bytes={10 * QUICK.failures}-"


@pytest.mark.parametrize("after", [0, 5000])
def test_a_hanging_server_is_given_up(server: Server, tmp_path: Path, after: int):
    server.hangs_after = after
    start = time.monotonic()
    message = refused(lambda: fetch(entry(server), tmp_path, accept, QUICK))
    assert time.monotonic() - start < 10
    assert "no answer in time" in message
    assert "`cips weights inception`" in message


def test_a_trickle_is_given_up(server: Server, tmp_path: Path):
    """Each byte comes in time, so that no time-out of a single read ever helps."""
    server.bytes_a_second = 1000
    start = time.monotonic()
    message = refused(lambda: fetch(entry(server), tmp_path, accept, QUICK))
    assert time.monotonic() - start < 10
    assert "bytes a second" in message


def test_a_body_without_an_end_is_given_up(server: Server, tmp_path: Path):
    """The table says how long the file is; where it does not, there is a limit all the same."""
    server.endless = True
    message = refused(lambda: fetch(entry(server), tmp_path, accept, QUICK))
    assert f"has {len(CONTENT) + 1:,} bytes, not {len(CONTENT):,}" in message
    assert files(tmp_path) == []
    short = replace(QUICK, most=2 * len(CONTENT))
    unknown = entry(server, size=None, sha256=None)
    message = refused(lambda: fetch(unknown, tmp_path, accept, short))
    assert f"more than {2 * len(CONTENT):,} bytes came, and no end" in message
    assert len(server.ranges) == 2  # it was not asked again
    assert (tmp_path / "file.bin.part").stat().st_size < 4 * len(CONTENT)


def test_a_trickle_that_is_just_fast_enough_ends_in_time(server: Server, tmp_path: Path):
    """No window is slow enough to be given up; all of them together are."""
    server.bytes_a_second = 2 * QUICK.slowest
    start = time.monotonic()
    message = refused(lambda: fetch(entry(server), tmp_path, accept, replace(QUICK, overall=1.5)))
    assert 1.5 < time.monotonic() - start < 5
    assert "was not whole after 1.5 seconds" in message
    assert "it goes on where it stopped" in message
    assert 0 < (tmp_path / "file.bin.part").stat().st_size < len(CONTENT)


def test_a_slow_server_is_waited_for(server: Server, tmp_path: Path):
    server.bytes_a_second = 1.5 * 2**20
    start = time.monotonic()
    assert fetch(entry(server), tmp_path, accept, QUICK).read_bytes() == CONTENT
    assert time.monotonic() - start > 2 * QUICK.window


def test_no_network_says_what_to_do(server: Server, tmp_path: Path):
    server.close()
    message = refused(lambda: fetch(entry(server), tmp_path, accept, QUICK))
    for part in ("no connection", "file.bin", str(tmp_path), "by hand", "`cips weights inception`"):
        assert part in message


@pytest.mark.parametrize(("status", "asked"), [(404, 1), (403, 1), (503, 3), (429, 3)])
def test_a_refusal_is_repeated_only_where_that_can_help(server, tmp_path, status: int, asked: int):
    server.status = status
    message = refused(lambda: fetch(entry(server), tmp_path, accept, QUICK))
    assert f"status {status}" in message
    assert len(server.ranges) == asked


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sha256": "0" * 64}, "has SHA-256"),
        ({"size": 5}, "not 5"),
        ({"size": len(CONTENT) + 1, "sha256": None}, "has 3,145,728 bytes"),
    ],
)
def test_another_file_is_not_kept(server: Server, tmp_path: Path, changes: dict, said: str):
    message = refused(lambda: fetch(entry(server, **changes), tmp_path, accept, QUICK))
    assert said in message
    assert "by hand" in message
    assert files(tmp_path) == []


def test_only_one_process_fetches(server: Server, tmp_path: Path):
    with locked(tmp_path / "file.bin.part"):
        message = refused(lambda: fetch(entry(server), tmp_path, accept, QUICK))
    assert "another process is fetching" in message


def test_a_folder_that_cannot_be_written_is_named(server: Server, tmp_path: Path):
    (tmp_path / "file").write_text("not a folder")
    message = refused(lambda: fetch(entry(server), tmp_path / "file", accept, QUICK))
    assert f"cannot write {tmp_path / 'file'}" in message


def test_a_missing_file_says_file_folder_command_and_address(server: Server, tmp_path: Path):
    message = refused(lambda: locate(entry(server), tmp_path))
    for part in (str(tmp_path / "file.bin"), "`cips weights inception`", server.url, "by hand"):
        assert part in message


@pytest.mark.parametrize("content", [CONTENT[:-1], b"\0" + CONTENT[1:]])
def test_a_wrong_file_put_there_by_hand_is_refused(server, tmp_path: Path, content: bytes):
    (tmp_path / "file.bin").write_bytes(content)
    for action in (
        lambda: locate(entry(server), tmp_path),
        lambda: fetch(entry(server), tmp_path, accept, QUICK),
    ):
        message = refused(action)
        assert str(tmp_path / "file.bin") in message
        assert "remove it" in message
    assert (tmp_path / "file.bin").read_bytes() == content  # it is the user's


def test_the_table_is_sound():
    for name, weights in TABLE.items():
        assert weights.name == name
        assert weights.url.startswith("https://")
        assert weights.url.endswith(f"/{weights.file}")
        assert weights.sha256 is None or len(bytes.fromhex(weights.sha256)) == 32
    assert {e.weights for e in EXTRACTORS.values()} == {None, *TABLE}
    begin = TABLE["inception-fidelity"].file.rpartition("-")[2].removesuffix(".pth")
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
    assert path == tmp_path / TABLE[name].file
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
    assert files(tmp_path) == []


def test_another_network_is_refused(server, monkeypatch, tmp_path: Path):
    path = tmp_path / "made"
    torch.save({"weight": torch.zeros(3)}, path)
    serve(server, monkeypatch, "inception-fidelity", path.read_bytes(), known=False)
    message = refused(lambda: fetch_weights("inception-fidelity", tmp_path / "weights"))
    assert "makes no network" in message
    assert "\n" not in message


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
