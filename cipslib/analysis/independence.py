"""Whether pixels are computed independently of each other (Sec. 3), as numbers."""

from dataclasses import dataclass

import torch
from torch import Tensor

from cipslib.networks.generator import Generator
from cipslib.networks.layers import Ws
from cipslib.sampling.synthesis import RenderOptions, synthesize
from cipslib.utils.shapes import Float

LEVELS = 127.5  # grey levels a unit of colour: colours are about [-1, 1], levels 0 to 255


@dataclass(frozen=True)
class Check:
    """What was done to other pixels, and the most that it changed any pixel's colour."""

    name: str
    pixels: int  # whose colours were compared
    largest: float  # greatest absolute difference, in grey levels of 256

    @property
    def kind(self) -> str:
        """Its name among measured numbers."""
        return self.name.replace(" ", "_")


@dataclass(frozen=True)
class Influence:
    """The greatest absolute derivative of a colour by a coordinate."""

    own: float  # the pixel's own coordinates
    others: float  # other pixels': 0, exactly, if they are independent


@torch.inference_mode()
def independence(generator: Generator, w: Ws, pixels: int, seed: int = 0) -> list[Check]:
    """Compare ``pixels`` pixels of the training grid, or all if it has fewer, with themselves.

    Once the other half of them is moved, left out, or they come in another order, each alone, or
    in chunks. What remains is rounding: matrix products add up in another order when there are
    more or fewer rows, so it falls with the precision of the generator's numbers.
    """
    random = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(generator.grid), generator=random)[:pixels]
    coords = generator.grid[order.to(generator.grid.device)]
    count = len(coords)
    kept, alone = count // 2, min(count, 16)
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
    return [Check(name, a.shape[1], apart(a, b)) for name, (a, b) in pairs.items()]


def apart(first: Tensor, second: Tensor) -> float:
    """The largest absolute difference, in grey levels."""
    return LEVELS * float((first - second).abs().max())


def influence(generator: Generator, w: Ws, pixels: int, seed: int = 0) -> Influence:
    """Derivatives of a few pixels' colours by all pixels' coordinates, by autograd.

    The pixels are at random places between those of the grid, where the derivative exists.
    """
    random = torch.Generator().manual_seed(seed)
    points = torch.rand(pixels, 2, generator=random, dtype=torch.float64) * 2 - 1
    own, others = 0.0, 0.0
    with torch.inference_mode(False), torch.enable_grad():
        coords = points.to(generator.grid).requires_grad_()
        colours = generator.synthesis(w.clone(), coords)
        for pixel in range(pixels):
            slope = _slope(colours[:, pixel].sum(), coords)
            own = max(own, float(slope[pixel]))
            slope[pixel] = 0
            others = max(others, float(slope.max()))
    return Influence(own, others)


def _slope(colour: Float[Tensor, ""], coords: Float[Tensor, "p 2"]) -> Float[Tensor, " p"]:
    (gradient,) = torch.autograd.grad(colour, coords, retain_graph=True)
    return gradient.abs().amax(dim=1)
