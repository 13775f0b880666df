"""Claims by what stages wrote: doctored files flip verdicts; what is absent is not run."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import make_study, measurement, refused

from cipslib.metrics.measurement import measurements_to_json
from cipslib.utils.files import write_json
from replication.claims.claim import all_claims
from replication.claims.criterion import CONTRADICTED, INCONCLUSIVE, NOT_RUN, REPRODUCED
from replication.claims.evidence import evidence_lines
from replication.claims.judge import claims_text, write_claims
from replication.claims.results import Key, Results, collect
from replication.profile.profile import Profile
from replication.profile.results import NUMBERS, write_not_run

CLAIMS = all_claims()
P_MEAN = Key("ablation-base/spectra", "p_of_the_match_with_the_mean_image", "embedding")
CLOSER = Key("faces-cips/neighbours", "closer")
P_COPIES = Key("faces-cips/neighbours", "p_of_copies")


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
    several = replace(measurement(value, 0.1), per_seed=(value, value))
    numbers = {"frechet": {"generated": several, "untrained": measurement(100.0)}}
    write_json(profile.paths.metrics(run), {"run": run, **measurements_to_json(numbers)})


def test_distances_on_disk_decide_and_are_written_with_the_verdict(runs: Profile):
    write_metrics(runs, "faces-stylegan2", 3.0)
    for value, verdict in ((5.0, REPRODUCED), (1.0, CONTRADICTED), (3.1, INCONCLUSIVE)):
        write_metrics(runs, "faces-cips", value)
        content = write_claims(runs)
        assert verdict_of(content, "faces-against-stylegan2") == verdict
        assert json.loads(runs.paths.claims.read_text()) == content
        assert sum(content["tally"].values()) == len(CLAIMS)


def test_numbers_of_untrained_networks_are_collected_apart(runs: Profile):
    write_metrics(runs, "faces-cips", 5.0)
    after, before = (measurements_to_json({"jumps": {"w": measurement(v)}}) for v in (0.5, 0.9))
    path = runs.paths.analysis("faces-cips", "latents") / NUMBERS
    write_json(path, {**after, "untrained": before})
    results = collect(runs)
    for key, trained, untrained in (
        (Key("faces-cips/metrics", "frechet"), 5.0, 100.0),
        (Key("faces-cips/latents", "jumps", "w"), 0.5, 0.9),
    ):
        assert results.number(key).estimate.value == trained
        assert results.untrained[key].estimate.value == untrained


@pytest.mark.parametrize(
    ("code", "numbers", "verdict"),
    [
        ("average-face", {P_MEAN: 0.01}, REPRODUCED),
        ("average-face", {P_MEAN: 0.2}, INCONCLUSIVE),
        ("average-face", {P_MEAN: 0.9}, CONTRADICTED),
        ("no-copies", {CLOSER: 0.3, P_COPIES: 1.0}, REPRODUCED),
        ("no-copies", {CLOSER: 0.9, P_COPIES: 1e-9}, CONTRADICTED),
        ("no-copies", {CLOSER: 0.62, P_COPIES: 0.2}, INCONCLUSIVE),
        ("no-copies", {CLOSER: 0.3}, NOT_RUN),
    ],
)
def test_p_values_decide_too(code: str, numbers: dict[Key, float], verdict: str):
    claim = next(claim for claim in CLAIMS if claim.code == code)
    results = Results({key: measurement(value) for key, value in numbers.items()})
    assert claim.judge(results).verdict == verdict


def test_left_out_absent_and_removed_runs_are_not_run(runs: Profile):
    missing = {"run": "landscapes-cips", "left_out": "x"}
    write_json(runs.paths.metrics("landscapes-cips"), missing)
    write_not_run(runs.paths.analysis("landscapes-cips", "spectra"), "landscapes-cips", "x")
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


def test_verdicts_that_another_machine_came_to_are_shown_with_both_numbers(
    runs: Profile, tmp_path: Path
):
    write_metrics(runs, "faces-stylegan2", 3.0)
    write_metrics(runs, "faces-cips", 1.0)
    other = tmp_path / "other.json"
    write_json(other, write_claims(runs) | {"profile": "elsewhere"})
    assert claims_text(runs, other) == f"0 of {len(CLAIMS)} verdicts differ"
    write_metrics(runs, "faces-cips", 5.0)
    head, *lines, last = claims_text(runs, other).splitlines()
    assert head.startswith("faces-against-stylegan2: ")
    assert lines[0] == "    demo: reproduced" and "5.00" in lines[1]
    assert lines[2] == "    elsewhere: contradicted" and "1.00" in lines[3]
    assert last == f"1 of {len(CLAIMS)} verdicts differ"
    write_json(other, {})
    refused(r"is not a claims\.json", claims_text, runs, other)
