"""Rules of claims about ablations and the length of training (Tab. 3)."""

from replication.claims.comparisons import distance, worse
from replication.claims.criterion import Rules
from replication.claims.rules import more

ABLATIONS: Rules = {
    "longer-training": (more(distance("ablation-main"), distance("faces-cips"), any_length=True),),
    "embeddings-matter-most": tuple(
        worse("ablation-ne", f"ablation-{other}")
        for other in ("base", "nofourier", "main", "residual", "sine")
    ),
    "both-encodings": (
        worse("ablation-ne", "ablation-base"),
        worse("ablation-nofourier", "ablation-base"),
    ),
    "skips-help": (
        worse("ablation-base", "ablation-main"),
        worse("ablation-base", "ablation-residual"),
    ),
    "sine-hurts": (worse("ablation-sine", "ablation-base"),),
}
