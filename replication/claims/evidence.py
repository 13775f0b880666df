"""What stands behind a verdict, as claims.json has it, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from replication.claims.criterion import NOT_RUN, VERDICTS
from replication.tables.format_number import format_number

Judged = Mapping[str, Any]  # an entry of claims.json


def tally(claims: Sequence[Judged]) -> dict[str, int]:
    """Return how many claims have each verdict."""
    found = [claim["verdict"] for claim in claims]
    return {verdict: found.count(verdict) for verdict in VERDICTS}


def place(claim: Judged) -> str:
    """Return the tables and figures of a claim, or its section if it has none."""
    return ", ".join(claim["items"]) or section(claim)


def section(claim: Judged) -> str:
    """Return the section of the paper in which a claim stands."""
    return claim["section"] if "App." in claim["section"] else f"Sec. {claim['section']}"


def evidence_lines(claim: Judged) -> list[str]:
    """Return what decided: numbers with intervals, differences, and why something is missing."""
    if claim["verdict"] == NOT_RUN:
        reasons = [why for each in claim["outcomes"] for why in each.get("missing", ())]
        return [*dict.fromkeys(reasons)]
    return [numbers_line(each) for each in claim["outcomes"] if each["verdict"] != NOT_RUN]


def numbers_line(outcome: Mapping[str, Any]) -> str:
    """Return the numbers of one criterion, or why there are none."""
    if "missing" in outcome:
        return "; ".join(outcome["missing"])
    line = "; ".join(f"{name}: {_number(number)}" for name, number in outcome["numbers"].items())
    for name in ("difference", "ratio"):
        if name in outcome:
            line += f"; {name}: {_number(outcome[name])}"
    if "remark" in outcome:
        line += f" ({outcome['remark']})"
    if "needed" in outcome:
        line += f"; needed: {outcome['needed']}"
    return line


def _number(number: Mapping[str, Any]) -> str:
    deviation = [number["deviation"]] if "per_seed" in number else []
    value, low, high, *spread = format_number(number["value"], *number["interval"], *deviation)
    if spread:
        value += f" ± {spread[0]} ({len(number['per_seed'])} trainings)"
    text = value if low == high else f"{value} [{low}, {high}]"
    if "untrained" in number:
        text += f", untrained {number['untrained']:.3g}"
    return text
