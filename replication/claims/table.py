"""Judged claims, as claims.json has them, in words and tables."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from tabulate import tabulate  # type: ignore[import-untyped]

from replication.claims.verdicts import NOT_RUN, VERDICTS
from replication.tables.format_number import format_number

Judged = Mapping[str, Any]  # an entry of claims.json


def tally(claims: Sequence[Judged]) -> dict[str, int]:
    """How many claims have each verdict."""
    found = [claim["verdict"] for claim in claims]
    return {verdict: found.count(verdict) for verdict in VERDICTS}


def text_table(content: Mapping[str, Any]) -> str:
    """For a terminal: claim, verdict, evidence, where the paper says it."""
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
    counts = ", ".join(f"{count} {verdict}" for verdict, count in content["tally"].items())
    shown = tabulate(rows, headers=header, tablefmt="grid", disable_numparse=True)
    return f"{shown}\n\nprofile {content['profile']}: {counts}"


def place(claim: Judged) -> str:
    """Tables and figures, or the section of a claim that has none."""
    return ", ".join(claim["items"]) or section(claim)


def section(claim: Judged) -> str:
    return claim["section"] if "App." in claim["section"] else f"Sec. {claim['section']}"


def evidence_lines(claim: Judged) -> list[str]:
    """What decided it: numbers with intervals, differences, and why something is not there."""
    if claim["verdict"] == NOT_RUN:
        missing = [reason for found in claim["findings"] for reason in found.get("missing", ())]
        return _merged([*dict.fromkeys(missing)])
    return [numbers_line(found) for found in claim["findings"] if found["verdict"] != NOT_RUN]


def _merged(reasons: list[str]) -> list[str]:
    """The runs that a profile does not have, in one line."""
    by_start: dict[str, list[str]] = {}
    for reason in reasons:
        start, run, name = reason.partition(" has no run ")
        by_start.setdefault(start + run, []).append(name)
    return [start + ", ".join(names) for start, names in by_start.items()]


def numbers_line(found: Mapping[str, Any]) -> str:
    """The numbers of one part of a claim, or why there are none."""
    if "missing" in found:
        return "; ".join(_merged([*dict.fromkeys(found["missing"])]))
    said = [f"{name}: {_number(number)}" for name, number in found["numbers"].items()]
    line = "; ".join(said)
    if "difference" in found:
        line += f"; difference: {_number(found['difference'])}"
    if "remark" in found:
        line += f" ({found['remark']})"
    return line


def _number(number: Mapping[str, Any]) -> str:
    low, high = number["interval"]
    if "trainings" in number:
        value, low, high, deviation = format_number(number["value"], low, high, number["deviation"])
        value += f" ± {deviation} ({len(number['trainings'])} trainings)"
    else:
        value, low, high = format_number(number["value"], low, high)
    return value if low == high else f"{value} [{low}, {high}]"
