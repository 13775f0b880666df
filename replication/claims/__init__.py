"""All claims of the paper: their statements from claims.yaml, their rules by subject."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cipslib.utils.dataclass_from_dict import build
from cipslib.utils.errors import UserError
from cipslib.utils.yaml_file import read_yaml
from replication.claims.ablations import ABLATIONS
from replication.claims.artifacts import ARTIFACTS
from replication.claims.claim import Claim, Statement
from replication.claims.encodings import ENCODINGS
from replication.claims.exact import exact_rules
from replication.claims.quality import quality_rules
from replication.claims.spectra import SPECTRA
from replication.claims.synthesis import SYNTHESIS

STATEMENTS = Path(__file__).with_name("claims.yaml")


def all_claims(paper: Mapping[str, Any], statements: Path = STATEMENTS) -> tuple[Claim, ...]:
    """Return the claims in the order of ``statements``. ``paper``: results/paper.yaml.

    Raises UserError if an entry is malformed, or if a code has a statement or a rule alone.
    """
    rules = {
        **exact_rules(paper),
        **quality_rules(paper),
        **ABLATIONS,
        **ENCODINGS,
        **SPECTRA,
        **SYNTHESIS,
        **ARTIFACTS,
    }
    entries = read_yaml(statements)
    if alone := sorted(entries.keys() ^ rules.keys()):
        raise UserError(f"{statements}: without a statement or a rule: {', '.join(alone)}")
    try:
        return tuple(
            Claim(code, build(Statement, entry, code), rules[code])
            for code, entry in entries.items()
        )
    except ValueError as error:
        raise UserError(f"{statements}: {error}") from error
