"""Claims about the spectra of images (Fig. 7)."""

from functools import partial

from replication.claims.claim import COMPARISON, Claim
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


figure_7 = partial(Claim, section="4.5", items=("Fig. 7",), notebook="06-spectra", scope=COMPARISON)

SPECTRA = (
    figure_7(
        code="stylegan2-artifacts",
        says="StyleGAN2's mean spectrum is rougher than that of real images and of CIPS.",
        quotation="The spectrum of StyleGANv2 has artifacts in high-frequency regions",
        criteria=tuple(
            more(spectrum(ROUGHNESS, "faces-stylegan2"), other)
            for other in (
                spectrum(ROUGHNESS, "faces-stylegan2", "real"),
                spectrum(ROUGHNESS, "ablation-base"),
                spectrum(ROUGHNESS, "ablation-ne"),
            )
        ),
    ),
    figure_7(
        code="ne-closest",
        says="Without embeddings the spectrum is the nearest to that of real images.",
        quotation="We demonstrate that CIPS-NE is most similar to real images.",
        criteria=tuple(
            more(spectrum(WHOLE, other), spectrum(WHOLE, "ablation-ne"))
            for other in ("ablation-base", "faces-stylegan2")
        ),
    ),
    figure_7(
        code="tail",
        says="Coordinate embeddings make the tail of the spectrum less natural.",
        quotation="adding the coordinate embeddings degrades a realistic spectrum",
        criteria=(more(spectrum(TAIL, "ablation-base"), spectrum(TAIL, "ablation-ne")),),
    ),
    figure_7(
        code="skips-and-spectra",
        says="Skip connections make the spectrum less natural.",
        quotation="skip connections in fact makes the spectra less similar to those of natural "
        "images",
        criteria=(more(spectrum(WHOLE, "ablation-main"), spectrum(WHOLE, "ablation-base")),),
    ),
)
