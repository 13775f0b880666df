"""The report's verdicts: a table on the front page, and a page with each claim's rule."""

from collections.abc import Mapping, Sequence
from typing import Any

from cipslib.claims.table import Judged, evidence_lines, numbers_line, place, section
from cipslib.claims.verdicts import NOT_RUN
from cipslib.markdown import escaped, markdown_table

Content = Mapping[str, Any]  # of claims.json


def verdicts_section(content: Content) -> str:
    """How many claims have each verdict; those that were decided; those that were not run."""
    claims = content["claims"]
    decided = [claim for claim in claims if claim["verdict"] != NOT_RUN]
    others = [claim for claim in claims if claim["verdict"] == NOT_RUN]
    counts = ", ".join(f"{count} {verdict}" for verdict, count in content["tally"].items())
    parts = [
        f"Of {len(claims)} claims of the paper: **{counts}**. A verdict is about what was run "
        "here, by a rule over the numbers and their 95 % intervals; [](claims) has each claim's "
        "quotation, its rule, and what this scale can decide of it."
    ]
    if decided:
        parts.append(_table(decided))
    if others:
        parts += [
            "<details>",
            f"<summary>{len(others)} claims were not run here, and why</summary>",
            _table(others),
            "</details>",
        ]
    return "\n\n".join(parts)


def _table(claims: Sequence[Judged]) -> str:
    rows = []
    for claim in claims:
        evidence = "<br>".join(escaped(line) for line in evidence_lines(claim))
        cells = (
            f"[{claim['says']}](#{anchor(claim)})",
            f"**{claim['verdict']}**",
            evidence,
            f"{place(claim)}: []({claim['notebook']})",
        )
        rows.append(cells)
    return markdown_table(("Claim", "Verdict", "Evidence", "Paper, and here"), rows)


def claims_page(content: Content) -> str:
    """Every claim: what the paper says, the rule, the verdict, the evidence, the scale."""
    parts = [
        "# Claims",
        "Each sentence of the paper that numbers can decide, and what those of this report say. "
        "*Reproduced* and *contradicted* need the whole 95 % interval, or a number that has none, "
        "on one side; one part of a claim that is contradicted contradicts it; "
        "*inconclusive* is an interval that covers both, or numbers of two protocols, which do "
        "not compare; what is *not run* says why.",
    ]
    parts += [_claim(claim) for claim in content["claims"]]
    return "\n\n".join(parts) + "\n"


def _claim(claim: Judged) -> str:
    findings = "\n".join(
        f"- {escaped(found['rule'])}: *{found['verdict']}*<br>{escaped(numbers_line(found))}"
        for found in claim["findings"]
    )
    shown = ", ".join((section(claim), *claim["items"]))
    return f"""({anchor(claim)})=
## {claim["says"]}

> {claim["quotation"]}

{shown}; shown in []({claim["notebook"]}). Verdict: **{claim["verdict"]}**.

Rule, all of:

{findings}

{claim["scale"]}"""


def anchor(claim: Judged) -> str:
    """The label of a claim's section."""
    return f"claim-{claim['code']}"
