"""What follows from pixels that are computed independently, as numbers (Sec. 3, 4.7, 4.8; Fig. 2).

The same pixel is computed in two ways; differences are the largest absolute ones, in grey levels of
0 to 255: half of one is what rounding to 8 bits hides. In exact arithmetic all would be 0; matrix
products add up in another order when they have more or fewer rows, so what remains falls with the
precision of the generator's numbers.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from cipslib.analysis.tensor_memory import LiveBytes
from cipslib.networks.generator import Generator
from cipslib.networks.layers import Ws
from cipslib.sampling.foveation import Gaze, foveate, gazed_pixels
from cipslib.sampling.latents import blend_across
from cipslib.sampling.panorama import blended
from cipslib.sampling.synthesis import RenderOptions, chunk_size_within, synthesize
from cipslib.utils.shapes import Float

LEVELS = 127.5  # grey levels a unit of colour: colours are about [-1, 1], levels 0 to 255
PIXELS = 256  # compared on a cylinder
COMPARED = 4096  # pixels of ``equivalence_checks``, in `cips checks` and notebook 01
DIFFERENTIATED = 64  # pixels of ``coordinate_jacobian``, there


def max_abs_diff(first: Tensor, second: Tensor) -> float:
    """Return the largest absolute difference of colours, in grey levels."""
    return LEVELS * float((first - second).abs().max())


@dataclass(frozen=True)
class PixelCheck:
    """What was done to other pixels, and the most that it changed any pixel's colour."""

    name: str
    pixels: int  # whose colours were compared
    largest: float  # greatest absolute difference, in grey levels

    @property
    def kind(self) -> str:
        """Its name among measured numbers."""
        return self.name.replace(" ", "_")


@torch.inference_mode()
def equivalence_checks(generator: Generator, w: Ws, pixels: int, seed: int = 0) -> list[PixelCheck]:
    """Compare ``pixels`` pixels of the training grid, or all if it has fewer, with themselves.

    Once the other half of them is moved, left out, or they come in another order, each alone, or
    in chunks.
    """
    random = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(generator.grid), generator=random)[:pixels]
    coords = generator.grid[order.to(generator.grid.device)]
    count = len(coords)
    kept = count // 2
    alone = min(count, 16)
    moved = torch.rand(count - kept, 2, generator=random, dtype=torch.float64) * 2 - 1
    moved_coords = torch.cat((coords[:kept], moved.to(coords)))
    shuffled = torch.randperm(count, generator=random).to(coords.device)

    def colours(points: Tensor) -> Tensor:
        return generator.synthesis(w, points)

    together = colours(coords)
    singly = torch.cat([colours(coords[i : i + 1]) for i in range(alone)], dim=1)
    chunk = RenderOptions(chunk_size=max(1, count // 7))
    in_chunks = synthesize(generator, w, coords, chunk).to(together.device)
    pairs = {
        "half of the pixels moved elsewhere": (colours(moved_coords)[:, :kept], together[:, :kept]),
        "half of the pixels left out": (colours(coords[:kept]), together[:, :kept]),
        "the pixels in another order": (colours(coords[shuffled]), together[:, shuffled]),
        "each pixel alone": (singly, together[:, :alone]),
        "in chunks of a seventh": (in_chunks, together),
    }
    return [PixelCheck(name, a.shape[1], max_abs_diff(a, b)) for name, (a, b) in pairs.items()]


@dataclass(frozen=True)
class CoordinateJacobian:
    """The greatest absolute derivative of a colour by a coordinate."""

    own: float  # the pixel's own coordinates
    others: float  # other pixels': 0, exactly, if they are independent


def coordinate_jacobian(
    generator: Generator, w: Ws, pixels: int, seed: int = 0
) -> CoordinateJacobian:
    """Differentiate a few pixels' colours by all pixels' coordinates, by autograd.

    The pixels are at random places between those of the grid, where the derivative exists.
    """
    random = torch.Generator().manual_seed(seed)
    points = torch.rand(pixels, 2, generator=random, dtype=torch.float64) * 2 - 1
    own, others = 0.0, 0.0
    with torch.inference_mode(False), torch.enable_grad():
        coords = points.to(generator.grid).requires_grad_()
        colours = generator.synthesis(w.clone(), coords)
        for pixel in range(pixels):
            colour = colours[:, pixel].sum()
            (gradient,) = torch.autograd.grad(colour, coords, retain_graph=True)
            slope = gradient.abs().amax(dim=1)
            own = max(own, float(slope[pixel]))
            slope[pixel] = 0
            others = max(others, float(slope.max()))
    return CoordinateJacobian(own, others)


def chunk_differences(
    generator: Generator, w: Float[Tensor, "1 style"], max_memory: int
) -> tuple[Float[Tensor, "1 pixels 3"], dict[str, float]]:
    """Compare an image rendered at once, which is returned, with one in ``max_memory`` bytes.

    memory_*: MiB that tensors held at most, weights and the image itself left out.
    """
    ways = {
        "at_once": RenderOptions(chunk_size=len(generator.grid)),
        "in_chunks": RenderOptions(chunk_size=chunk_size_within(generator, max_memory)),
    }
    images, found = {}, {}
    for way, options in ways.items():
        with LiveBytes() as memory:
            images[way] = synthesize(generator, w, options=options)
        found[f"memory_{way}"] = (memory.most - images[way].nbytes) / 2**20
    whole = images["at_once"]
    return whole, {"difference": max_abs_diff(images["in_chunks"], whole), **found}


def foveation_difference(
    generator: Generator,
    w: Float[Tensor, "1 style"],
    whole: Float[Tensor, "1 pixels 3"],
    percent: int,
    seed: int = 0,
) -> float:
    """Compare a foveated image with the whole one, where it was computed and not filled."""
    gaze = Gaze(percent / 100)
    size = generator.config.resolution
    image = foveate(generator, w, gaze, seed).reshape(-1, 3)
    chosen = gazed_pixels(gaze, size, size, seed).ravel()
    return max_abs_diff(torch.from_numpy(image[chosen]), whole[0, torch.from_numpy(chosen)])


def turn_difference(generator: Generator, w: Float[Tensor, "1 style"], seed: int = 0) -> float:
    """Compare places of the cylinder with the same ones a full turn on; half are at the seam."""
    random = torch.Generator().manual_seed(seed)
    points = 2 * torch.rand((PIXELS, 2), generator=random).to(generator.grid) - 1
    points[: PIXELS // 2, 0] = -1
    turned = points + torch.tensor([2.0, 0.0]).to(points)
    return max_abs_diff(*(synthesize(generator, w, where) for where in (points, turned)))


def blend_differences(
    generator: Generator, w: Float[Tensor, "2 style"], seed: int = 0
) -> dict[str, float]:
    """Compare an image with a style for each pixel (Fig. 11c) with images of one style.

    The first style stands in the middle, the second at the cut; half way each pixel's own blend.
    """
    random = torch.Generator().manual_seed(seed)
    y = 2 * torch.rand(PIXELS, generator=random).to(generator.grid) - 1
    first, second = w
    found = {}
    for kind, x in (("first_style", 0.0), ("second_style", -1.0), ("half_way", 0.5)):
        points = torch.stack((torch.full_like(y, x), y), dim=1)
        style = torch.lerp(first, second, float(blend_across(points[:1])))
        found[kind] = max_abs_diff(
            synthesize(generator, blended(first, second), points),
            synthesize(generator, style[None], points),
        )
    return found
