"""Rules of claims about the spectra of images (Fig. 7)."""

from replication.claims.criterion import Rules
from replication.claims.results import Key, with_kind
from replication.claims.rules import more

WHOLE = "spectral_distance"
TAIL = "spectral_distance_tail"
ROUGHNESS = "spectral_roughness"
LABELS = {
    WHOLE: "distance to the spectrum of real images",
    TAIL: "distance to the spectrum of real images above 0.25 cycles/px",
    ROUGHNESS: "roughness of the mean spectrum",
}


def spectrum(measure: str, run: str, kind: str = "generated") -> Key:
    """Return the key of a number of the spectrum of a run's images."""
    return Key(f"{run}/spectra", measure, kind, with_kind(LABELS[measure], kind))


SPECTRA: Rules = {
    "stylegan2-artifacts": tuple(
        more(spectrum(ROUGHNESS, "faces-stylegan2"), other)
        for other in (
            spectrum(ROUGHNESS, "faces-stylegan2", "real"),
            spectrum(ROUGHNESS, "ablation-base"),
            spectrum(ROUGHNESS, "ablation-ne"),
        )
    ),
    "ne-closest": tuple(
        more(spectrum(WHOLE, other), spectrum(WHOLE, "ablation-ne"))
        for other in ("ablation-base", "faces-stylegan2")
    ),
    "tail": (more(spectrum(TAIL, "ablation-base"), spectrum(TAIL, "ablation-ne")),),
    "skips-and-spectra": (
        more(spectrum(WHOLE, "ablation-main"), spectrum(WHOLE, "ablation-base")),
    ),
}
