"""Runs that the authors trained: from their file to numbers and notebooks, and what is refused."""

from pathlib import Path

import pytest
import torch
from conftest import make_study, measurement, refused, with_pipeline
from networks import to_release

from cipslib.networks.files import load_generator
from cipslib.networks.models import AnyGenerator, build_generator
from cipslib.utils.files import read_json
from cipslib.utils.hashing import sha256_of_file
from replication.claims.criterion import INCONCLUSIVE
from replication.claims.results import Key, Results, collect
from replication.claims.rules import more
from replication.doctor import examine
from replication.estimate import estimate_text
from replication.profile.preflight import check_evaluation
from replication.profile.profile import Profile
from replication.released.import_run import import_run
from replication.tables.summaries import images_text, origin_text, time_text
from replication.training.launch import launch

RUN, FILE = "faces-cips", "data/raw/released/authors.pt"
RELEASED = {"fourier_bias": True, "noise": True}


@pytest.fixture
def released(tmp_path: Path, tiny_params: dict) -> Profile:
    """A profile that trains nothing, evaluated as the release does; and a file for its one run."""
    tiny_params["runs"] = {}
    tiny_params["imported"] = {RUN: {"dataset": "faces", "model": "cips", "file": FILE}}
    tiny_params["cips"] |= RELEASED
    tiny_params["evaluation"] |= {"interpolation": "shifted", "noise": True, "format": "jpeg85"}
    tiny_params["left_out"] = {"faces-stylegan2": "its weights were not published"}
    return make_study(tmp_path, tiny_params)


def put_file(profile: Profile) -> AnyGenerator:
    """Random weights in the structure of the released code."""
    torch.manual_seed(0)
    generator = build_generator(profile.run(RUN).generator)
    path = profile.paths.root / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"g_ema": to_release(generator)}, path)
    return generator


def test_what_is_published_is_the_authors_generator_and_says_so(released: Profile):
    theirs = put_file(released)
    assert import_run(released, RUN) == released.paths.generator(RUN)
    ours = load_generator(released.paths.generator(RUN))
    assert all(torch.equal(v, ours.state_dict()[k]) for k, v in theirs.state_dict().items())
    summary = read_json(released.paths.summary(RUN))
    digest = sha256_of_file(released.paths.root / FILE)
    assert summary["imported"] == {"file": "authors.pt", "sha256": digest}
    assert summary["parameters"]["generator"] == sum(p.numel() for p in theirs.parameters())
    assert not {"seconds", "images_seen", "stopped"} & set(summary)
    assert len(list(released.paths.training(RUN).iterdir())) == 2  # neither log nor grids
    assert images_text(summary) == time_text(summary) == "not known"
    assert origin_text(summary) == f"imported from authors.pt (SHA-256 {digest[:12]}…)"


def test_no_judge_is_needed_where_nothing_is_trained(released: Profile, tiny_params: dict):
    tiny_params["training"]["online_eval"]["extractor"] = "inception-fidelity"
    judged = make_study(released.paths.root, tiny_params)
    check_evaluation(judged, judged.run(RUN))
    tiny_params["runs"] = {"trained": {"dataset": "faces", "model": "cips"}}
    both = with_pipeline(make_study(released.paths.root, tiny_params))
    put_file(both)
    message = r"training.online_eval.extractor is inception-fidelity; there"
    refused(message, lambda: list(examine(both)))


def test_another_network_is_refused(released: Profile, tiny_params: dict):
    put_file(released)
    tiny_params["cips"]["fourier_bias"] = False
    changed = make_study(released.paths.root, tiny_params)
    message = r"lff\.ffm\.conv\.bias is unknown: is it the network of .*yaml"
    refused(message, import_run, changed, RUN)
    assert not changed.paths.training(RUN).exists()


def test_a_missing_file_is_named_and_where_it_is_from(released: Profile):
    refused(r"there is no .*authors\.pt: the README of the authors'", import_run, released, RUN)
    message = r"authors\.pt: the README .* imported.faces-cips.file"
    refused(message, lambda: list(examine(with_pipeline(released))))
    put_file(released)
    assert any(line.endswith(FILE) for line in examine(released))


def test_it_is_not_trained(released: Profile):
    message = "is imported, not trained: cips import-run faces-cips"
    refused(message, launch, released, RUN, fresh=False)
    assert "trains no run: all are imported" in estimate_text(released)


def test_a_run_that_is_trained_is_not_imported(study: Profile):
    refused(r"run faces-cips is not imported: .* trains it", import_run, study, RUN)


def test_a_length_that_nobody_knows_compares_with_none(released: Profile):
    assert collect(released).lengths == {RUN: None}
    a, b = (Key(f"{run}/metrics", "frechet") for run in ("a", "b"))
    results = Results({a: measurement(1.0), b: measurement(2.0)}, lengths={"a": None, "b": 8000})
    found = more(b, a).judge(results)
    assert found.verdict == INCONCLUSIVE
    assert found.remark == "trained on different numbers of images: 8,000 and not known"
