"""The verdicts as pages of the report."""

from conftest import REPOSITORY

from cipslib.claims.evidence import Evidence, Key
from cipslib.claims.paper import all_claims
from cipslib.claims.table import tally
from cipslib.metrics.protocol import Number, Protocol
from cipslib.metrics.uncertainty import Estimate
from cipslib.report_claims import anchor, claims_page, verdicts_section
from cipslib.tables import paper_numbers

CLAIMS = all_claims(paper_numbers(REPOSITORY / "results/paper.yaml"))


def judged(cips: float) -> dict:
    numbers = {
        Key(f"faces-{model}/metrics", "frechet"): Number(
            Estimate(value, value - 0.1, value + 0.1), Protocol("m", {"resolution": 32})
        )
        for model, value in (("cips", cips), ("stylegan2", 3.0))
    }
    claims = [claim.judge(Evidence(numbers, profile="small")).to_json() for claim in CLAIMS]
    return {"profile": "small", "tally": tally(claims), "claims": claims}


def row(content: dict, code: str) -> str:
    return next(
        line for line in verdicts_section(content).splitlines()
        if f"(#claim-{code})" in line
    )  # fmt: skip


def test_the_front_page_has_the_verdict_its_evidence_and_where_it_is_shown():
    code = "faces-against-stylegan2"
    assert "**reproduced** | faces-cips: distance to real pictures: 5.00" in row(judged(5.0), code)
    line = row(judged(1.0), code)
    assert "**contradicted**" in line
    assert "difference: -2.00 \\[-2.14,\N{NO-BREAK SPACE}-1.86\\]" in line
    assert "Tab. 1: [](03-quality)" in line
    assert "profile small has no run ablation-base, ablation-ne" in row(judged(1.0), "tail")


def test_every_claim_is_on_one_of_the_tables_and_has_a_section():
    content = judged(3.0)
    front, page = verdicts_section(content), claims_page(content)
    for claim in content["claims"]:
        assert front.count(f"(#{anchor(claim)})") == 1
        assert page.count(f"({anchor(claim)})=") == 1
        assert claim["quotation"] in page
        assert claim["scale"] in page
    assert "**0 reproduced, 0 contradicted, 2 inconclusive, 37 not run**" in front


def test_every_claim_is_shown_in_a_notebook():
    notebooks = {path.stem for path in (REPOSITORY / "notebooks").glob("[0-9][0-9]-*.ipynb")}
    assert {claim.notebook for claim in CLAIMS} <= notebooks
