"""A claim of the paper, and its verdict."""

from dataclasses import asdict, dataclass
from typing import Any

from replication.claims.criterion import Criterion, Outcome, combine
from replication.claims.results import Results

# What a profile's size can decide of a claim.
SCOPES = {
    "any size": "Any size decides: it holds of the architecture, and was tried on an untrained "
    "network of the paper's own size.",
    "comparison": "Decides which of two recipes is ahead at this size and length, where neither "
    "network is undertrained. With more pixels, data or time the order may be another.",
    "lengths": "Decides whether this recipe, at this size, improved between these lengths; both "
    "networks may be undertrained.",
    "trained": "Decides of the generators trained here; the paper's are larger and were trained "
    "for longer.",
    "own size": "Only the paper's own data, 256 px and 50,000 images can decide; a smaller profile "
    "is inconclusive, however near its numbers come.",
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
    def by_construction(self) -> bool:
        """No training could refute it."""
        return self.scope == "any size"


@dataclass(frozen=True)
class Claim:
    """A statement that numbers can decide, and the criteria by which they do."""

    code: str
    statement: Statement
    criteria: tuple[Criterion, ...]

    def judge(self, results: Results) -> "Verdict":
        return Verdict(self, tuple(criterion.judge(results) for criterion in self.criteria))


@dataclass(frozen=True)
class Verdict:
    """What the results say of a claim."""

    claim: Claim
    outcomes: tuple[Outcome, ...]

    @property
    def verdict(self) -> str:
        return combine([outcome.verdict for outcome in self.outcomes])

    @property
    def numbers_alone(self) -> str:
        """The verdict if it did not matter whether generators are undertrained."""
        return combine([outcome.numbers_alone or outcome.verdict for outcome in self.outcomes])

    def to_json(self) -> dict[str, Any]:
        said = self.claim.statement
        short = {run: why for each in self.outcomes for run, why in each.undertrained.items()}
        return {
            "code": self.claim.code,
            "verdict": self.verdict,
            "numbers_alone": self.numbers_alone,
            "by_construction": said.by_construction,
            "undertrained": short,
            **asdict(said),
            "items": list(said.items),
            "scope": f"{SCOPES[said.scope]} {self._intervals()}".strip(),
            "outcomes": [outcome.to_json() for outcome in self.outcomes],
        }

    def _intervals(self) -> str:
        """Say over what the intervals are: not over trainings, unless there were several."""
        numbers = [number for outcome in self.outcomes for number in outcome.numbers.values()]
        counts = {len(number.per_seed) for number in numbers}
        if self.claim.statement.by_construction or not counts:
            return ""
        if counts == {0}:
            return "Intervals are over images of one training each."
        if len(counts) == 1:
            return f"Intervals are over {counts.pop()} trainings each."
        return "Intervals are over several trainings where a number says so, else over images."
