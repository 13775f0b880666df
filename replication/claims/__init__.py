"""All claims of the paper, in the order in which they are shown."""

from collections.abc import Mapping
from typing import Any

from replication.claims.claim import Claim
from replication.claims.exact import exact_claims
from replication.claims.trained import trained_claims


def all_claims(paper: Mapping[str, Any]) -> tuple[Claim, ...]:
    """``paper``: results/paper.yaml."""
    return (*exact_claims(paper), *trained_claims(paper))
