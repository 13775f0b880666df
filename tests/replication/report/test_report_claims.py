"""The verdicts as pages of the report."""

import re
from dataclasses import replace

from conftest import measurement

from replication.claims.claim import all_claims
from replication.claims.evidence import tally
from replication.claims.results import Key, Results
from replication.claims.undertrained import undertrained
from replication.report.claims import anchor, claims_page, verdicts_section

CLAIMS = all_claims()


def judged(cips: float, faces: float = 0.9) -> dict:
    """``faces``: the share in which CIPS draws one."""
    numbers = {
        Key(f"{run}/metrics", "frechet"): replace(measurement(of, 0.1), per_seed=(of, of))
        for run, of in (("faces-cips", cips), ("faces-stylegan2", 3.0))
    }
    for kind, value in (("generated", faces), ("real", 0.9)):
        numbers[Key("faces-cips/metrics", "faces", kind)] = measurement(value, name="faces")
    results = Results(numbers, profile="small")
    claims = [claim.judge(results).to_json() for claim in CLAIMS]
    short = {"faces-cips": undertrained(results.metrics("faces-cips"))}
    return {"profile": "small", "tally": tally(claims), "undertrained": short, "claims": claims}


def row(content: dict, code: str) -> str:
    lines = claims_page(content).splitlines()
    return re.sub(" +", " ", next(x for x in lines if f"(#claim-{code})" in x and x[0] == "|"))


def test_the_table_has_the_verdict_its_evidence_and_where_it_is_shown():
    code = "faces-against-stylegan2"
    told = "**reproduced** | faces-cips: distance to real images: 5.00 ± 0 (2 trainings)"
    assert told in row(judged(5.0), code)
    line = row(judged(1.0), code)
    assert "**contradicted**" in line
    assert "ratio: 0.333 \\[0.300,\N{NO-BREAK SPACE}0.370\\]" in line
    assert "Tab. 1: [](03-quality)" in line
    assert "profile small has no run ablation-base" in row(judged(1.0), "tail")


def test_every_claim_is_on_the_front_page_and_in_the_table_and_has_a_section():
    content = judged(3.0)
    front, page = verdicts_section(content), claims_page(content)
    for claim in content["claims"]:
        assert front.count(f"(#{anchor(claim)})") == page.count(f"(#{anchor(claim)})") == 1
        assert page.count(f"({anchor(claim)})=") == 1
        assert claim["quotation"] in page
        assert claim["scope"] in page


def test_the_first_lines_say_what_held_what_did_not_and_what_nobody_can_say_here():
    lines = verdicts_section(judged(5.0)).splitlines()
    mark = '- <span class="cips-mark cips-{}"></span>'.format
    says = "On FFHQ StyleGAN2 has the smaller distance to real images."
    faces = f"[{says}](#claim-faces-against-stylegan2)"
    assert lines[0] == f"{mark('reproduced')}**Held** (1): {faces}"
    fid = "**Out of reach here** (1): [faces-fid](#claim-faces-fid)"
    assert lines[1] == mark("out-of-reach") + fid
    held_not = f"{mark('contradicted')}**Did not hold** (1): {faces}"
    assert verdicts_section(judged(1.0)).startswith(held_not)


def test_undertrained_networks_are_counted_and_named():
    drawn, not_drawn = judged(1.0), judged(1.0, faces=0.05)
    assert "**contradicted**" in row(drawn, "faces-against-stylegan2")
    assert "**inconclusive**" in row(not_drawn, "faces-against-stylegan2")
    assert "the numbers alone: contradicted" in row(not_drawn, "faces-against-stylegan2")
    assert "claims on them are undecided: `faces-cips`." in verdicts_section(not_drawn)
    assert "ndertrained" not in verdicts_section(drawn)
    page = claims_page(not_drawn)
    assert "- `faces-cips`: detection rate 5 % (other real images: 90 %)" in page
