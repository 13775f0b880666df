"""Pictures from a generator: whole, or in chunks of pixels within a memory limit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor
from tqdm import tqdm

from cipslib.coordinates import Window
from cipslib.errors import UserError
from cipslib.generator import Generator, Styles
from cipslib.models import AnyGenerator
from cipslib.paths import atomic_write
from cipslib.shapes import Float, UInt8
from cipslib.styles import device_and_type, mean_style, sample_latents, truncate

PIXELS = 2**18  # computed at once: 0.5 GB for each activation of a 512-wide generator


@dataclass(frozen=True)
class Drawing:
    """How pictures are drawn from styles. Raises UserError for what cannot be."""

    lookup: str = "bilinear"  # of embeddings between the positions: see CoordinateEmbedding
    without: str | None = None  # an encoding to set to zero (Fig. 6): "fourier" or "embedding"
    noise: int | None = None  # seed of the noise of generators that have it; None: none
    pixels_at_once: int = PIXELS
    progress: bool = False  # shown where it takes more than one chunk

    def __post_init__(self) -> None:
        if self.pixels_at_once < 1:
            raise UserError(f"pixels_at_once is {self.pixels_at_once}, must be at least 1")


@torch.inference_mode()
def sample(
    generator: AnyGenerator,
    count: int,
    seed: int,
    truncation: float = 1.0,
    window: Window | None = None,
    drawing: Drawing | None = None,
) -> UInt8[np.ndarray, "{count} h w 3"]:
    """``count`` pictures on the training grid or a window; picture i depends on (seed, i) alone."""
    z = sample_latents(count, generator.config.style_dim, seed)
    w = generator.mapping(z.to(*device_and_type(generator)))
    if truncation != 1.0:
        w = truncate(w, mean_style(generator), truncation)
    return draw(generator, w, window, drawing)


@torch.inference_mode()
def draw(
    generator: AnyGenerator,
    w: Styles,
    window: Window | None = None,
    drawing: Drawing | None = None,
) -> UInt8[np.ndarray, "batch h w 3"]:
    """The pictures of styles (shapes: ``Generator.synthesis``), on the training grid if no window.

    Memory grows with the pictures' 3 bytes a pixel, and ``drawing.pixels_at_once`` for the rest.
    """
    drawing = drawing or Drawing()
    if not isinstance(generator, Generator):
        return _draw_convolutional(generator, w, window, drawing)
    height, width = (window.height, window.width) if window else picture_size(generator)
    pictures = np.empty((len(w), height * width, 3), dtype=np.uint8)
    for images, pixels, colours in _chunks(generator, w, window, drawing):
        pictures[images, pixels] = to_bytes(colours).cpu().numpy()
    return pictures.reshape(len(w), height, width, 3)


def picture_size(generator: AnyGenerator) -> tuple[int, int]:
    """Height and width of ``generator(z)``; a cylinder's go all the way round."""
    size = generator.config.resolution
    return (size, len(generator.grid) // size if isinstance(generator, Generator) else size)


@torch.inference_mode()
def synthesize(
    generator: Generator,
    w: Styles,
    coords: Float[Tensor, "pixels 2"] | None = None,
    drawing: Drawing | None = None,
) -> Float[Tensor, "batch pixels 3"]:
    """The colours, about [-1, 1], at any coordinates: ``Generator.synthesis`` in chunks, checked.

    Raises UserError if there are no coordinates, or any is not a number or outside [-1, 1].
    """
    if coords is not None:
        check_coords(coords, generator.config.circumference > 0)
    count = len(generator.grid if coords is None else coords)
    result = torch.empty(len(w), count, 3, dtype=generator.grid.dtype)
    for images, pixels, colours in _chunks(generator, w, coords, drawing or Drawing()):
        result[images, pixels] = colours.to(result)
    return result


def check_coords(coords: Float[Tensor, "pixels 2"], cylinder: bool) -> None:
    if len(coords) == 0:
        raise UserError("there are no coordinates: at least one pixel is needed")
    if not coords.isfinite().all():
        raise UserError("a coordinate is not a finite number")
    bounded = coords[:, 1:] if cylinder else coords
    if bounded.abs().max() > 1:
        worst = bounded.flatten()[bounded.abs().argmax()].item()
        raise UserError(
            f"a coordinate is {worst:g}; {'y' if cylinder else 'each'} must be in [-1, 1]"
        )


def _chunks(
    generator: Generator, w: Styles, coords: Window | Tensor | None, drawing: Drawing
) -> Iterator[tuple[slice, slice, Tensor]]:
    """(images, pixels, their colours), at most ``pixels_at_once`` of them at a time."""
    device, dtype = generator.grid.device, generator.grid.dtype
    if coords is None and drawing.lookup == "shifted":
        coords = generator.grid  # the table is not read as it is
    count = len(generator.grid if coords is None else coords)
    at_once = drawing.pixels_at_once
    images_at_once = max(1, at_once // count)
    if drawing.noise is not None:
        images_at_once = 1  # so that a picture's noise does not depend on its neighbours
    if coords is None and at_once < count:
        coords = generator.grid
    with tqdm(
        total=len(w) * count,
        unit="px",
        unit_scale=True,
        leave=False,
        disable=not drawing.progress or len(w) * count <= at_once,
    ) as bar:
        for first in range(0, len(w), images_at_once):
            images = slice(first, min(first + images_at_once, len(w)))
            noise = None
            if drawing.noise is not None:
                noise = torch.Generator(device).manual_seed(drawing.noise + first)
            for start in range(0, count, at_once):
                pixels = slice(start, min(start + at_once, count))
                colours = generator.synthesis(
                    _of_pixels(w[images], pixels),
                    None if coords is None else coords[pixels].to(device, dtype),
                    lookup=drawing.lookup,
                    without=drawing.without,
                    noise=noise,
                )
                yield images, pixels, colours
                bar.update(colours.shape[0] * colours.shape[1])


def _of_pixels(w: Tensor, pixels: slice) -> Tensor:
    """The styles of some pixels, where each has its own."""
    return w[:, :, pixels] if w.ndim == 4 and w.shape[2] > 1 else w


def _draw_convolutional(
    generator: AnyGenerator, w: Tensor, window: Window | None, drawing: Drawing
) -> np.ndarray:
    if window is not None or drawing.lookup != "bilinear" or drawing.without is not None:
        raise UserError("StyleGAN2 has no coordinates: no window, no lookup, no encoding to drop")
    batch = max(1, drawing.pixels_at_once // generator.config.resolution**2)
    pictures = []
    for first in range(0, len(w), 1 if drawing.noise is not None else batch):
        if drawing.noise is None:
            images = generator.synthesis(w[first : first + batch])
        else:
            noise = torch.Generator(w.device).manual_seed(drawing.noise + first)
            images = generator.synthesis(w[first : first + 1], noise=noise)
        pictures.append(to_uint8(images))
    return np.concatenate(pictures)


def pixels_within(generator: Generator, max_memory: int) -> int:
    """How many pixels at once keep the activations within ``max_memory`` bytes.

    Raises UserError if not even one does.
    """
    config = generator.config
    encoding = generator.first.modulated.weight.shape[1]
    # The encoding while it is put together, then a layer's input, output and (residual) skip.
    numbers = max(4 * encoding, 3 * max(config.block_widths) + encoding)
    needed = numbers * generator.grid.element_size()
    if max_memory < needed:
        raise UserError(f"max_memory is {max_memory} bytes; one pixel needs {needed}")
    return max_memory // needed


def to_uint8(images: Float[Tensor, "batch 3 h w"]) -> UInt8[np.ndarray, "batch h w 3"]:
    """[-1, 1] -> 0..255, clamped and rounded to the nearest."""
    return to_bytes(images).permute(0, 2, 3, 1).contiguous().cpu().numpy()


def to_bytes(colours: Tensor) -> Tensor:
    """The same for any shape, as a tensor."""
    return (colours * 127.5 + 127.5).round().clamp(0, 255).to(torch.uint8)


def save_picture(
    path: Path, picture: UInt8[np.ndarray, "h w 3"], about: Mapping[str, str], xmp: str = ""
) -> None:
    """A PNG with ``about`` (seed, settings) in its metadata, and XMP if there is any."""
    if path.parent.is_file():
        raise UserError(f"{path.parent} is a file, not a folder")
    info = PngInfo()
    for key, value in about.items():
        info.add_text(key, value)
    if xmp:
        info.add_itxt("XML:com.adobe.xmp", xmp)
    with atomic_write(path) as temporary:
        Image.fromarray(picture).save(temporary, format="PNG", pnginfo=info)
