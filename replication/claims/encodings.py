"""Rules of claims about the positional encodings (Fig. 4, 5, 6, 14)."""

from functools import partial

from replication.claims.comparisons import matched_budget
from replication.claims.criterion import Criterion, Rules
from replication.claims.results import Key, with_kind
from replication.claims.rules import more, not_by_chance

STRUCTURE = 0.05  # of spatial structure, a share of variance: one training shows no spread
LABELS = {
    "encoding_centroid": "mean frequency in cycles/px",
    "encoding_share_above": "share of the power above 0.25 cycles/px",
    "high_frequency_energy": "share of the power above 0.25 cycles/px",
    "mean_image_p": "probability that chance explains the mean image as well",
    "spatial_structure": "large-scale structure, as a share of the variance",
}


def encoding(run: str, measure: str, kind: str) -> Key:
    """Return the key of a number of a run's encodings, or of its images without one."""
    return Key(f"{run}/spectra", measure, kind, with_kind(LABELS[measure], kind))


base = partial(encoding, "ablation-base")


def more_structure(first: str, second: str) -> Criterion:
    """Ask that the first run's embeddings have more spatial structure."""
    first_key, second_key = (
        encoding(run, "spatial_structure", "embedding") for run in (first, second)
    )
    return more(first_key, second_key, STRUCTURE)


ENCODINGS: Rules = {
    "encoding-frequencies": tuple(
        more(base(measure, "embedding"), base(measure, "fourier"))
        for measure in ("encoding_centroid", "encoding_share_above")
    ),
    "aligned-data": tuple(
        matched_budget(more_structure, "faces-cips", f"{other}-cips")
        for other in ("landscapes", "churches")
    ),
    "average-face": (not_by_chance(base("mean_image_p", "embedding")),),
    "zeroed-encodings": tuple(
        more(base("high_frequency_energy", first), base("high_frequency_energy", second))
        for first, second in (
            ("generated", "without_embedding"),
            ("without_fourier", "generated"),
        )
    ),
}
