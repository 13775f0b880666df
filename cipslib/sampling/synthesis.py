"""Images from a generator: whole, or in chunks of pixels within a memory limit."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor
from tqdm import tqdm

from cipslib.networks.coordinates import Window
from cipslib.networks.generator import Generator
from cipslib.networks.layers import Ws
from cipslib.networks.models import AnyGenerator
from cipslib.networks.randomness import Stream, torch_stream
from cipslib.networks.stylegan2 import StyleGAN2Generator
from cipslib.sampling.latents import sample_w
from cipslib.utils.errors import UserError
from cipslib.utils.files import atomic_write
from cipslib.utils.shapes import Float, UInt8

# Numbers of a layer's activations in one chunk, by device (docs/performance.md): a CPU is fastest
# where two layers' stay in its cache, 2 MB each; a GPU needs many pixels, 0.5 GB.
ACTIVATIONS = {"cpu": 2**19, "cuda": 2**27}

# Styles that depend on the place: (pixels, 2) coordinates -> (1, 1, pixels, style).
StyleField = Callable[[Float[Tensor, "pixels 2"]], Float[Tensor, "1 1 pixels style"]]


@dataclass(frozen=True)
class RenderOptions:
    """How images are made from styles. Raises UserError for what cannot be."""

    interpolation: str = "bilinear"  # of embeddings between the positions: CoordinateEmbedding
    zero_encoding: str | None = None  # set to zero (Fig. 6): "fourier" or "embedding"
    noise: int | None = None  # seed of the noise of a generator that has it; None: none
    chunk_size: int | None = None  # pixels; None: the fastest, or whole images if those have noise
    progress: bool = False  # a bar, where there is more than one chunk

    def __post_init__(self) -> None:
        if self.chunk_size is not None and self.chunk_size < 1:
            raise UserError(f"chunk_size is {self.chunk_size}, must be at least 1")


def sample(
    generator: AnyGenerator,
    count: int,
    seed: int,
    truncation: float = 1.0,
    window: Window | None = None,
    options: RenderOptions | None = None,
) -> UInt8[np.ndarray, "{count} h w 3"]:
    """Draw images on the training grid or a window; image i depends on (seed, i) alone."""
    return render(generator, sample_w(generator, count, seed, truncation), window, options)


@torch.inference_mode()
def render(
    generator: AnyGenerator,
    w: Ws | StyleField,
    window: Window | None = None,
    options: RenderOptions | None = None,
    first: int = 0,
) -> UInt8[np.ndarray, "batch h w 3"]:
    """Compute the images of styles (shapes: ``Generator.synthesis``), by default on the training
    grid.

    Memory grows with the images' 3 bytes a pixel, and with ``options.chunk_size`` for the rest.
    ``first`` is the number of the first image, on which its noise depends.
    """
    options = options or RenderOptions()
    if not isinstance(generator, Generator):
        return _render_stylegan2(generator, w, window, options, first)
    if window is not None and window.cylinder != (generator.config.circumference > 0):
        raise UserError("the window is of a plane and the generator of a cylinder, or the reverse")
    height, width = (window.height, window.width) if window else image_size(generator)
    images = np.empty((_batch(w), height * width, 3), dtype=np.uint8)
    for numbers, pixels, colours in _chunks(generator, w, window, options, first):
        images[numbers, pixels] = to_bytes(colours).cpu().numpy()
    return images.reshape(-1, height, width, 3)


def image_size(generator: AnyGenerator) -> tuple[int, int]:
    """Return height and width of ``generator(z)``; a cylinder's go all the way round."""
    size = generator.config.resolution
    return (size, len(generator.grid) // size if isinstance(generator, Generator) else size)


@torch.inference_mode()
def synthesize(
    generator: Generator,
    w: Ws | StyleField,
    coords: Float[Tensor, "pixels 2"] | None = None,
    options: RenderOptions | None = None,
) -> Float[Tensor, "batch pixels 3"]:
    """Compute the colours, about [-1, 1], at any coordinates: ``Generator.synthesis`` in chunks.

    Raises UserError if there are no coordinates, or any is not a number or outside [-1, 1].
    """
    if coords is not None:
        check_coords(coords, generator.config.circumference > 0)
    count = len(generator.grid if coords is None else coords)
    result = torch.empty(_batch(w), count, 3, dtype=generator.grid.dtype)
    for numbers, pixels, colours in _chunks(generator, w, coords, options or RenderOptions(), 0):
        result[numbers, pixels] = colours.to(result)
    return result


def check_coords(coords: Float[Tensor, "pixels 2"], cylinder: bool) -> None:
    """Raise UserError for coordinates that ``synthesize`` does not take."""
    if len(coords) == 0:
        raise UserError("there are no coordinates: at least one pixel is needed")
    domain = "y must be in [-1, 1], x finite" if cylinder else "each must be in [-1, 1]"
    bounded = coords[:, 1:] if cylinder else coords
    for value in (coords[~coords.isfinite()], bounded[bounded.abs() > 1]):
        if len(value):
            raise UserError(f"a coordinate is {value[0].item():g}; {domain}")


def _batch(w: Ws | StyleField) -> int:
    return len(w) if isinstance(w, Tensor) else 1


def _chunks(
    generator: Generator,
    w: Ws | StyleField,
    coords: Window | Tensor | None,
    options: RenderOptions,
    first: int,
) -> Iterator[tuple[slice, slice, Tensor]]:
    """Yield (numbers of images, pixels, their colours), at most ``chunk_size`` pixels at a time."""
    device = generator.grid.device
    dtype = generator.grid.dtype
    count = len(generator.grid if coords is None else coords)
    batch = _batch(w)
    noisy = options.noise is not None
    width = max(generator.config.block_widths)
    chunk_size = options.chunk_size or default_chunk_size(device, width, count if noisy else 1)
    images_in_chunk = max(1, chunk_size // count)
    if noisy:
        _check_noise(generator.config.noise, count, chunk_size)
        images_in_chunk = 1  # so that an image's noise does not depend on its neighbours
    if coords is None and (options.interpolation == "shifted" or not isinstance(w, Tensor)):
        coords = generator.grid  # the table is not read as it is, or the styles depend on the place
    with tqdm(
        total=batch * count,
        unit="px",
        unit_scale=True,
        leave=False,
        disable=not options.progress or batch * count <= chunk_size,
    ) as bar:
        for start in range(0, batch, images_in_chunk):
            numbers = slice(start, min(start + images_in_chunk, batch))
            noise = image_noise(options, first + start)
            for begin in range(0, count, chunk_size):
                pixels = slice(begin, min(begin + chunk_size, count))
                points = pixels if coords is None else coords[pixels].to(device, dtype)
                colours = generator.synthesis(
                    _ws_of(w, numbers, pixels, points),
                    points,
                    interpolation=options.interpolation,
                    zero_encoding=options.zero_encoding,
                    noise=noise,
                )
                yield numbers, pixels, colours
                bar.update(colours.shape[0] * colours.shape[1])


def default_chunk_size(device: torch.device, width: int, least: int = 1) -> int:
    """Return how many pixels in one chunk are fastest on a device for layers of this width."""
    return max(ACTIVATIONS["cuda" if device.type == "cuda" else "cpu"] // width, least)


def _ws_of(w: Ws | StyleField, numbers: slice, pixels: slice, points: Tensor | slice) -> Tensor:
    """Return the styles of some images, and of some of their pixels where each has its own."""
    if isinstance(w, Tensor):
        per_pixel = w.ndim == 4 and w.shape[2] > 1
        return w[numbers, :, pixels] if per_pixel else w[numbers]
    assert isinstance(points, Tensor)  # see _chunks
    return w(points)


def image_noise(options: RenderOptions, number: int) -> torch.Generator | None:
    """Return the noise of image ``number``: on the CPU, so that it is the same on any device."""
    if options.noise is None:
        return None
    return torch_stream(options.noise, Stream.NOISE_OF_IMAGES, number)


def _check_noise(has_noise: bool, count: int, chunk_size: int) -> None:
    if not has_noise:
        raise UserError("noise was asked for, and this generator has none")
    if chunk_size < count:
        raise UserError(
            f"an image's noise is drawn for all of its {count} pixels, and a chunk has "
            f"{chunk_size}: allow more memory, or do without noise"
        )


def _render_stylegan2(
    generator: StyleGAN2Generator, w: Any, window: Window | None, options: RenderOptions, first: int
) -> UInt8[np.ndarray, "batch size size 3"]:
    of_coordinates = (window, options.interpolation, options.zero_encoding)
    if of_coordinates != (None, "bilinear", None):
        raise UserError(
            "StyleGAN2 has no coordinates: no window, no interpolation, no encoding to set to zero"
        )
    images_in_chunk = 1
    if options.noise is None:
        device = next(generator.parameters()).device
        default = default_chunk_size(device, generator.config.channel_max)
        chunk_size = options.chunk_size or default
        images_in_chunk = max(1, chunk_size // generator.config.resolution**2)
    images = []
    for start in range(0, len(w), images_in_chunk):
        chunk = w[start : start + images_in_chunk]
        noise = image_noise(options, first + start)
        images.append(to_uint8(generator.synthesis(chunk, noise=noise)))
    return np.concatenate(images)


def chunk_size_within(generator: Generator, max_memory: int, w_per_pixel: bool = False) -> int:
    """Return how many pixels in one chunk keep the activations within ``max_memory`` bytes.

    ``w_per_pixel``: each pixel has its own style. Raises UserError if not even one pixel fits.
    """
    config = generator.config
    encoding = generator.first.modulated.weight.shape[1]
    width = max(config.block_widths)
    # The encoding while it is put together; a layer's input, output and what stands between them.
    numbers = max(5 * encoding, 2 * encoding + 3 * width, 5 * width)
    if w_per_pixel:  # scales, scaled inputs, demodulation
        numbers += config.style_dim + 3 * max(encoding, width)
    needed = numbers * generator.grid.element_size()
    if max_memory < needed:
        raise UserError(f"max_memory is {max_memory} bytes; one pixel needs {needed}")
    return max_memory // needed


def to_uint8(images: Float[Tensor, "batch 3 h w"]) -> UInt8[np.ndarray, "batch h w 3"]:
    """Turn images in [-1, 1] into bytes, as ``to_bytes`` does."""
    return to_bytes(images).permute(0, 2, 3, 1).contiguous().cpu().numpy()


def to_bytes(colours: Tensor) -> Tensor:
    """Map [-1, 1] to 0..255, clamped and rounded to the nearest; any shape."""
    return (colours * 127.5 + 127.5).round().clamp(0, 255).to(torch.uint8)


def save_image(path: Path, image: UInt8[np.ndarray, "h w 3"], about: Mapping[str, str]) -> None:
    """Write a PNG with ``about`` (seed, settings) in its metadata."""
    if path.parent.is_file():
        raise UserError(f"{path.parent} is a file, not a folder")
    info = PngInfo()
    for key, value in about.items():
        info.add_text(key, value)
    with atomic_write(path) as temporary:
        Image.fromarray(image).save(temporary, format="PNG", pnginfo=info)
