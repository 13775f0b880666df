"""`cips claims`: every claim of the paper, judged by what this profile's stages wrote."""

import json
from typing import Any

from cipslib.claims.claim import Judgement
from cipslib.claims.collect import collect
from cipslib.claims.paper import all_claims
from cipslib.claims.table import tally, text_table
from cipslib.config import Profile
from cipslib.paths import write_json
from cipslib.tables import paper_numbers


def judge_all(profile: Profile) -> list[Judgement]:
    """Raises UserError if a result is torn."""
    evidence = collect(profile)
    return [claim.judge(evidence) for claim in all_claims(paper_numbers(profile.paths.paper))]


def claims_text(profile: Profile, as_json: bool) -> str:
    """Write claims.json, and return it, or a table, for the command line."""
    content = write_claims(profile)
    return json.dumps(content, indent=2, ensure_ascii=False) if as_json else text_table(content)


def write_claims(profile: Profile) -> dict[str, Any]:
    judgements = [judged.to_json() for judged in judge_all(profile)]
    content = {"profile": profile.name, "tally": tally(judgements), "claims": judgements}
    write_json(profile.paths.claims, content)
    return content
