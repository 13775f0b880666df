"""The claims of the paper as claims.yaml has them, and their verdicts."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cipslib.utils.dataclass_from_dict import build
from cipslib.utils.errors import UserError
from cipslib.utils.yaml_file import read_yaml
from replication.claims.criterion import REPRODUCED, Criterion, Outcome, combine
from replication.claims.results import Key, Results
from replication.claims.rules import RULES

CLAIMS = Path(__file__).with_name("claims.yaml")
# What a profile's size can decide of a claim.
SCOPES = {
    "any size": "Any size decides: it holds of the architecture, and was tried on an untrained "
    "network of the paper's own size.",
    "comparison": "Decides which of two recipes is ahead at this size and length, where neither "
    "network is undertrained and each was trained from several seeds. With more pixels, data or "
    "time the order may be another.",
    "trained": "Decides of the generators trained here; the paper's are larger and were trained "
    "for longer.",
    "own size": "Only the paper's own data, 256 px and 50,000 images can decide; to a smaller "
    "profile it is out of reach, however near its numbers come.",
}


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What the paper says: an entry of claims.yaml."""

    says: str  # in this project's words
    quotation: str  # from the paper, at most 15 words
    section: str
    items: tuple[str, ...]  # tables and figures, such as "Fig. 7"
    notebook: str  # where it is shown: a page of the report, if it exists
    scope: str  # a key of SCOPES

    def __post_init__(self) -> None:
        if self.scope not in SCOPES:
            raise ValueError(f"scope is {self.scope!r}, must be one of {', '.join(SCOPES)}")

    @property
    def of_any_size(self) -> bool:
        """No training could refute it."""
        return self.scope == "any size"


@dataclass(frozen=True)
class Claim:
    """A statement that numbers can decide, and the criteria by which they do."""

    code: str
    statement: Statement
    criteria: tuple[Criterion, ...]

    def judge(self, results: Results) -> "Verdict":
        return Verdict(
            self,
            tuple(criterion.judge(results) for criterion in self.criteria),
            untrained_passes=all(each.untrained_passes(results) for each in self.criteria),
        )


@dataclass(frozen=True)
class Verdict:
    """What the results say of a claim."""

    claim: Claim
    outcomes: tuple[Outcome, ...]
    untrained_passes: bool  # networks that have not been trained fulfil it, too

    @property
    def verdict(self) -> str:
        return combine([outcome.verdict for outcome in self.outcomes])

    @property
    def by_construction(self) -> bool:
        """It says something of the architecture, and nothing of what was learned."""
        passes = self.untrained_passes and self.verdict == REPRODUCED
        return passes or self.claim.statement.of_any_size

    def to_json(self) -> dict[str, Any]:
        said = self.claim.statement
        return {
            "code": self.claim.code,
            "verdict": self.verdict,
            "by_construction": self.by_construction,
            **asdict(said),
            "items": list(said.items),
            "scope": SCOPES[said.scope],
            "outcomes": [outcome.to_json() for outcome in self.outcomes],
        }


def all_claims(path: Path = CLAIMS) -> tuple[Claim, ...]:
    """Return the claims in the order of a file. Raises UserError if an entry is malformed."""
    try:
        return tuple(_claim(code, entry) for code, entry in read_yaml(path).items())
    except ValueError as error:
        raise UserError(f"{path}: {error}") from error


def _claim(code: str, entry: dict[str, Any]) -> Claim:
    rules = [named for rule in entry.pop("rules", ()) for named in rule.items()]
    if unknown := [name for name, _ in rules if name not in RULES]:
        raise ValueError(f"{code}: no such rule: {', '.join(unknown)}")
    criteria = tuple(_criterion(name, arguments) for name, arguments in rules)
    return Claim(code, build(Statement, entry, code), criteria)


def _criterion(name: str, arguments: Sequence[str | float]) -> Criterion:
    """Return the criterion of a rule; what has slashes among its arguments names a number."""
    return RULES[name](
        *(Key.parse(each) if isinstance(each, str) and "/" in each else each for each in arguments)
    )
