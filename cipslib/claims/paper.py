"""All claims of the paper, in the order in which they are shown."""

from collections.abc import Mapping
from typing import Any

from cipslib.claims.claim import Claim
from cipslib.claims.exact import exact_claims
from cipslib.claims.trained import trained_claims


def all_claims(paper: Mapping[str, Any]) -> tuple[Claim, ...]:
    """``paper``: results/paper.yaml."""
    return (*exact_claims(paper), *trained_claims(paper))
