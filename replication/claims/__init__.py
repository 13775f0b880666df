"""All claims of the paper, in the order in which they are shown."""

from collections.abc import Mapping
from typing import Any

from replication.claims.ablations import ABLATIONS
from replication.claims.artifacts import ARTIFACTS
from replication.claims.claim import Claim
from replication.claims.encodings import ENCODINGS
from replication.claims.exact import exact_claims
from replication.claims.quality import PATCHES, quality_claims
from replication.claims.spectra import SPECTRA
from replication.claims.synthesis import SYNTHESIS


def all_claims(paper: Mapping[str, Any]) -> tuple[Claim, ...]:
    """Return the claims. ``paper``: results/paper.yaml."""
    return (
        *exact_claims(paper),
        *quality_claims(paper),
        *ABLATIONS,
        *ENCODINGS,
        *SPECTRA,
        *SYNTHESIS,
        *ARTIFACTS,
        *PATCHES,
    )
