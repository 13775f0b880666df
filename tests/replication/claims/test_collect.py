"""Claims by what stages wrote: doctored files flip verdicts; what is absent is not run."""

import json

import pytest
from conftest import make_study, measurement

from cipslib.metrics.measurement import measurements_to_json
from cipslib.utils.files import write_json
from replication.claims.claim import all_claims
from replication.claims.criterion import (
    CONTRADICTED,
    INCONCLUSIVE,
    NOT_RUN,
    REPRODUCED,
)
from replication.claims.evidence import evidence_lines
from replication.claims.judge import write_claims
from replication.claims.results import collect
from replication.profile.profile import Profile
from replication.profile.results import NUMBERS, write_not_run

CLAIMS = all_claims()


@pytest.fixture
def runs(tmp_path, tiny_params) -> Profile:
    """Runs of which nothing is measured yet; one is left out, others are not of this profile."""
    run = tiny_params["runs"]["faces-cips"]
    for name in ("ablation-base", "churches-cips", "landscapes-panorama"):
        tiny_params["runs"][name] = run
    tiny_params["runs"]["faces-stylegan2"] = {"dataset": "faces", "model": "stylegan2"}
    tiny_params["left_out"] = {"landscapes-cips": "no time; too slow here"}
    return make_study(tmp_path, tiny_params)


def verdict_of(content: dict, code: str) -> str:
    return next(claim["verdict"] for claim in content["claims"] if claim["code"] == code)


def write_metrics(profile: Profile, run: str, value: float) -> None:
    numbers = {"frechet": {"generated": measurement(value, 0.1)}}
    write_json(profile.paths.metrics(run), {"run": run, **measurements_to_json(numbers)})


def test_distances_on_disk_decide_and_are_written_with_the_verdict(runs: Profile):
    write_metrics(runs, "faces-stylegan2", 3.0)
    for value, verdict in ((5.0, REPRODUCED), (1.0, CONTRADICTED), (3.05, INCONCLUSIVE)):
        write_metrics(runs, "faces-cips", value)
        content = write_claims(runs)
        assert verdict_of(content, "faces-against-stylegan2") == verdict
        assert json.loads(runs.paths.claims.read_text()) == content
        assert sum(content["tally"].values()) == len(CLAIMS)


def mean_image(p: float) -> dict:
    return {"encodings": {"embedding": {"spatial_structure": 0.1, "mean_image": {"p": p}}}}


@pytest.mark.parametrize(
    ("code", "run", "file", "closer", "content", "verdict"),
    [
        ("average-face", "ablation-base", "spectra", None, mean_image(0.01), REPRODUCED),
        ("average-face", "ablation-base", "spectra", None, mean_image(0.2), INCONCLUSIVE),
        ("average-face", "ablation-base", "spectra", None, mean_image(0.9), CONTRADICTED),
        ("no-copies", "faces-cips", "neighbours", 0.3, {"p": 1.0}, REPRODUCED),
        ("no-copies", "faces-cips", "neighbours", 0.9, {"p": 1e-9}, CONTRADICTED),
        ("no-copies", "faces-cips", "neighbours", 0.58, {"p": 0.2}, INCONCLUSIVE),
        ("no-copies", "faces-cips", "neighbours", 0.3, {"untested": "none held out"}, NOT_RUN),
    ],
)
def test_numbers_without_an_interval_decide_too(
    runs: Profile, code: str, run: str, file: str, closer: float, content: dict, verdict: str
):
    if closer is not None:
        content = {"memorisation": content}
        content |= measurements_to_json({"closer": {"generated": measurement(closer, 0.05)}})
    write_json(runs.paths.run(run) / file / NUMBERS, measurements_to_json({}) | content)
    assert verdict_of(write_claims(runs), code) == verdict


def test_left_out_absent_and_removed_runs_are_not_run(runs: Profile):
    missing = {"run": "landscapes-cips", "left_out": "x"}
    write_json(runs.paths.metrics("landscapes-cips"), missing)
    write_not_run(runs.paths.analysis("landscapes-cips", "spectra"), runs, "landscapes-cips")
    write_metrics(runs, "satellite-buildings-cips", 3.0)  # of a run that was removed: not read
    results = collect(runs)
    assert results.numbers == {}
    judged = {claim.code: claim.judge(results) for claim in CLAIMS}
    assert {verdict.verdict for verdict in judged.values()} == {NOT_RUN}
    lines = {code: evidence_lines(verdict.to_json()) for code, verdict in judged.items()}
    assert lines["landscapes-fid"] == ["landscapes-cips was left out: no time; too slow here"]
    assert "landscapes-cips was left out: no time; too slow here" in lines["aligned-data"]
    assert lines["average-face"] == ["ablation-base has no spectra: its stage was not run"]
    assert lines["satellite-buildings-fid"] == ["profile demo has no run satellite-buildings-cips"]
    assert lines["faces-fid"] == ["faces-cips has no metrics: its stage was not run"]
    assert lines["chunks"] == ["there is no checks.json: its stage was not run"]


def test_an_encoding_without_spatial_structure_has_no_number(runs: Profile):
    encodings = {"embedding": {"spatial_structure": 0.4}, "fourier": {"spatial_structure": None}}
    content = {**measurements_to_json({}), "encodings": encodings}
    write_json(runs.paths.analysis("faces-cips", "spectra") / NUMBERS, content)
    found = {str(key): n.estimate.value for key, n in collect(runs).numbers.items()}
    assert found == {
        "faces-cips: large-scale structure, as a share of the variance (coordinate embeddings)": 0.4
    }
