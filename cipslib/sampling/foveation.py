"""Foveated synthesis (Sec. 4.7, Fig. 8): pixels where the gaze is, the gaps filled."""

from dataclasses import dataclass

import numpy as np
import torch

from cipslib.networks.coordinates import pixel_grid
from cipslib.networks.generator import Generator
from cipslib.sampling.synthesis import RenderOptions, synthesize
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Bool, Float

SIGMA = 0.4  # of the Gaussian, in image sizes (Fig. 8)


@dataclass(frozen=True)
class Gaze:
    """Which share of the pixels is computed, and where the gaze rests. Raises UserError if it
    cannot.

    ``x`` and ``y`` are coordinates in [-1, 1]; ``sigma`` is in image sizes.
    """

    share: float
    x: float = 0.0
    y: float = 0.0
    sigma: float = SIGMA

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise UserError(f"the share is {100 * self.share:g} %, must be in (0 %, 100 %]")
        if not (-1 <= self.x <= 1 and -1 <= self.y <= 1):
            raise UserError(f"the gaze is at ({self.x}, {self.y}); both must be in [-1, 1]")
        if not 0 < self.sigma < float("inf"):
            raise UserError(f"sigma is {self.sigma}, must be more than 0")


def gazed_pixels(gaze: Gaze, height: int, width: int, seed: int) -> Bool[np.ndarray, "h w"]:
    """Draw pixels of the grid without replacement, in proportion to the Gaussian.

    With one seed, the pixels of a smaller share are among those of a larger one, and at 100 % they
    are the full coordinate grid.
    """
    x, y = pixel_grid(height, width, torch.float64).numpy().T
    spread = 2 * gaze.sigma  # in coordinates, in which the image is 2 wide
    log_density = -((x - gaze.x) ** 2 + (y - gaze.y) ** 2) / (2 * spread**2)
    # The largest of log-density plus Gumbel noise are a draw without replacement.
    order = np.argsort(-(log_density + np.random.default_rng(seed).gumbel(size=len(x))))
    chosen = np.zeros(len(x), dtype=bool)
    chosen[order[: max(1, round(gaze.share * len(x)))]] = True
    return chosen.reshape(height, width)


def foveate(
    generator: Generator,
    w: Float[torch.Tensor, "1 style"],
    gaze: Gaze,
    seed: int = 0,
    options: RenderOptions | None = None,
) -> Float[np.ndarray, "h w 3"]:
    """Compute ``gaze.share`` of an image's pixels, and fill the rest by cubic interpolation.

    Colours are about [-1, 1]; computed pixels stand in the image as they are.
    """
    size = generator.config.resolution
    if generator.config.circumference:
        raise UserError("foveated synthesis is of the plane; this generator draws a cylinder")
    grid = generator.grid.cpu()
    chosen = gazed_pixels(gaze, size, size, seed).ravel()
    computed = synthesize(generator, w, grid[torch.from_numpy(chosen)], options)[0].numpy()
    image = np.empty((len(grid), 3), dtype=computed.dtype)
    image[chosen] = computed
    if not chosen.all():
        image[~chosen] = fill(grid[chosen].numpy(), computed, grid[~chosen].numpy())
    return image.reshape(size, size, 3)


def fill(
    points: Float[np.ndarray, "points 2"],
    colours: Float[np.ndarray, "points 3"],
    gaps: Float[np.ndarray, "gaps 2"],
) -> Float[np.ndarray, "gaps 3"]:
    """Interpolate by cubics (Clough-Tocher), outside the hull of the points by the nearest."""
    from scipy.interpolate import CloughTocher2DInterpolator, NearestNDInterpolator
    from scipy.spatial import QhullError

    nearest = NearestNDInterpolator(points, colours)(gaps)
    try:
        cubic = CloughTocher2DInterpolator(points, colours)(gaps)
    except QhullError:  # fewer than three points, or all in one line
        return nearest.astype(np.float32)
    return np.where(np.isfinite(cubic), cubic, nearest).astype(np.float32)
