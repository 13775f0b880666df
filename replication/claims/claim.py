"""A claim of the paper, and its verdict."""

from dataclasses import dataclass
from typing import Any

from replication.claims.criterion import Criterion, Outcome, combine
from replication.claims.results import Results

# What a profile's size can decide of a claim.
ANY_SIZE = (
    "Any size decides: it holds of the architecture, and was tried on an untrained network of the "
    "paper's own size."
)
COMPARISON = (
    "Decides which of two recipes is ahead at this size and length, where neither network is "
    "undertrained. With more pixels, data or time the order may be another."
)
LENGTHS = (
    "Decides whether this recipe, at this size, improved between these lengths; both networks may "
    "be undertrained."
)
TRAINED = (
    "Decides of the generators trained here; the paper's are larger and were trained for longer."
)
OWN_SIZE = (
    "Only the paper's own data, 256 px and 50,000 images can decide; a smaller profile is "
    "inconclusive, however near its numbers come."
)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A sentence that numbers can decide."""

    code: str
    says: str  # in this project's words
    quotation: str  # from the paper, at most 15 words
    section: str
    items: tuple[str, ...]  # tables and figures, such as "Fig. 7"
    notebook: str  # where it is shown: a page of the report, if it exists
    scope: str
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
        claim = self.claim
        short = {run: why for each in self.outcomes for run, why in each.undertrained.items()}
        return {
            "code": claim.code,
            "verdict": self.verdict,
            "numbers_alone": self.numbers_alone,
            "by_construction": claim.scope == ANY_SIZE,  # no training could refute it
            "undertrained": short,
            "says": claim.says,
            "quotation": claim.quotation,
            "section": claim.section,
            "items": list(claim.items),
            "notebook": claim.notebook,
            "scope": f"{claim.scope} {self._intervals()}".strip(),
            "outcomes": [outcome.to_json() for outcome in self.outcomes],
        }

    def _intervals(self) -> str:
        """Say over what the intervals are: not over trainings, unless there were several."""
        numbers = [number for outcome in self.outcomes for number in outcome.numbers.values()]
        counts = {len(number.per_seed) for number in numbers}
        if self.claim.scope == ANY_SIZE or not counts:
            return ""
        if counts == {0}:
            return "Intervals are over images of one training each."
        if len(counts) == 1:
            return f"Intervals are over {counts.pop()} trainings each."
        return "Intervals are over several trainings where a number says so, else over images."
