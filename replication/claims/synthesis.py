"""Rules of claims about what can be done with a trained generator (Fig. 8 to 11, 17, 19)."""

from functools import partial

from replication.claims.criterion import Criterion, Rules
from replication.claims.results import Key, with_kind
from replication.claims.rules import at_most, between, more

MAX_JUMP = 0.75  # largest step over largest double step: 0.5 is even motion, 1 a jump
SEAM = (0.8, 1.25)  # step across a seam over the steps beside it

latents = partial(Key, "faces-cips/latents")
resampling = partial(Key, "faces-cips/resampling")
panorama = partial(Key, "landscapes-panorama/panorama")

JUMPS = "largest step over largest double step (between styles w)"
SPECIALISATION = "lead in moving colour rather than structure"
CONTROL = "control: all layers, two thirds over one third of the way"
ERROR_RATIO = "squared error with more pixels over that with fewer"
BEYOND_NATIVE = "share of the power beyond the native frequencies"
ACROSS_SEAM = "step across the seam over the steps beside it"
SHARPNESS = "share of the power above 0.25 cycles/px"


def gaze(share: str) -> Key:
    """Return the key of the gaze's effect at a share of the pixels."""
    label = f"squared error near the gaze over that of evenly spread samples, {share}"
    return resampling("gaze error ratio", share, label)


def denser_has_more(measure: str, label: str) -> Criterion:
    """Ask that images drawn on a dense grid have more of a measure than images enlarged."""
    dense, lanczos = (
        resampling(measure, kind, with_kind(label, kind)) for kind in ("dense grid", "Lanczos")
    )
    return more(dense, lanczos)


def half_way(kind: str) -> Key:
    """Return the key of the contrast half way between two panoramas."""
    return panorama("half_way_contrast", kind, f"contrast half way, {kind}")


def parts_meet(kind: str) -> Key:
    """Return the key of the edge where two panoramas meet."""
    return panorama("part_edge", kind, f"step where the parts meet, {kind}")


SYNTHESIS: Rules = {
    "interpolation": (at_most(latents("jumps", "w", JUMPS), MAX_JUMP),),
    "layer-groups": (
        more(
            latents("specialisation", "groups", f"{SPECIALISATION} (late over early layers)"),
            latents("specialisation", "control", f"{SPECIALISATION} ({CONTROL})"),
        ),
    ),
    "foveation-error": tuple(
        at_most(resampling("error ratio", shares, with_kind(ERROR_RATIO, shares)), 1.0)
        for shares in ("10 % over 5 %", "25 % over 10 %", "50 % over 25 %")
    ),
    "gaze": tuple(at_most(gaze(share), 1.0) for share in ("5 %", "25 %", "50 %")),
    "dense-grid": (denser_has_more("energy_beyond_native", BEYOND_NATIVE),),
    "dense-grid-sharpness": (denser_has_more("high_frequency_energy", SHARPNESS),),
    "panorama-seam": (between(panorama("seam", "generated", ACROSS_SEAM), *SEAM),),
    "panorama-blend": (
        more(half_way("blend"), half_way("cross-fade")),
        more(parts_meet("pasted"), parts_meet("blend")),
    ),
}
