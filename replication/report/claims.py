"""The report's verdicts: lines on the front page, and a page of all claims."""

from collections.abc import Mapping, Sequence
from typing import Any

from replication.claims.criterion import DECIDED, VERDICTS
from replication.claims.evidence import Judged, evidence_lines, numbers_line, place, section
from replication.claims.rules import MOST_TRAININGS
from replication.claims.undertrained import undertrained_text
from replication.report.template import fill
from replication.tables.tables import escape_markdown, markdown_table

Content = Mapping[str, Any]  # of claims.json
HEADS = ("Held", "Did not hold", "Undecided", "Out of reach here", "Not run")  # of VERDICTS


def verdicts_section(content: Content) -> str:
    """Return the first lines: what held, what did not, what is open, what holds untrained, too."""
    claims = content["claims"]
    learned = [claim for claim in claims if not claim["by_construction"]]
    lines = [
        _line(verdict, head, [claim for claim in learned if claim["verdict"] == verdict])
        for verdict, head in zip(VERDICTS, HEADS, strict=True)
    ]
    exact = [claim for claim in claims if claim["by_construction"]]
    head = "Holds, but of networks that were never trained, too"
    lines.append(_line("construction", head, exact))
    notes = []
    short = [run for run, why in content["undertrained"].items() if why]
    if short:
        names = ", ".join(f"`{run}`" for run in short)
        notes.append(f"Undertrained, so that claims on them are undecided: {names}.")
    outcomes = [outcome for claim in learned for outcome in claim["outcomes"]]
    numbers = [number for outcome in outcomes for number in outcome["numbers"].values()]
    if numbers and not any("per_seed" in number for number in numbers):
        notes.append(
            "Each network is trained once. An interval covers other images of the same network, "
            "not another training, which may differ by more: comparisons of two networks are "
            "undecided."
        )
    return "\n".join((*filter(None, lines), "", " ".join(notes)))


def _line(kind: str, head: str, claims: Sequence[Judged]) -> str:
    """Return a line with a mark of its own colour; nothing if there is no such claim."""
    text = "says" if kind in DECIDED else "code"  # of the others there are many
    names = " · ".join(f"[{claim[text]}](#{anchor(claim)})" for claim in claims)
    mark = f'<span class="cips-mark cips-{kind.replace(" ", "-")}"></span>'
    return f"- {mark}**{head}** ({len(claims)}): {names}" if claims else ""


def _table(claims: Sequence[Judged]) -> str:
    rows = [
        (
            f"[{claim['says']}](#{anchor(claim)})",
            f"**{claim['verdict']}**",
            "<br>".join(escape_markdown(line) for line in evidence_lines(claim)),
            f"{place(claim)}: []({claim['notebook']})",
        )
        for claim in claims
    ]
    return markdown_table(("Claim", "Verdict", "Evidence", "Paper, and here"), rows)


def claims_page(content: Content) -> str:
    """Return the page of all claims: quotation, rule, verdict, evidence, scope."""
    return fill(
        "claims.md",
        most_trainings=MOST_TRAININGS,
        undertrained=undertrained_text(content["undertrained"]),
        table=_table(content["claims"]),
        claims="\n".join(map(_claim, content["claims"])),
    )


def _claim(claim: Judged) -> str:
    rules = "\n".join(
        f"- {escape_markdown(outcome['rule'])}: *{outcome['verdict']}*<br>"
        f"{escape_markdown(numbers_line(outcome))}"
        for outcome in claim["outcomes"]
    )
    shown = ", ".join((section(claim), *claim["items"]))
    return fill("claim.md", anchor=anchor(claim), claim=claim, shown=shown, rules=rules)


def anchor(claim: Judged) -> str:
    """Return the label of a claim's section."""
    return f"claim-{claim['code']}"
