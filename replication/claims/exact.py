"""Claims about the architecture: any size decides them, without training."""

from collections.abc import Mapping
from typing import Any

from replication.claims.claim import ANY_SIZE, Claim
from replication.claims.evidence import Key
from replication.claims.rules import at_least, at_most, between, more
from replication.profile.results import CHUNK_MEMORY

HALF_A_LEVEL = 0.5  # grey levels of 0 to 255: what rounding to 8 bits hides
ROUNDING = 0.05  # Tab. 4 prints one decimal of a million
DONE_TO_OTHERS = {  # each compared with the picture in which it was not done
    "half_of_the_pixels_moved_elsewhere": "grey levels apart when half of the pixels are moved",
    "half_of_the_pixels_left_out": "grey levels apart when half of the pixels are left out",
    "the_pixels_in_another_order": "grey levels apart in another order",
    "each_pixel_alone": "grey levels apart when each is alone",
    "in_chunks_of_a_seventh": "grey levels apart in seven chunks",
}

LABELS = {
    **DONE_TO_OTHERS,
    "other_pixels": "derivative by other pixels' coordinates",
    "own_pixel": "derivative by a pixel's own coordinates (colours, coordinates: -1 to 1)",
    "difference": "grey levels between chunks and the whole",
    "memory_in_chunks": "MiB in chunks",
    "memory_at_once": "MiB at once",
    "after_a_turn": "grey levels apart after a full turn",
    "first_style": "grey levels apart in the middle, the first style",
    "second_style": "grey levels apart at the cut, the second style",
    "half_way": "grey levels apart half way",
}


def check(measure: str, kind: str, says: str | None = None) -> Key:
    return Key("checks", measure, kind, says or LABELS[kind])


def exact_claims(paper: Mapping[str, Any]) -> tuple[Claim, ...]:
    """``paper``: results/paper.yaml."""
    counts = tuple(
        between(
            check("parameters", name, f"{name}, million parameters"),
            stated - ROUNDING,
            stated + ROUNDING,
        )
        for name, stated in paper["table-4"]["rows"].items()
    )
    return (
        Claim(
            "parameters",
            "Four generators have the numbers of parameters that the paper prints.",
            "The number of parameters for different version of the CIPS generator.",
            "App. A",
            ("Tab. 4",),
            "01-architecture",
            ANY_SIZE,
            counts,
        ),
        Claim(
            "pixel-independence",
            "Moving or dropping other pixels changes no pixel.",
            "the color of each pixel in our architecture is predicted independently",
            "1, 3",
            ("Fig. 2",),
            "01-architecture",
            ANY_SIZE,
            (
                *(at_most(check("independence", kind), HALF_A_LEVEL) for kind in DONE_TO_OTHERS),
                at_most(
                    check("gradient", "other_pixels"),
                    0.0,
                ),
                at_least(check("gradient", "own_pixel"), 0.0),
            ),
        ),
        Claim(
            "chunks",
            "A picture drawn in chunks is the picture drawn at once, in bounded memory.",
            "allows sequential synthesis for memory-constrained computing architectures",
            "1, 3",
            (),
            "01-architecture",
            ANY_SIZE,
            (
                at_most(
                    check("chunks", "difference"),
                    HALF_A_LEVEL,
                ),
                at_most(check("chunks", "memory_in_chunks"), CHUNK_MEMORY),
                more(
                    check("chunks", "memory_at_once"),
                    check("chunks", "memory_in_chunks"),
                ),
            ),
        ),
        Claim(
            "foveated-pixels",
            "Pixels of a foveated picture are those of the full picture, where they are drawn.",
            "CIPS is evaluated on this grid (its size is less than the full resolution)",
            "4.7",
            ("Fig. 8",),
            "08-foveated-and-superresolution",
            ANY_SIZE,
            tuple(
                at_most(
                    check("foveation", f"at_{share}_percent", f"grey levels apart at {share} %"),
                    HALF_A_LEVEL,
                )
                for share in (5, 25, 100)
            ),
        ),
        Claim(
            "panorama-closes",
            "Around a cylinder a full turn leads to the same picture.",
            "just by replacing the underlying coordinate system",
            "5",
            ("Fig. 11", "Fig. 17"),
            "09-panoramas",
            ANY_SIZE,
            (
                at_most(
                    check("cylinder", "after_a_turn"),
                    HALF_A_LEVEL,
                ),
            ),
        ),
        Claim(
            "style-blend",
            "Each pixel can have a style of its own: a blend is each style's picture at its end.",
            "our architecture admits pixel-wise style interpolation",
            "4.8",
            ("Fig. 11",),
            "09-panoramas",
            ANY_SIZE,
            tuple(
                at_most(
                    check("blend", kind),
                    HALF_A_LEVEL,
                )
                for kind in ("first_style", "second_style", "half_way")
            ),
        ),
    )
