"""`cips claims`: every claim of the paper, judged by what this profile's stages wrote."""

from typing import Any

from cipslib.utils.files import write_json
from cipslib.utils.yaml_file import read_yaml
from replication.claims import all_claims
from replication.claims.claim import Verdict
from replication.claims.collect import collect
from replication.claims.table import tally
from replication.profile.profile import Profile


def judge_claims(profile: Profile, notebook: str | None = None) -> list[Verdict]:
    """Judge every claim, or those that a notebook shows, by what the profile's stages wrote.

    Raises UserError if a result is torn.
    """
    results = collect(profile)
    return [
        claim.judge(results)
        for claim in all_claims(read_yaml(profile.paths.paper))
        if notebook in (None, claim.statement.notebook)
    ]


def write_claims(profile: Profile) -> dict[str, Any]:
    """Judge every claim and write claims.json. Raises UserError if a result is torn."""
    verdicts = [verdict.to_json() for verdict in judge_claims(profile)]
    content = {"profile": profile.name, "tally": tally(verdicts), "claims": verdicts}
    write_json(profile.paths.claims, content)
    return content
