"""Claims about recurring artifacts (Fig. 12) and copies of training images (Fig. 18)."""

from functools import partial

from replication.claims.claim import TRAINED, Claim
from replication.claims.criterion import Criterion
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

figure_12 = partial(
    Claim, section="4.9", items=("Fig. 12",), notebook="11-artifacts", scope=TRAINED
)

ARTIFACTS = (
    figure_12(
        code="artifacts",
        says="On faces periodic texture is more frequent in images of CIPS than in real ones.",
        quotation="typical artifacts that keep recurring in the results of CIPS generators",
        criteria=(more_frequent("faces-cips", "periodic_texture"),),
    ),
    figure_12(
        code="artifacts-churches",
        says="On churches periodic texture is more frequent in images of CIPS than in real ones.",
        quotation="the wavy texture (in hair) and repeated lines pattern (in buildings)",
        criteria=(more_frequent("churches-cips", "periodic_texture"),),
    ),
    Claim(
        code="no-copies",
        says="Generated faces are not copies of training images.",
        quotation="clearly not duplicates of the training images",
        section="App. E",
        items=("Fig. 18",),
        notebook="12-nearest-neighbours",
        scope=TRAINED,
        criteria=(not_copies(CLOSER, COPIES_P, MAX_COPIES),),
    ),
)
