"""What follows from pixels that are independent, for any generator of them (Sec. 3, 4.7, 4.8).

Differences are the largest absolute ones, in grey levels of 0 to 255: half of one is what rounding
to 8 bits hides. In exact arithmetic all would be 0; sums in float32 round differently when they
are of other shapes.
"""

import torch
from torch import Tensor

from cipslib.analysis.independence import apart
from cipslib.analysis.tensor_memory import LiveBytes
from cipslib.networks.generator import Generator
from cipslib.sampling.foveation import Gaze, foveate, gazed_pixels
from cipslib.sampling.latents import blend_across
from cipslib.sampling.panorama import blended
from cipslib.sampling.synthesis import RenderOptions, chunk_size_within, synthesize
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float

PIXELS = 256  # tried


def chunks(
    generator: Generator,
    w: Float[Tensor, "1 style"],
    max_memory: int,
) -> tuple[Float[Tensor, "1 pixels 3"], dict[str, float]]:
    """The whole picture at once; against it, one in chunks of ``max_memory`` bytes.

    memory_*: MiB that tensors held at most, weights and the picture itself left out.
    """
    ways = {
        "at_once": RenderOptions(chunk_size=len(generator.grid)),
        "in_chunks": RenderOptions(chunk_size=chunk_size_within(generator, max_memory)),
    }
    drawn, found = {}, {}
    for way, options in ways.items():
        with LiveBytes() as memory:
            drawn[way] = synthesize(generator, w, options=options)
        picture = drawn[way].numel() * drawn[way].element_size()
        found[f"memory_{way}"] = (memory.most - picture) / 2**20
    whole = drawn["at_once"]
    return whole, {"difference": apart(drawn["in_chunks"], whole), **found}


def foveation(
    generator: Generator,
    w: Float[Tensor, "1 style"],
    whole: Float[Tensor, "1 pixels 3"],
    percent: int,
    seed: int = 0,
) -> float:
    """A foveated picture against the whole one, where it was drawn and not filled."""
    gaze, size = Gaze(percent / 100), generator.config.resolution
    picture = foveate(generator, w, gaze, seed).reshape(-1, 3)
    chosen = gazed_pixels(gaze, size, size, seed).ravel()
    return apart(torch.from_numpy(picture[chosen]), whole[0, torch.from_numpy(chosen)])


def after_a_turn(generator: Generator, w: Float[Tensor, "1 style"], seed: int = 0) -> float:
    """Places of the cylinder against the same ones a full turn on; half are at the seam.

    Raises UserError for a generator of the plane, whose coordinates end at -1 and 1.
    """
    random = torch.Generator().manual_seed(seed)
    points = 2 * torch.rand((PIXELS, 2), generator=random).to(generator.grid) - 1
    points[: PIXELS // 2, 0] = -1
    turned = points + torch.tensor([2.0, 0.0]).to(points)
    return apart(*(synthesize(generator, w, where) for where in (points, turned)))


def blends(generator: Generator, w: Float[Tensor, "2 style"], seed: int = 0) -> dict[str, float]:
    """A picture with a style for each pixel (Fig. 11c) against pictures of one style.

    The first style stands in the middle, the second at the cut; half way each pixel's own blend.
    """
    if not generator.config.circumference:
        raise UserError("the blend of Fig. 11 goes round a cylinder; this generator is of a plane")
    random = torch.Generator().manual_seed(seed)
    y = 2 * torch.rand(PIXELS, generator=random).to(generator.grid) - 1
    first, second = w
    found = {}
    for kind, x in (("first_style", 0.0), ("second_style", -1.0), ("half_way", 0.5)):
        points = torch.stack((torch.full_like(y, x), y), dim=1)
        style = torch.lerp(first, second, float(blend_across(points[:1])))
        found[kind] = apart(
            synthesize(generator, blended(first, second), points),
            synthesize(generator, style[None], points),
        )
    return found


COMPARED, DIFFERENTIATED = 4096, 64  # pixels
