"""Claims: every rule flips with the numbers, and what is not there is said to be not run."""

from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from conftest import REPOSITORY, measurement

from cipslib.metrics.intervals import Estimate
from cipslib.metrics.measurement import Measurement, Protocol
from cipslib.utils.errors import UserError
from cipslib.utils.yaml_file import read_yaml
from replication.claims.claim import CLAIMS as CLAIMS_FILE
from replication.claims.claim import Claim, all_claims
from replication.claims.criterion import (
    CONTRADICTED,
    INCONCLUSIVE,
    NOT_RUN,
    OUT_OF_REACH,
    REPRODUCED,
    Criterion,
)
from replication.claims.evidence import evidence_lines
from replication.claims.results import Key, Results
from replication.claims.rules import above, at_most, between, more, more_as_printed, not_by_chance
from replication.profile.results import CHUNK_MEMORY

PAPER = read_yaml(REPOSITORY / "results/paper.yaml")
CLAIMS = all_claims()
BY_CODE = {claim.code: claim for claim in CLAIMS}
CRITERIA = {
    f"{claim.code}-{i}": criterion for claim in CLAIMS for i, criterion in enumerate(claim.criteria)
}
# Data set of the paper -> the stem of its runs, and its card.
DATASETS = {
    "FFHQ": ("faces", "ffhq"),
    "LSUN Churches": ("churches", "lsun-churches"),
    "Landscapes": ("landscapes", "landscapes"),
    "Satellite-Buildings": ("satellite-buildings", "satellite-buildings"),
    "Satellite-Landscapes": ("satellite-landscapes", "satellite-landscapes"),
}
# Values that lie on all sides of every limit, and how wide the intervals around them are.
VALUES = (-1.0, 0.0, 0.01, 0.2, 0.5, 1.0, 3.0, 10.2, 30.0, 43.8, 45.9, 100.0)
WIDTHS = (0.0, 0.3, 1000.0)
FID = {"resolution": 256, "measure": "FID"}


def keys(claim: Claim) -> list[Key]:
    return [*dict.fromkeys(key for criterion in claim.criteria for key in criterion.keys)]


def trained(value: float, width: float = 0.1, *name: str, **entries: Any) -> Measurement:
    """A number of three trainings that agree."""
    return replace(measurement(value, width, *name, **entries), per_seed=(value, value, value))


def distances(**values: float) -> dict[Key, Measurement]:
    return {Key(f"{run}/metrics", "frechet"): trained(value) for run, value in values.items()}


def detections(run: str, share: float) -> dict[Key, Measurement]:
    """How often faces are found in the images of a run, and in real ones."""
    shares = {"generated": share, "real": 0.98}
    return {
        Key(f"{run}/metrics", "faces", kind): measurement(s, 0.01) for kind, s in shares.items()
    }


@pytest.mark.parametrize("name", CRITERIA)
def test_doctored_results_flip_every_rule(name: str):
    """The runs are of the paper's own size and data, and its numbers among the values."""
    criterion = CRITERIA[name]
    printed = [row["cips"] for row in PAPER["table-1"]["rows"].values()]
    cards = {f"{stem}-cips": card for stem, card in DATASETS.values()}
    found = set()
    for width, *values in product(WIDTHS, *len(criterion.keys) * [(*VALUES, *printed)]):
        pairs = zip(criterion.keys, values, strict=True)
        numbers = {key: trained(value, width, "FID-50k (x)", **FID) for key, value in pairs}
        found.add(criterion.judge(Results(numbers, cards=cards)).verdict)
    assert found == {REPRODUCED, CONTRADICTED, INCONCLUSIVE}


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.code)
def test_a_claim_is_complete_and_without_results_not_run(claim: Claim):
    said = claim.statement
    assert 3 <= len(said.quotation.split()) <= 15
    assert claim.criteria and said.section
    assert (REPOSITORY / "notebooks" / f"{said.notebook}.ipynb").is_file()
    assert all(item.split()[0] in ("Tab.", "Fig.") for item in said.items)
    assert all("_" not in str(key) for key in keys(claim))
    verdict = claim.judge(Results({}, profile="small"))
    assert verdict.verdict == NOT_RUN
    assert evidence_lines(verdict.to_json())


def test_all_that_the_design_names_is_there():
    assert len(CLAIMS) >= 20
    items = {item for claim in CLAIMS for item in claim.statement.items}
    assert items >= {f"Tab. {n}" for n in range(1, 6)}
    assert items >= {f"Fig. {n}" for n in (4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 18, 19)}


@pytest.mark.parametrize("dataset", DATASETS)
def test_claims_on_table_1_say_and_ask_for_what_it_prints(dataset: str):
    stem, card = DATASETS[dataset]
    row = PAPER["table-1"]["rows"][dataset]
    best, other = sorted(row, key=row.__getitem__)
    ahead = BY_CODE[f"{stem}-against-stylegan2"]
    named = {"cips": "CIPS", "stylegan2": "StyleGAN2"}[best]
    assert ahead.statement.says == f"On {dataset} {named} has the smaller distance to real images."
    assert [key.run for key in keys(ahead)] == [f"{stem}-{other}", f"{stem}-{best}"]
    fid = BY_CODE[f"{stem}-fid"].statement.says
    assert fid == f"The FID of CIPS on {dataset} is the {row['cips']} of Tab. 1."
    rules = read_yaml(CLAIMS_FILE)[f"{stem}-fid"]["rules"]
    assert rules == [{"equals paper": [f"{stem}-cips/metrics/frechet", row["cips"], card]}]


def test_comparisons_of_printed_numbers_are_asked_with_what_the_paper_prints():
    tables = {n: PAPER[f"table-{n}"]["rows"] for n in (1, 2, 3, 5)}
    names = {"stylegan2": "StyleGANv2", "cips": "CIPS"}
    variants = {"ne": "no embeddings", "nofourier": "no Fourier"}

    def printed(name: str) -> float:
        run, _, measure = name.split("/")
        stem, recipe = run.rsplit("-", 1)
        if measure != "frechet":
            return tables[2][names[recipe]][measure]
        if stem == "ablation":
            return tables[3][variants.get(recipe, recipe)]
        dataset = next(each for each, (runs, _) in DATASETS.items() if runs == stem)
        if recipe.startswith("patch"):
            return tables[5][dataset][int(recipe.removeprefix("patch"))]
        return tables[1][dataset][recipe]

    rules = [rule for claim in read_yaml(CLAIMS_FILE).values() for rule in claim["rules"]]
    asked = [rule["more as printed"] for rule in rules if "more as printed" in rule]
    assert len(asked) == 22
    for first, second, *numbers in asked:
        assert numbers == [printed(first), printed(second)] and numbers[0] > numbers[1]


def spread(mean: float, apart: float) -> Measurement:
    """Three trainings, and Student's interval over them."""
    per_seed = (mean - apart, mean, mean + apart)
    width = 4.303 * apart / 3**0.5
    return replace(measurement(mean, width, interval_of="trainings"), per_seed=per_seed)


@pytest.mark.parametrize(
    ("mean", "apart", "printed", "verdict", "trainings"),
    [
        (2.0, 0.02, 2.0, REPRODUCED, ""),
        (1.1, 0.01, 2.0, REPRODUCED, ""),  # the sign is enough
        (1.0, 0.01, 2.0, CONTRADICTED, ""),  # on both sides of 1, but far from half the effect
        (1.0, 0.20, 2.0, INCONCLUSIVE, "about 2 trainings"),  # 15.7 * 0.2**2 / log(2)**2
        (1.0, 0.20, 1.2, INCONCLUSIVE, "about 19 trainings"),
        (1.0, 0.20, 1.1, OUT_OF_REACH, "about 70 trainings"),
        (0.5, 0.01, 1.1, CONTRADICTED, ""),  # decided, however small the paper's effect
    ],
)
def test_less_than_half_of_the_papers_effect_contradicts(
    mean: float, apart: float, printed: float, verdict: str, trainings: str
):
    a, b = distances(a=0, b=0)
    outcome = more_as_printed(a, b, printed, 1.0).judge(
        Results({a: spread(mean, apart), b: spread(1.0, apart)})
    )
    assert outcome.verdict == verdict and outcome.needed.startswith(trainings)
    assert outcome.to_json()["ratio"]["value"] == pytest.approx(mean)


def test_numbers_of_parameters_are_asked_for_to_the_decimal_that_table_4_prints():
    rules = [rule["between"] for rule in read_yaml(CLAIMS_FILE)["parameters"]["rules"]]
    limits = {name.split("/")[-1]: (low, high) for name, low, high in rules}
    for name, printed in PAPER["table-4"]["rows"].items():
        assert limits.pop(name) == pytest.approx((printed - 0.05, printed + 0.05))
    assert not limits


def test_chunks_stay_within_the_memory_that_they_are_drawn_in():
    (limit,) = (
        rule["at most"][1]
        for rule in read_yaml(CLAIMS_FILE)["chunks"]["rules"]
        if "checks/chunks/memory_in_chunks" in rule.get("at most", ())
    )
    assert limit == CHUNK_MEMORY


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("\n  scope: trained", "\n  scpe: trained", "scpe is not .*; did you mean scope"),
        ("\n  scope: trained", "\n  scope: always", "scope is 'always', must be one of"),
        ("\n  scope: trained", "", "scope is missing"),
        ("items: [Tab. 4]", "items: Tab. 4", "parameters.items is 'Tab. 4', must be a list"),
        ("- not copies:", "- no copies:", "no-copies: no such rule: no copies"),
        ("\nno-copies:", "\ntail:", "is not YAML: .*duplicate key"),
    ],
)
def test_a_malformed_statement_is_refused(tmp_path: Path, old: str, new: str, error: str):
    text = CLAIMS_FILE.read_text()
    assert old in text
    path = tmp_path / "claims.yaml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(UserError, match=error):
        all_claims(path)


def test_one_missing_number_is_not_run_and_one_false_criterion_contradicts():
    claim = BY_CODE["embeddings-matter-most"]
    ne, first, second, *others = keys(claim)
    rest = {ne: trained(9.0), **{other: trained(5.0) for other in others}}
    for one, other, verdict in (
        (5.0, 5.0, REPRODUCED),
        (None, 5.0, NOT_RUN),
        (None, 20.0, CONTRADICTED),
        (5.0, 9.0, INCONCLUSIVE),
    ):
        widths = {5.0: 0.1, 9.0: 5.0, 20.0: 0.1}
        values = {first: one, second: other}
        given = {key: trained(v, widths[v]) for key, v in values.items() if v is not None}
        assert claim.judge(Results(rest | given)).verdict == verdict


def test_two_protocols_are_inconclusive_unless_models_differ_so_by_nature():
    first, second = Key("a/metrics", "frechet"), Key("b/metrics", "frechet")
    numbers = {first: trained(9.0, images=10), second: trained(1.0, images=20)}
    outcome = more(first, second).judge(Results(numbers))
    assert outcome.verdict == INCONCLUSIVE
    assert outcome.remark == "two protocols, which differ in: images"
    numbers = {first: trained(9.0, noise=True), second: trained(1.0, noise=False)}
    assert more(first, second).judge(Results(numbers)).verdict == REPRODUCED


def test_runs_of_different_lengths_do_not_compare():
    numbers = distances(a=2.0, b=1.0)
    equal, unequal = (Results(numbers, lengths={"a": 8000, "b": b}) for b in (8000, 48000))
    assert more(*numbers).judge(equal).verdict == REPRODUCED
    outcome = more(*numbers).judge(unequal)
    assert outcome.verdict == INCONCLUSIVE and "8,000 and 48,000" in outcome.remark


@pytest.mark.parametrize(("first", "second"), [(0.04, 0.9), (0.9, 0.04), (0.04, 0.04)])
def test_an_undertrained_network_decides_nothing(first: float, second: float):
    numbers = distances(a=9.0, b=5.0)
    a, b = numbers
    both = Results({**numbers, **detections("a", 0.9), **detections("b", 0.9)})
    assert more(a, b).judge(both).verdict == REPRODUCED
    not_both = Results({**numbers, **detections("a", first), **detections("b", second)})
    for criterion, alone in ((more(a, b), REPRODUCED), (more(b, a), CONTRADICTED)):
        outcome = criterion.judge(not_both)
        assert outcome.verdict == INCONCLUSIVE and outcome.difference is not None
        assert outcome.remark == f"the numbers alone: {alone}"
        names = {run for run, share in (("a", first), ("b", second)) if share < 0.1}
        said = outcome.needed.removeprefix("a longer training: undertrained are ")
        assert {*said.split(", ")} == names
    alone = above(a, 2.0).judge(not_both)
    assert (alone.verdict == INCONCLUSIVE) == (first < 0.1)


def test_two_networks_of_one_training_each_decide_nothing_but_one_alone_does():
    a, b = distances(a=9.0, b=5.0)
    real = replace(a, kind="real")
    results = Results({a: measurement(9.0, 0.1), b: trained(5.0), real: measurement(5.0, 0.1)})
    outcome = more(a, b).judge(results)
    assert outcome.verdict == INCONCLUSIVE
    assert outcome.needed == "several trainings of each run: another seed may say otherwise"
    assert more(a, real).judge(results).verdict == REPRODUCED


def test_what_one_training_of_several_decides_is_not_decided():
    """The mean is above the limit with its interval; without the last training it is below."""
    key = Key("a/spectra", "m")
    steady = replace(measurement(6.0, 0.5), per_seed=(5.9, 6.0, 6.1))
    assert above(key, 5.0).judge(Results({key: steady})).verdict == REPRODUCED
    carried = replace(measurement(6.0, 0.5), per_seed=(*[5.0] * 11, 17.0))
    outcome = above(key, 5.0).judge(Results({key: carried}))
    assert outcome.verdict == INCONCLUSIVE
    assert outcome.needed == "more trainings: without number 12 of each it is not decided"


def test_what_an_untrained_network_fulfils_holds_by_construction():
    claim = BY_CODE["interpolation"]
    (key,) = keys(claim)
    trained_one = {key: measurement(0.5, 0.01)}
    for untrained, by_construction in ((0.52, True), (0.9, False)):
        verdict = claim.judge(Results(trained_one, {key: measurement(untrained, 0.01)}))
        assert verdict.verdict == REPRODUCED
        assert verdict.by_construction == by_construction
        (line,) = evidence_lines(verdict.to_json())
        assert line.endswith(f", untrained {untrained}")
    worse = claim.judge(Results({key: measurement(0.9)}, {key: measurement(0.52)}))
    assert worse.verdict == CONTRADICTED and not worse.by_construction


OWN = "lsun-churches"
NAME = "FID-50k (Inception)"


@pytest.mark.parametrize(
    ("value", "card", "name", "resolution", "verdict"),
    [
        (2.92, OWN, NAME, 256, REPRODUCED),
        (3.50, OWN, NAME, 256, CONTRADICTED),
        (2.92, "synthetic-churches", NAME, 256, OUT_OF_REACH),
        (2.92, OWN, NAME, 32, OUT_OF_REACH),
        (2.92, OWN, "FID-2k (Inception)", 256, OUT_OF_REACH),
        (2.92, OWN, "Fréchet distance, random features", 256, OUT_OF_REACH),
    ],
)
def test_a_miniature_reproduces_no_fid(
    value: float, card: str, name: str, resolution: int, verdict: str
):
    claim = BY_CODE["churches-fid"]
    (key,) = keys(claim)
    numbers = {key: measurement(value, 0.05, name, resolution=resolution)}
    judged = claim.judge(Results(numbers, cards={key.run: card}))
    assert judged.verdict == verdict
    assert ("50,000" in judged.outcomes[0].needed) == (verdict == OUT_OF_REACH)


KEY = Key("checks", "m", "k")


@pytest.mark.parametrize(
    ("criterion", "low", "high", "verdict"),
    [
        (at_most(KEY, 0.0), 0.0, 0.0, REPRODUCED),  # a derivative that is 0 exactly
        (at_most(KEY, 0.0), 1e-9, 1e-9, CONTRADICTED),
        (above(KEY, 0.0), 0.0, 0.0, INCONCLUSIVE),
        (between(KEY, 1, 2), 1.0, 2.0, REPRODUCED),
        (between(KEY, 1, 2), 0.5, 1.5, INCONCLUSIVE),
        (between(KEY, 1, 2), 2.5, 3.5, CONTRADICTED),
        (not_by_chance(KEY), 0.05, 0.05, REPRODUCED),
        (not_by_chance(KEY), 0.2, 0.2, INCONCLUSIVE),  # no evidence is not the contrary
        (not_by_chance(KEY), 0.5, 0.5, CONTRADICTED),
    ],
)
def test_limits_belong_to_what_is_allowed(
    criterion: Criterion, low: float, high: float, verdict: str
):
    one = Measurement(Estimate((low + high) / 2, low, high), Protocol("m", {}))
    assert criterion.judge(Results({KEY: one})).verdict == verdict
