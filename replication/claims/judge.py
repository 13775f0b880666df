"""`cips claims`: every claim of the paper, judged by what this profile's stages wrote."""

from pathlib import Path
from typing import Any

from cipslib.utils.files import write_json
from replication.claims.claim import Verdict, all_claims
from replication.claims.compare import compare_claims
from replication.claims.evidence import evidence_lines, place, tally
from replication.claims.results import collect
from replication.claims.undertrained import undertrained
from replication.profile.profile import Profile


def judge_claims(profile: Profile, notebook: str | None = None) -> list[Verdict]:
    """Judge every claim, or those that a notebook shows, by what the profile's stages wrote.

    Raises UserError if a result is torn.
    """
    results = collect(profile)
    return [
        claim.judge(results)
        for claim in all_claims()
        if notebook in (None, claim.statement.notebook)
    ]


def write_claims(profile: Profile) -> dict[str, Any]:
    """Judge every claim and write claims.json. Raises UserError if a result is torn."""
    results = collect(profile)
    claims = [claim.judge(results).to_json() for claim in all_claims()]
    content = {
        "profile": profile.name,
        "tally": tally(claims),
        "undertrained": {run: undertrained(results.metrics(run)) for run in profile.runs},
        "claims": claims,
    }
    write_json(profile.paths.claims, content)
    return content


def claims_text(profile: Profile, compare: Path | None = None) -> str:
    """Write claims.json, and return its claims, with their evidence, for a terminal.

    With another claims.json to compare: the claims on which the two differ. Raises UserError.
    """
    content = write_claims(profile)
    if compare is not None:
        return compare_claims(content, compare)
    lines = []
    for claim in content["claims"]:
        lines.append(f"{claim['verdict']}: {claim['says']} ({place(claim)}; {claim['code']})")
        lines += [f"    {line}" for line in evidence_lines(claim)]
    counts = ", ".join(f"{count} {verdict}" for verdict, count in content["tally"].items())
    return "\n".join((*lines, f"profile {content['profile']}: {counts}"))
