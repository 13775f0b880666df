"""Claims about the architecture: any size decides them, without training."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from replication.claims.claim import ANY_SIZE, Claim
from replication.claims.criterion import Criterion
from replication.claims.results import Key
from replication.claims.rules import at_least, at_most, between, more
from replication.profile.results import CHUNK_MEMORY

HALF_A_LEVEL = 0.5  # grey levels of 0 to 255: what rounding to 8 bits hides
ROUNDING = 0.05  # Tab. 4 prints one decimal of a million
# Each compared with the image in which it was not done.
DONE_TO_OTHERS = {
    "half_of_the_pixels_moved_elsewhere": "half of the pixels are moved",
    "half_of_the_pixels_left_out": "half of the pixels are left out",
    "the_pixels_in_another_order": "the pixels are in another order",
    "each_pixel_alone": "each pixel is computed separately",
    "in_chunks_of_a_seventh": "the pixels are computed in seven chunks",
}
BLEND = {
    "first_style": "in the middle, the first style",
    "second_style": "at the cut, the second style",
    "half_way": "half way",
}

check = partial(Key, "checks")


def same_image(measure: str, kind: str, how: str) -> Criterion:
    """Ask that two images agree to what rounding to 8 bits hides."""
    return at_most(check(measure, kind, f"max |difference| (0-255) {how}"), HALF_A_LEVEL)


OTHER_PIXELS = "derivative by other pixels' coordinates"
OWN_PIXEL = "derivative by a pixel's own coordinates (colours, coordinates: -1 to 1)"
MEMORY_IN_CHUNKS = check("chunks", "memory_in_chunks", "MiB in chunks")

architecture = partial(Claim, notebook="01-architecture", scope=ANY_SIZE)
panoramas = partial(Claim, notebook="09-panoramas", scope=ANY_SIZE)


def table_4(paper: Mapping[str, Any]) -> Claim:
    """Return the claim on the numbers of parameters. ``paper``: results/paper.yaml."""
    return architecture(
        code="parameters",
        says="Four generators have the numbers of parameters that the paper prints.",
        quotation="The number of parameters for different version of the CIPS generator.",
        section="App. A",
        items=("Tab. 4",),
        criteria=tuple(
            between(
                check("parameters", name, f"{name}, million parameters"),
                stated - ROUNDING,
                stated + ROUNDING,
            )
            for name, stated in paper["table-4"]["rows"].items()
        ),
    )


BY_CONSTRUCTION = (
    architecture(
        code="pixel-independence",
        says="Moving or dropping other pixels changes no pixel.",
        quotation="the color of each pixel in our architecture is predicted independently",
        section="1, 3",
        items=("Fig. 2",),
        criteria=(
            *(
                same_image("independence", kind, f"when {done}")
                for kind, done in DONE_TO_OTHERS.items()
            ),
            at_most(check("gradient", "other_pixels", OTHER_PIXELS), 0.0),
            at_least(check("gradient", "own_pixel", OWN_PIXEL), 0.0),
        ),
    ),
    architecture(
        code="chunks",
        says="An image drawn in chunks is the image drawn at once, in bounded memory.",
        quotation="allows sequential synthesis for memory-constrained computing architectures",
        section="1, 3",
        items=(),
        criteria=(
            same_image("chunks", "difference", "between chunks and the whole"),
            at_most(MEMORY_IN_CHUNKS, CHUNK_MEMORY),
            more(check("chunks", "memory_at_once", "MiB at once"), MEMORY_IN_CHUNKS),
        ),
    ),
    Claim(
        code="foveated-pixels",
        says="Pixels of a foveated image are those of the full image, where they are drawn.",
        quotation="CIPS is evaluated on this grid (its size is less than the full resolution)",
        section="4.7",
        items=("Fig. 8",),
        notebook="08-foveated-and-superresolution",
        scope=ANY_SIZE,
        criteria=tuple(
            same_image("foveation", f"at_{share}_percent", f"at {share} %")
            for share in (5, 25, 100)
        ),
    ),
    panoramas(
        code="panorama-closes",
        says="Around a cylinder a full turn leads to the same image.",
        quotation="just by replacing the underlying coordinate system",
        section="5",
        items=("Fig. 11", "Fig. 17"),
        criteria=(same_image("cylinder", "after_a_turn", "after a full turn"),),
    ),
    panoramas(
        code="style-blend",
        says="Each pixel can have a style of its own: a blend is each style's image at its end.",
        quotation="our architecture admits pixel-wise style interpolation",
        section="4.8",
        items=("Fig. 11",),
        criteria=tuple(same_image("blend", kind, where) for kind, where in BLEND.items()),
    ),
)


def exact_claims(paper: Mapping[str, Any]) -> tuple[Claim, ...]:
    """Return the claims that no training could refute. ``paper``: results/paper.yaml."""
    return (table_4(paper), *BY_CONSTRUCTION)
