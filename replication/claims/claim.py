"""A claim of the paper, and its judgement."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from replication.claims.evidence import Evidence
from replication.claims.rules import Finding, FirstComparable, Part
from replication.claims.verdicts import together

# What a profile's size can decide of a claim.
ANY_SIZE = (
    "Any size decides: it holds of the architecture, and was tried on an untrained network of the "
    "paper's own size."
)
COMPARISON = (
    "Decides which of two recipes is ahead at this size and length, where both have learnt to "
    "draw. With more pixels, data or time the order may be another."
)
LENGTHS = (
    "Decides whether this recipe, at this size, improved between these lengths; neither network "
    "need have learnt to draw."
)
TRAINED = (
    "Decides of the generators trained here; the paper's are larger and were trained for longer."
)
OWN_SIZE = (
    "Only the paper's own data, 256 px and 50,000 pictures can decide; a smaller profile is "
    "inconclusive, however near its numbers come."
)

OF_TRAINED = (COMPARISON, LENGTHS, TRAINED, OWN_SIZE)  # of numbers of trained generators


@dataclass(frozen=True)
class Claim:
    """A sentence that numbers can decide."""

    code: str
    says: str  # in this project's words
    quotation: str  # from the paper, at most 15 words
    section: str
    items: tuple[str, ...]  # tables and figures, such as "Fig. 7"
    notebook: str  # where it is shown: a page of the report, if it exists
    scale: str
    parts: tuple[Part | FirstComparable, ...]

    @property
    def by_construction(self) -> bool:
        """Whether it tests the implementation alone: no training could refute it."""
        return self.scale == ANY_SIZE

    def judge(self, evidence: Evidence) -> "Judgement":
        findings = tuple(part.find(evidence) for part in self.parts)
        return Judgement(self, together([found.verdict for found in findings]), findings)


@dataclass(frozen=True)
class Judgement:
    """A verdict and what it rests on."""

    claim: Claim
    verdict: str
    findings: tuple[Finding, ...]

    @property
    def numbers_alone(self) -> str:
        """The verdict if it did not matter whether the generators have learnt to draw."""
        return together([found.numbers_alone or found.verdict for found in self.findings])

    def to_json(self) -> dict[str, Any]:
        claim = self.claim
        short = {run: why for found in self.findings for run, why in found.not_learnt.items()}
        return {
            "code": claim.code,
            "verdict": self.verdict,
            "numbers_alone": self.numbers_alone,
            "by_construction": claim.by_construction,
            "not_learnt": short,
            "says": claim.says,
            "quotation": claim.quotation,
            "section": claim.section,
            "items": list(claim.items),
            "notebook": claim.notebook,
            "scale": " ".join((claim.scale, *_over_what(self))),
            "findings": [found.to_json() for found in self.findings],
        }


def _over_what(judged: Judgement) -> Iterator[str]:
    """What the intervals say nothing of: another training, unless there were several."""
    if judged.claim.scale not in OF_TRAINED:
        return
    numbers = [number for found in judged.findings for number in found.numbers.values()]
    counts = {len(number.trainings) for number in numbers}
    if counts == {0}:
        yield "Intervals are over pictures of one training each."
    elif len(counts) == 1:
        yield f"Intervals are over {counts.pop()} trainings each."
    elif counts:
        yield "Intervals are over several trainings where a number says so, else over pictures."
