"""The report's verdicts: a table on the front page, and a page with each claim's rule."""

from collections.abc import Mapping, Sequence
from typing import Any

from replication.claims.table import Judged, evidence_lines, numbers_line, place, section, tally
from replication.claims.trained_enough import LEAST, NAMES
from replication.claims.verdicts import NOT_RUN
from replication.tables.markdown import escape_markdown, markdown_table

Content = Mapping[str, Any]  # of claims.json


def verdicts_section(content: Content) -> str:
    """How many claims have each verdict; those that were decided; those that were not run."""
    claims = content["claims"]
    decided = [claim for claim in claims if claim["verdict"] != NOT_RUN]
    others = [claim for claim in claims if claim["verdict"] == NOT_RUN]
    parts = [
        counts_text(claims),
        "A verdict is about what was run here, by a rule over the numbers and their 95 % "
        "intervals; [](claims) has each claim's quotation, its rule, and what this scale can "
        "decide of it.",
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


def counts_text(claims: Sequence[Judged]) -> str:
    """Verdicts counted, those that no training could refute apart; and what intervals leave out."""
    exact = [claim for claim in claims if claim["by_construction"]]
    trained = [claim for claim in claims if not claim["by_construction"]]
    text = (
        f"Of {len(claims)} claims of the paper {len(exact)} follow from how the network is built, "
        f"and test this implementation of it: **{_counts(exact)}**. The other {len(trained)} are "
        f"measured on trained networks: **{_counts(trained)}**."
    )
    held_back = [claim for claim in claims if claim["numbers_alone"] != claim["verdict"]]
    if held_back:
        alone = tally([{"verdict": claim["numbers_alone"]} for claim in held_back])
        said = ", ".join(f"{count} {verdict}" for verdict, count in alone.items() if count)
        text += (
            f" Inconclusive because a network that is compared has not learnt to draw: "
            f"{len(held_back)}; by the numbers alone they would be: {said}."
        )
    return text + _of_one_training(trained)


def _counts(claims: Sequence[Judged]) -> str:
    found = [f"{count} {verdict}" for verdict, count in tally(claims).items() if count]
    return ", ".join(found) or "none"


def _of_one_training(claims: Sequence[Judged]) -> str:
    """What the intervals say nothing of, where no number is of several trainings."""
    numbers = [
        number
        for claim in claims
        for found in claim["findings"]
        for number in found["numbers"].values()
    ]
    if not numbers or any("trainings" in number for number in numbers):
        return ""
    return (
        " Each network is of a single training: an interval covers other pictures of the same "
        "network, not another training, which may differ by more."
    )


def _table(claims: Sequence[Judged]) -> str:
    rows = []
    for claim in claims:
        evidence = "<br>".join(escape_markdown(line) for line in evidence_lines(claim))
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
        "Two networks are compared only where both have learnt to draw: the paper speaks of "
        "trained ones, and of two that draw nothing yet, the one that is ahead says how a "
        f"training begins. A network has not learnt to draw if {NAMES} is below "
        f"{100 * LEAST:g} % of what other real pictures reach, interval against interval. The "
        "comparison is then *inconclusive*, with what its numbers alone would say beside it. "
        "The reverse is not said: one that passes may draw badly, above all where no detector of "
        "faces can be asked. "
        "One that fails for good is not told from one that was not trained for long enough. "
        "Comparisons of lengths of training, and what is said of a single network, are judged all "
        "the same, with a remark.",
        counts_text(content["claims"]),
    ]
    parts += [_claim(claim) for claim in content["claims"]]
    return "\n\n".join(parts) + "\n"


def _claim(claim: Judged) -> str:
    findings = "\n".join(
        f"- {escape_markdown(found['rule'])}: *{found['verdict']}*<br>"
        f"{escape_markdown(numbers_line(found))}"
        for found in claim["findings"]
    )
    shown = ", ".join((section(claim), *claim["items"]))
    return f"""({anchor(claim)})=
## {claim["says"]}

> {claim["quotation"]}

{shown}; shown in []({claim["notebook"]}). Verdict: **{claim["verdict"]}**.

Rule, all of:

{findings}

{_not_learnt(claim)}{claim["scale"]}"""


def _not_learnt(claim: Judged) -> str:
    if not claim["not_learnt"]:
        return ""
    runs = "; ".join(f"`{run}`: {why}" for run, why in claim["not_learnt"].items())
    return f"Not learnt to draw: {runs}.\n\n"


def anchor(claim: Judged) -> str:
    """The label of a claim's section."""
    return f"claim-{claim['code']}"
