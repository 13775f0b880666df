"""Claims about ablations and the length of training (Tab. 3)."""

from functools import partial

from replication.claims.claim import COMPARISON, LENGTHS, Claim
from replication.claims.comparisons import distance, worse
from replication.claims.rules import more

table_3 = partial(
    Claim, section="4.3", items=("Tab. 3",), notebook="04-ablations", scope=COMPARISON
)

ABLATIONS = (
    Claim(
        code="longer-training",
        says="Longer training is better than the ablations' budget.",
        quotation="we trained this model for more time and with larger batch size",
        section="4.2",
        items=("Tab. 1", "Tab. 3"),
        notebook="04-ablations",
        scope=LENGTHS,
        criteria=(more(distance("ablation-main"), distance("faces-cips"), any_length=True),),
    ),
    table_3(
        code="embeddings-matter-most",
        says="Without coordinate embeddings the distance is the greatest of all six.",
        quotation="The removal of coordinate embeddings most severely worsens the FID value",
        criteria=tuple(
            worse("ablation-ne", f"ablation-{other}")
            for other in ("base", "nofourier", "main", "residual", "sine")
        ),
    ),
    table_3(
        code="both-encodings",
        says="Both encodings together are better than either alone.",
        quotation="simultaneous usage of Fourier features and coordinate embeddings is necessary",
        criteria=(
            worse("ablation-ne", "ablation-base"),
            worse("ablation-nofourier", "ablation-base"),
        ),
    ),
    table_3(
        code="skips-help",
        says="Residual blocks and skip connections are both better than neither.",
        quotation="both residual connections and cumulative skip connections (default "
        "configuration)",
        criteria=(
            worse("ablation-base", "ablation-main"),
            worse("ablation-base", "ablation-residual"),
        ),
    ),
    table_3(
        code="sine-hurts",
        says="Sine throughout, without Fourier features, is worse than base, as in Tab. 3.",
        quotation="replace LeakyReLU activation with sine function in all layers",
        criteria=(worse("ablation-sine", "ablation-base"),),
    ),
)
