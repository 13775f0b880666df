"""Rules of claims about the architecture: any size decides them, without training."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from replication.claims.criterion import Criterion, Rules
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


BY_CONSTRUCTION: Rules = {
    "pixel-independence": (
        *(
            same_image("independence", kind, f"when {done}")
            for kind, done in DONE_TO_OTHERS.items()
        ),
        at_most(check("gradient", "other_pixels", OTHER_PIXELS), 0.0),
        at_least(check("gradient", "own_pixel", OWN_PIXEL), 0.0),
    ),
    "chunks": (
        same_image("chunks", "difference", "between chunks and the whole"),
        at_most(MEMORY_IN_CHUNKS, CHUNK_MEMORY),
        more(check("chunks", "memory_at_once", "MiB at once"), MEMORY_IN_CHUNKS),
    ),
    "foveated-pixels": tuple(
        same_image("foveation", f"at_{share}_percent", f"at {share} %") for share in (5, 25, 100)
    ),
    "panorama-closes": (same_image("cylinder", "after_a_turn", "after a full turn"),),
    "style-blend": tuple(same_image("blend", kind, where) for kind, where in BLEND.items()),
}


def exact_rules(paper: Mapping[str, Any]) -> Rules:
    """Return the rules of claims that no training could refute. ``paper``: results/paper.yaml."""
    parameters = tuple(
        between(
            check("parameters", name, f"{name}, million parameters"),
            stated - ROUNDING,
            stated + ROUNDING,
        )
        for name, stated in paper["table-4"]["rows"].items()
    )
    return {"parameters": parameters, **BY_CONSTRUCTION}
