"""Claims: every rule flips with the numbers, and what is not there is said to be not run."""

import json
from itertools import product

import pytest
from conftest import REPOSITORY, make_study

from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement, Protocol, measurements_to_json
from cipslib.utils.files import write_json
from replication.claims import all_claims
from replication.claims.claim import Claim
from replication.claims.collect import collect
from replication.claims.evidence import Evidence, Key
from replication.claims.judge import claims_text, write_claims
from replication.claims.labels import KINDS, MEASURES, label
from replication.claims.rules import (
    FirstComparable,
    at_least,
    at_most,
    between,
    more,
    not_by_chance,
    not_copies,
)
from replication.claims.table import evidence_lines
from replication.claims.trained import DATASETS
from replication.claims.verdicts import CONTRADICTED, INCONCLUSIVE, NOT_RUN, REPRODUCED, VERDICTS
from replication.profile.paper import paper_numbers
from replication.profile.results import NUMBERS, write_not_run, write_results

PAPER = paper_numbers(REPOSITORY / "results/paper.yaml")
CLAIMS = all_claims(PAPER)
BY_CODE = {claim.code: claim for claim in CLAIMS}
# Values that lie on all sides of every limit, and how wide the intervals around them are.
VALUES = (-1.0, 0.0, 0.01, 0.2, 0.5, 1.0, 3.0, 10.2, 30.0, 43.8, 45.9, 100.0)
WIDTHS = (0.0, 0.001, 0.3, 1000.0)
FID = {"resolution": 256, "measure": "FID"}
RUNS_OF_TABLE_5 = ("cips", "patch128", "patch64")  # of each data set


def number(value: float, width: float = 0.0, name: str = "m", **entries) -> Measurement:
    how = Protocol(name, entries or {"resolution": 32})
    return Measurement(Estimate(value, value - width, value + width), how)


def keys(claim: Claim) -> list[Key]:
    return [*dict.fromkeys(key for part in claim.parts for key in part.keys)]


def verdicts_of_a_part(part) -> set[str]:
    """Of all doctored results; the runs are of the paper's own size and data, so that they count.

    Numbers that the paper prints are among the values.
    """
    printed = [row["cips"] for row in PAPER["table-1"]["rows"].values()]
    cards = {f"{stem}-cips": card for stem, card in DATASETS.values()}
    found = set()
    for width, *values in product(WIDTHS, *len(part.keys) * [(*VALUES, *printed)]):
        numbers = {
            key: number(value, width, "FID-50k (x)", **FID)
            for key, value in zip(part.keys, values, strict=True)
        }
        found.add(part.find(Evidence(numbers, cards=cards)).verdict)
    return found


PARTS = {
    f"{claim.code}-{i}-{j}": part
    for claim in CLAIMS
    for i, found in enumerate(claim.parts)
    for j, part in enumerate(found.parts if isinstance(found, FirstComparable) else (found,))
}


@pytest.mark.parametrize("name", PARTS)
def test_doctored_results_flip_every_rule(name: str):
    assert verdicts_of_a_part(PARTS[name]) == {REPRODUCED, CONTRADICTED, INCONCLUSIVE}


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.code)
def test_a_claim_is_quoted_shortly_has_a_rule_a_figure_or_section_and_a_scale(claim: Claim):
    assert 3 <= len(claim.quotation.split()) <= 15
    assert claim.parts
    assert claim.section
    assert claim.scale
    assert claim.notebook[:2].isdigit()
    for item in claim.items:
        assert item.split()[0] in ("Tab.", "Fig.")


def test_each_number_of_the_evidence_has_words_for_a_reader():
    keys = {key for part in PARTS.values() for key in part.keys if not key.says}
    assert {key.measure for key in keys} == {*MEASURES} - {"frechet"}
    assert not any("_" in str(key) for key in keys)
    assert {key.kind for key in keys} >= {*KINDS}
    assert label("precision", "generated") == "precision"
    assert label("precision", "real") == "precision (real pictures)"


def test_codes_are_unique_and_all_that_the_design_names_is_there():
    assert len(BY_CODE) == len(CLAIMS) >= 20
    items = {item for claim in CLAIMS for item in claim.items}
    assert items >= {f"Tab. {n}" for n in range(1, 6)}
    assert items >= {f"Fig. {n}" for n in (4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 18, 19)}


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.code)
def test_without_results_nothing_is_decided(claim: Claim):
    judged = claim.judge(Evidence({}, profile="small"))
    assert judged.verdict == NOT_RUN
    assert evidence_lines(judged.to_json())


def test_one_missing_part_is_not_run_and_one_false_part_contradicts():
    claim = BY_CODE["embeddings-matter-most"]
    ne, *others = keys(claim)
    numbers = {ne: number(9.0, 0.1), **{other: number(5.0, 0.1) for other in others}}
    assert claim.judge(Evidence(numbers)).verdict == REPRODUCED
    del numbers[others[0]]
    assert claim.judge(Evidence(numbers)).verdict == NOT_RUN
    numbers[others[1]] = number(20.0, 0.1)
    assert claim.judge(Evidence(numbers)).verdict == CONTRADICTED
    numbers |= {others[0]: number(5.0, 0.1), others[1]: number(9.0, 0.1)}
    assert claim.judge(Evidence(numbers)).verdict == INCONCLUSIVE


def test_two_protocols_are_inconclusive_and_it_is_said():
    first, second = Key("a/metrics", "frechet"), Key("b/metrics", "frechet")
    numbers = {first: number(9.0, 0.1, images=10), second: number(1.0, 0.1, images=20)}
    found = more(first, second).find(Evidence(numbers))
    assert (found.verdict, found.remark) == (INCONCLUSIVE, "two protocols, which differ in: images")
    numbers = {
        first: number(9.0, interpolation="bilinear"),
        second: number(1.0, interpolation="none"),
    }
    assert more(first, second).find(Evidence(numbers)).verdict == REPRODUCED  # by their nature


def test_runs_of_different_lengths_do_not_compare_unless_that_is_the_question():
    first, second = Key("a/metrics", "m"), Key("b/metrics", "m")
    numbers = {first: number(2.0, 0.1), second: number(1.0, 0.1)}
    equal, unequal = (Evidence(numbers, lengths={"a": 8000, "b": b}) for b in (8000, 48000))
    assert more(first, second).find(equal).verdict == REPRODUCED
    found = more(first, second).find(unequal)
    assert found.verdict == INCONCLUSIVE and "8,000 and 48,000" in found.remark
    assert more(first, second, any_length=True).find(unequal).verdict == REPRODUCED


def drawing(run: str, faces: float) -> dict[Key, Measurement]:
    """How often faces are found in the pictures of a run, and in real ones."""
    where = f"{run}/metrics"
    return {
        Key(where, "faces"): number(faces, 0.01),
        Key(where, "faces", "real"): number(0.98, 0.01),
    }


@pytest.mark.parametrize(("first", "second"), [(0.04, 0.9), (0.9, 0.04), (0.04, 0.04)])
def test_two_networks_compare_where_both_have_learnt_to_draw(first: float, second: float):
    a, b = Key("a/metrics", "frechet"), Key("b/metrics", "frechet")
    numbers = {a: number(9.0, 0.1), b: number(5.0, 0.1)}
    both = Evidence({**numbers, **drawing("a", 0.9), **drawing("b", 0.9)})
    assert more(a, b).find(both).verdict == REPRODUCED
    not_both = Evidence({**numbers, **drawing("a", first), **drawing("b", second)})
    for part, alone in ((more(a, b), REPRODUCED), (more(b, a), CONTRADICTED)):
        found = part.find(not_both)
        assert (found.verdict, found.numbers_alone) == (INCONCLUSIVE, alone)
        assert found.difference is not None
        assert f"the numbers alone: {alone}" in found.remark
        short = {run for run, share in (("a", first), ("b", second)) if share < 0.1}
        assert set(found.not_learnt) == short
        assert "faces found 4.0 %" in "".join(found.not_learnt.values())


def test_of_one_network_or_of_two_lengths_it_is_a_remark():
    one, real = Key("a/spectra", "m"), Key("a/spectra", "m", "real")
    longer = Key("b/spectra", "m")
    numbers = {one: number(9.0), real: number(1.0), longer: number(5.0)}
    evidence = Evidence({**numbers, **drawing("a", 0.04), **drawing("b", 0.9)})
    for part in (more(one, real), more(one, longer, any_length=True), at_least(one, 2.0)):
        found = part.find(evidence)
        assert (found.verdict, found.numbers_alone) == (REPRODUCED, "")
        assert found.remark == "not learnt to draw: a"


def test_a_claim_says_what_its_numbers_alone_would():
    claim = BY_CODE["skips-help"]
    base, main, residual = keys(claim)
    numbers = {base: number(5.0, 0.1), main: number(3.0, 0.1), residual: number(9.0, 0.1)}

    def judged(faces: float) -> dict:
        each = drawing(residual.run, faces) | drawing(main.run, 0.9)
        return claim.judge(Evidence({**numbers, **each})).to_json()

    drawn, not_drawn = judged(0.9), judged(0.02)
    assert (drawn["verdict"], drawn["not_learnt"]) == (CONTRADICTED, {})
    assert not_drawn["verdict"] == INCONCLUSIVE
    assert drawn["numbers_alone"] == not_drawn["numbers_alone"] == CONTRADICTED
    assert set(not_drawn["not_learnt"]) == {residual.run}


def test_of_runs_that_ask_the_same_those_trained_as_long_decide():
    keys = long, short, other = [Key(f"{run}/spectra", "m") for run in ("long", "short", "other")]
    part = FirstComparable((more(long, other), more(short, other)))
    numbers = dict(zip(keys, (number(9.0), number(1.0), number(5.0)), strict=True))

    def verdict(of_long: int, of_short: int, without: Key | None = None) -> str:
        lengths = {"long": of_long, "short": of_short, "other": 8000}
        there = {key: value for key, value in numbers.items() if key != without}
        return part.find(Evidence(there, lengths=lengths)).verdict

    assert verdict(48000, 8000) == CONTRADICTED  # the short one decides
    assert verdict(8000, 8000) == REPRODUCED
    assert verdict(8000, 8000, without=long) == CONTRADICTED
    assert verdict(48000, 16000) == INCONCLUSIVE
    assert verdict(48000, 8000, without=short) == INCONCLUSIVE
    assert verdict(48000, 8000, without=other) == NOT_RUN


def test_no_evidence_is_no_evidence_of_the_contrary():
    key = Key("r/spectra", "p")
    for chance, verdict in ((0.05, REPRODUCED), (0.2, INCONCLUSIVE), (0.5, CONTRADICTED)):
        assert not_by_chance(key).find(Evidence({key: number(chance)})).verdict == verdict


def test_patches_are_judged_size_by_size_among_runs_of_one_length():
    claim = BY_CODE["faces-patches"]
    whole, half, quarter = (Key(f"faces-{of}/metrics", "frechet") for of in RUNS_OF_TABLE_5)

    def judge(images: int, *values: float):
        pairs = zip((whole, half, quarter), values, strict=True)
        lengths = {half.run: 8000, quarter.run: 8000, whole.run: images}
        return claim.judge(Evidence({k: number(v, 0.1) for k, v in pairs}, lengths=lengths))

    assert judge(8000, 1.0, 2.0, 3.0).verdict == REPRODUCED
    assert judge(8000, 1.0, 3.0, 2.0).verdict == CONTRADICTED
    longer = judge(48000, 1.0, 2.0, 3.0)  # and no shorter twin of it
    assert longer.verdict == INCONCLUSIVE
    assert [found.verdict for found in longer.findings] == [INCONCLUSIVE, REPRODUCED]
    assert "trained on different numbers of images" in longer.findings[0].remark


def test_a_twin_that_was_trained_as_long_decides_in_the_place_of_a_longer_run():
    claim = BY_CODE["faces-against-stylegan2"]
    cips, stylegan2, twin = (
        Key(f"{run}/metrics", "frechet")
        for run in ("faces-cips", "faces-stylegan2", "ablation-main")
    )
    numbers = {cips: number(1.0, 0.1), stylegan2: number(2.0, 0.1), twin: number(3.0, 0.1)}

    def verdict(of_cips: int) -> str:
        lengths = {cips.run: of_cips, stylegan2.run: 6400, twin.run: 6400}
        return claim.judge(Evidence(numbers, lengths=lengths)).verdict

    assert (verdict(6400), verdict(44800)) == (CONTRADICTED, REPRODUCED)


def test_a_miniature_reproduces_no_fid():
    claim = BY_CODE["churches-fid"]
    (key,) = keys(claim)
    run, own = key.run, "lsun-churches"
    right = number(2.92, 0.05, "FID-50k (Inception)", **FID)
    assert claim.judge(Evidence({key: right}, cards={run: own})).verdict == REPRODUCED
    other = number(3.50, 0.05, "FID-50k (Inception)", **FID)
    assert claim.judge(Evidence({key: other}, cards={run: own})).verdict == CONTRADICTED
    for card, small in (
        ("stand-in-churches", right),
        (own, number(2.92, 0.05, "FID-50k (Inception)", resolution=32)),
        (own, number(2.92, 0.05, "FID-2k (Inception)", **FID)),
        (own, number(2.92, 0.05, "Fréchet distance, random features", **FID)),
    ):
        judged = claim.judge(Evidence({key: small}, cards={run: card}))
        assert judged.verdict == INCONCLUSIVE
        assert "not the paper's scale" in judged.findings[0].remark


def test_limits_belong_to_what_is_allowed():
    key = Key("checks", "m", "k")

    def verdict(part, *around: float) -> str:
        value = sum(around) / len(around)
        one = Measurement(Estimate(value, min(around), max(around)), Protocol("m", {}))
        return part.find(Evidence({key: one})).verdict

    assert verdict(at_most(key, 0.0), 0.0) == REPRODUCED  # a derivative that is 0 exactly
    assert verdict(at_most(key, 0.0), 1e-9) == CONTRADICTED
    assert verdict(at_least(key, 0.0), 0.0) == INCONCLUSIVE
    assert verdict(between(key, 1, 2), 1.0, 2.0) == REPRODUCED
    assert verdict(between(key, 1, 2), 0.5, 1.5) == INCONCLUSIVE
    assert verdict(between(key, 1, 2), 2.5, 3.5) == CONTRADICTED


def test_copies_are_told_by_the_test_and_the_interval():
    closer, p = Key("r/neighbours", "closer"), Key("r/neighbours", "copies_p")

    def verdict(high: float, chance: float) -> str:
        numbers = {closer: number(high - 0.1, 0.1), p: number(chance)}
        return not_copies(closer, p, 0.6).find(Evidence(numbers)).verdict

    assert verdict(0.55, 0.4) == REPRODUCED
    assert verdict(0.70, 0.4) == INCONCLUSIVE
    assert verdict(0.55, 0.01) == CONTRADICTED


# --- what stages wrote


def write_metrics(profile, run: str, value: float) -> None:
    content = {"run": run, **measurements_to_json({"frechet": {"generated": number(value, 0.1)}})}
    write_json(profile.paths.metrics(run), content)


@pytest.fixture
def three_runs(tmp_path, tiny_params):
    run = tiny_params["runs"]["faces-cips"]
    tiny_params["runs"]["faces-stylegan2"] = {"dataset": "faces", "model": "stylegan2"}
    tiny_params["runs"]["ablation-base"] = run
    tiny_params["left_out"] = {"churches-cips": "no time; too slow here"}
    profile = make_study(tmp_path, tiny_params)
    profile.paths.paper.parent.mkdir(exist_ok=True)
    profile.paths.paper.write_text((REPOSITORY / "results/paper.yaml").read_text())
    return profile


def verdict_of(content: dict, code: str) -> str:
    return next(claim["verdict"] for claim in content["claims"] if claim["code"] == code)


def test_results_on_disk_decide_and_a_doctored_one_flips_the_verdict(three_runs):
    write_metrics(three_runs, "faces-stylegan2", 3.0)
    for value, verdict in ((5.0, REPRODUCED), (1.0, CONTRADICTED), (3.05, INCONCLUSIVE)):
        write_metrics(three_runs, "faces-cips", value)
        content = write_claims(three_runs)
        assert verdict_of(content, "faces-against-stylegan2") == verdict
        assert json.loads(three_runs.paths.claims.read_text()) == content
        assert sum(content["tally"].values()) == len(CLAIMS)


@pytest.mark.parametrize(
    ("chance", "verdict"), [(0.01, REPRODUCED), (0.2, INCONCLUSIVE), (0.9, CONTRADICTED)]
)
def test_a_doctored_spectrum_flips_the_verdict(three_runs, chance: float, verdict: str):
    embedding = {"spatial_structure": 0.1, "mean_image": {"p": chance}}
    content = {**measurements_to_json({}), "encodings": {"embedding": embedding}}
    write_results(three_runs.paths.spectra("ablation-base"), content, {})
    assert verdict_of(write_claims(three_runs), "average-face") == verdict


def test_a_doctored_share_of_artifacts_flips_the_verdict(three_runs):
    path = three_runs.paths.artifacts("faces-cips") / NUMBERS
    for generated, verdict in ((0.2, REPRODUCED), (0.01, CONTRADICTED), (0.1, INCONCLUSIVE)):
        shares = {"generated": number(generated, 0.02), "real": number(0.09, 0.02)}
        write_json(path, measurements_to_json({"periodic_texture": shares}))
        assert verdict_of(write_claims(three_runs), "artifacts") == verdict


@pytest.mark.parametrize(
    ("code", "run", "file", "doctored"),
    [
        ("gaze", "faces-cips", "resampling",
         {"gaze error ratio": dict.fromkeys(("5 %", "25 %", "50 %"), (0.5, 2.0))}),
        ("dense-grid-sharpness", "faces-cips", "resampling",
         {"high_frequency_energy": {"dense grid": (0.3, 0.1), "Lanczos": (0.2, 0.2)}}),
        ("panorama-blend", "landscapes-panorama", "panorama",
         {"half_way_contrast": {"blend": (0.9, 0.4), "cross-fade": (0.6, 0.6)},
          "part_edge": {"pasted": (4.0, 4.0), "blend": (1.0, 1.0)}}),
        ("artifacts-churches", "churches-cips", "artifacts",
         {"periodic_texture": {"generated": (0.2, 0.01), "real": (0.09, 0.09)}}),
        ("glowing-blobs", "faces-cips", "artifacts",
         {"glowing_blobs": {"generated": (0.2, 0.01), "real": (0.09, 0.09)}}),
    ],
)  # fmt: skip
def test_what_stages_write_decides_claims_on_what_can_be_done(
    three_runs, code: str, run: str, file: str, doctored: dict
):
    for case, verdict in enumerate((REPRODUCED, CONTRADICTED)):
        numbers = {
            measure: {kind: number(values[case], 0.01) for kind, values in kinds.items()}
            for measure, kinds in doctored.items()
        }
        found = {
            Key(f"{run}/{file}", measure, kind): one
            for measure, kinds in numbers.items()
            for kind, one in kinds.items()
        }
        assert BY_CODE[code].judge(Evidence(found)).verdict == verdict
        if run in three_runs.runs:
            write_json(three_runs.paths.run(run) / file / NUMBERS, measurements_to_json(numbers))
            assert verdict_of(write_claims(three_runs), code) == verdict


def test_doctored_distances_to_the_training_set_flip_the_verdict(three_runs):
    path = three_runs.paths.neighbours("faces-cips") / NUMBERS
    cases = ((0.3, 1.0, REPRODUCED), (0.9, 1e-9, CONTRADICTED), (0.58, 0.2, INCONCLUSIVE))
    for closer, p, verdict in cases:
        numbers = measurements_to_json({"closer": {"generated": number(closer, 0.05)}})
        write_json(path, {**numbers, "memorisation": {"p": p}})
        assert verdict_of(write_claims(three_runs), "no-copies") == verdict
    write_json(path, {**numbers, "memorisation": {"untested": "no held-out pictures"}})
    assert verdict_of(write_claims(three_runs), "no-copies") == NOT_RUN


def test_left_out_absent_and_removed_runs_are_not_run(three_runs):
    write_json(three_runs.paths.metrics("churches-cips"), {"run": "churches-cips", "left_out": "x"})
    write_not_run(three_runs.paths.spectra("churches-cips"), three_runs, "churches-cips")
    write_metrics(three_runs, "landscapes-cips", 3.0)  # of a run that was removed: not read
    evidence = collect(three_runs)
    assert not any(key.run == "landscapes-cips" for key in evidence.numbers)
    lines = {
        claim.code: evidence_lines(claim.judge(evidence).to_json())
        for claim in CLAIMS
        if claim.judge(evidence).verdict == NOT_RUN
    }
    assert lines["churches-fid"] == ["churches-cips was left out: no time; too slow here"]
    assert "churches-cips was left out: no time; too slow here" in lines["aligned-data"]
    assert lines["average-face"] == ["ablation-base has no spectra: its stage was not run"]
    assert lines["landscapes-fid"] == ["profile demo has no run landscapes-cips"]
    assert lines["faces-fid"] == ["faces-cips has no metrics: its stage was not run"]
    assert lines["chunks"] == ["there is no checks.json: cips checks was not run"]
    assert len(lines) == len(CLAIMS)


def test_numbers_without_an_interval_are_evidence_too(three_runs):
    content = {
        **measurements_to_json({"spectral_roughness": {"generated": number(2.0)}}),
        "encodings": {
            "embedding": {"spatial_structure": 0.4, "mean_image": {"p": 0.01}},
            "fourier": {"spatial_structure": None},
        },
    }
    write_results(three_runs.paths.spectra("faces-cips"), content, {})
    neighbours = {**measurements_to_json({}), "memorisation": {"p": 0.3}}
    write_json(three_runs.paths.neighbours("faces-cips") / NUMBERS, neighbours)
    found = {str(key): n.estimate.value for key, n in collect(three_runs).numbers.items()}
    assert found == {
        "faces-cips: roughness of the mean spectrum": 2.0,
        f"faces-cips: {MEASURES['mean_image_p']} (coordinate embeddings)": 0.01,
        f"faces-cips: {MEASURES['spatial_structure']} (coordinate embeddings)": 0.4,
        "faces-cips: p of the test for copies": 0.3,
    }


def test_the_command_prints_a_table_or_json(three_runs):
    text = claims_text(three_runs, as_json=False)
    assert "profile demo: 0 reproduced" in text
    assert all(code.split("-")[0] in text for code in BY_CODE)
    assert set(json.loads(claims_text(three_runs, as_json=True))["tally"]) == set(VERDICTS)
