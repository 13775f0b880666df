"""Rules of claims about recurring artifacts (Fig. 12) and copies of training images (Fig. 18)."""

from replication.claims.criterion import Criterion, Rules
from replication.claims.results import Key, with_kind
from replication.claims.rules import more, not_copies

MAX_COPIES = 0.6  # probability of being closer to the training set than held-out images: 0.5 alike


def more_frequent(run: str, rule: str) -> Criterion:
    """Ask that a rule finds artifacts in more generated images than real ones."""
    label = f"share with {rule.replace('_', ' ')}"
    generated, real = (
        Key(f"{run}/artifacts", rule, kind, with_kind(label, kind))
        for kind in ("generated", "real")
    )
    return more(generated, real)


CLOSER = Key(
    "faces-cips/neighbours",
    "closer",
    label="probability of being closer to the training set than held-out images",
)
COPIES_P = Key("faces-cips/neighbours", "copies_p", label="p of the test for copies")


ARTIFACTS: Rules = {
    "artifacts": (more_frequent("faces-cips", "periodic_texture"),),
    "artifacts-churches": (more_frequent("churches-cips", "periodic_texture"),),
    "no-copies": (not_copies(CLOSER, COPIES_P, MAX_COPIES),),
}
