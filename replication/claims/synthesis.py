"""Claims about what can be done with a trained generator (Fig. 8 to 11, 17, 19)."""

from functools import partial

from replication.claims.claim import TRAINED, Claim
from replication.claims.criterion import Criterion
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


mixing = partial(Claim, notebook="07-interpolation-and-mixing", scope=TRAINED)
sampling = partial(Claim, section="4.7", notebook="08-foveated-and-superresolution", scope=TRAINED)
panoramas = partial(Claim, section="4.8", notebook="09-panoramas", scope=TRAINED)

SYNTHESIS = (
    mixing(
        code="interpolation",
        says="Images between two styles change without a jump.",
        quotation="the change between the extreme images occurs smoothly",
        section="4.6",
        items=("Fig. 10",),
        criteria=(at_most(latents("jumps", "w", JUMPS), MAX_JUMP),),
    ),
    mixing(
        code="layer-groups",
        says="Layer groups differ in what they move: late ones, against early ones, more in "
        "colour.",
        quotation="different layers of CIPS control different aspects of images",
        section="App. D",
        items=("Fig. 19",),
        criteria=(
            more(
                latents("specialisation", "groups", f"{SPECIALISATION} (late over early layers)"),
                latents("specialisation", "control", f"{SPECIALISATION} ({CONTROL})"),
            ),
        ),
    ),
    sampling(
        code="foveation-error",
        says="The error of a foveated image falls with the share of pixels that is drawn.",
        quotation="color for missing pixels of the image is filled using interpolation",
        items=("Fig. 8",),
        criteria=tuple(
            at_most(resampling("error ratio", shares, with_kind(ERROR_RATIO, shares)), 1.0)
            for shares in ("10 % over 5 %", "25 % over 10 %", "50 % over 25 %")
        ),
    ),
    sampling(
        code="gaze",
        says="Near the gaze a foveated image errs less than one whose samples are spread evenly.",
        quotation="more dense in the area, where the gaze is assumed to be directed to",
        items=("Fig. 8",),
        criteria=tuple(at_most(gaze(share), 1.0) for share in ("5 %", "25 %", "50 %")),
    ),
    sampling(
        code="dense-grid",
        says="A dense grid holds more beyond the native frequencies than Lanczos, plausible or "
        "not.",
        quotation="more plausible details are obtained with denser synthesis than with Lanczos "
        "filter",
        items=("Fig. 9",),
        criteria=(denser_has_more("energy_beyond_native", BEYOND_NATIVE),),
    ),
    sampling(
        code="dense-grid-sharpness",
        says="A dense grid is sharper than Lanczos: more of its power is in high frequencies.",
        quotation="Note the sharpness/plausibility of the eyelid and the more proper shape of the "
        "pupil.",
        items=("Fig. 9",),
        criteria=(denser_has_more("high_frequency_energy", SHARPNESS),),
    ),
    panoramas(
        code="panorama-seam",
        says="A trained panorama has no seam where it is cut.",
        quotation="examples of panorama samples obtained with the resulting model",
        items=("Fig. 11", "Fig. 17"),
        criteria=(between(panorama("seam", "generated", ACROSS_SEAM), *SEAM),),
    ),
    panoramas(
        code="panorama-blend",
        says="A blend of panoramas is sharper than a cross-fade, with less of an edge than a "
        "paste.",
        quotation="contains elements from both original panoramas: land and water integrated "
        "naturally",
        items=("Fig. 11",),
        criteria=(
            more(half_way("blend"), half_way("cross-fade")),
            more(parts_meet("pasted"), parts_meet("blend")),
        ),
    ),
)
