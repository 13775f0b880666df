"""Verdicts, as claims.json has them, in words and tables."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from tabulate import tabulate  # type: ignore[import-untyped]

from replication.claims.criterion import NOT_RUN, VERDICTS
from replication.tables.format_number import format_number

Judged = Mapping[str, Any]  # an entry of claims.json


def tally(claims: Sequence[Judged]) -> dict[str, int]:
    """Return how many claims have each verdict."""
    found = [claim["verdict"] for claim in claims]
    return {verdict: found.count(verdict) for verdict in VERDICTS}


def text_table(content: Mapping[str, Any]) -> str:
    """Return a table for a terminal: claim, verdict, evidence, where the paper says it."""
    rows = [
        (
            textwrap.fill(f"{claim['code']}: {claim['says']}", 44),
            claim["verdict"],
            "\n".join(textwrap.fill(line, 60) for line in evidence_lines(claim)),
            place(claim),
        )
        for claim in content["claims"]
    ]
    header = ("claim", "verdict", "evidence", "paper")
    table = tabulate(rows, headers=header, tablefmt="grid", disable_numparse=True)
    counts = ", ".join(f"{count} {verdict}" for verdict, count in content["tally"].items())
    return f"{table}\n\nprofile {content['profile']}: {counts}"


def place(claim: Judged) -> str:
    """Return the tables and figures of a claim, or its section if it has none."""
    return ", ".join(claim["items"]) or section(claim)


def section(claim: Judged) -> str:
    """Return the section of the paper in which a claim stands."""
    return claim["section"] if "App." in claim["section"] else f"Sec. {claim['section']}"


def evidence_lines(claim: Judged) -> list[str]:
    """Return what decided: numbers with intervals, differences, and why something is missing."""
    if claim["verdict"] == NOT_RUN:
        return _merged([why for each in claim["outcomes"] for why in each.get("missing", ())])
    return [numbers_line(each) for each in claim["outcomes"] if each["verdict"] != NOT_RUN]


def _merged(reasons: Sequence[str]) -> list[str]:
    """Return each reason once, and the runs that a profile does not have in one line."""
    by_start: dict[str, list[str]] = {}
    for reason in dict.fromkeys(reasons):
        start, run, name = reason.partition(" has no run ")
        by_start.setdefault(start + run, []).append(name)
    return [start + ", ".join(names) for start, names in by_start.items()]


def numbers_line(outcome: Mapping[str, Any]) -> str:
    """Return the numbers of one criterion, or why there are none."""
    if "missing" in outcome:
        return "; ".join(_merged(outcome["missing"]))
    line = "; ".join(f"{name}: {_number(number)}" for name, number in outcome["numbers"].items())
    if "difference" in outcome:
        line += f"; difference: {_number(outcome['difference'])}"
    if "remark" in outcome:
        line += f" ({outcome['remark']})"
    return line


def _number(number: Mapping[str, Any]) -> str:
    low, high = number["interval"]
    if "per_seed" in number:
        value, low, high, deviation = format_number(number["value"], low, high, number["deviation"])
        value += f" ± {deviation} ({len(number['per_seed'])} trainings)"
    else:
        value, low, high = format_number(number["value"], low, high)
    return value if low == high else f"{value} [{low}, {high}]"
