"""Panoramas (Sec. 4.8, Fig. 11 and 17): pictures around a cylinder, and blends of two."""

import math

import numpy as np
import torch
from torch import Tensor

from cipslib.networks.coordinates import Window
from cipslib.networks.generator import Generator
from cipslib.networks.layers import Ws
from cipslib.sampling.latents import blend, blend_across
from cipslib.sampling.synthesis import RenderOptions, StyleField, render, synthesize, to_bytes
from cipslib.utils.errors import UserError
from cipslib.utils.shapes import Float, UInt8


def panorama(
    generator: Generator,
    w: Ws | StyleField,
    width: int | None = None,
    start: float = -180.0,
    angle: float = 360.0,
    options: RenderOptions | None = None,
) -> UInt8[np.ndarray, "batch h width 3"]:
    """Pictures of ``angle`` degrees of the cylinder, from ``start`` on; 360 close on themselves.

    ``width`` None: as many columns as the training had for that angle.
    """
    window = panorama_window(generator, width, start, angle)
    return render(generator, w, window, options)


def panorama_window(
    generator: Generator, width: int | None = None, start: float = -180.0, angle: float = 360.0
) -> Window:
    """Raises UserError for a generator of the plane, or an angle outside (0, 360]."""
    config = generator.config
    if not config.circumference:
        raise UserError("panoramas need a generator of the cylinder: train with cips.circumference")
    if not 0 < angle <= 360:
        raise UserError(f"angle is {angle:g} degrees, must be in (0, 360]")
    if width is None:
        width = max(1, round(config.circumference * angle / 360))
    left = start / 180
    return Window(config.resolution, width, left, -1.0, left + angle / 180, 1.0, cylinder=True)


def random_windows(
    generator: Generator,
    w: Float[Tensor, "batch style"],
    seed: int,
    first: int = 0,
    options: RenderOptions | None = None,
) -> UInt8[np.ndarray, "batch size size 3"]:
    """Windows as wide as high, each at a random place of the cylinder, as the training draws them.

    The place of picture i, counted from ``first``, depends on (seed, i) alone.
    """
    size, around = generator.config.resolution, generator.config.circumference
    pictures = []
    for number, style in enumerate(w, start=first):
        left = 2 * np.random.default_rng((seed, number)).integers(around) / around - 1
        window = Window(size, size, left, -1.0, left + 2 * size / around, 1.0, cylinder=True)
        pictures.append(render(generator, style[None], window, options, first=number)[0])
    return np.stack(pictures)


def blended(first: Float[Tensor, " style"], second: Float[Tensor, " style"]) -> StyleField:
    """The styles of Fig. 11c: ``first`` in the middle, ``second`` half a turn on, where the
    picture is cut, each pixel's own blend between.
    """
    return lambda coords: blend(first, second, blend_across(coords))


@torch.inference_mode()
def equirectangular(
    generator: Generator,
    w: Float[Tensor, "1 style"] | StyleField,
    width: int | None = None,
    options: RenderOptions | None = None,
) -> UInt8[np.ndarray, "h w 3"]:
    """The whole sphere, twice as wide as high, as panorama viewers expect it.

    Each pixel's ray meets the cylinder, whose pixels are square, at the height tan(latitude): there
    its colour is computed. Above and below the cylinder it is black.
    """
    config = generator.config
    width = panorama_window(generator, width).width
    width += width % 2
    height = width // 2
    half = 1 / width, 1 / height  # pixels are cells, none of them at a pole
    sphere = Window(
        height, width, half[0] - 1, half[1] - 1, half[0] + 1, 1 - half[1], cylinder=True
    )[:]
    y = torch.tan(math.pi / 2 * sphere[:, 1]) * config.circumference / math.pi / config.resolution
    met = y.abs() <= 1
    picture = torch.zeros(len(sphere), 3, dtype=torch.uint8)
    points = torch.stack((sphere[met, 0], y[met]), dim=-1)
    picture[met] = to_bytes(synthesize(generator, w, points, options)[0]).cpu()
    return picture.reshape(height, width, 3).numpy()


def spherical_xmp(picture: UInt8[np.ndarray, "h w 3"]) -> str:
    """The XMP metadata by which viewers know a full spherical panorama."""
    height, width = picture.shape[:2]
    fields = {
        "ProjectionType": "equirectangular",
        "FullPanoWidthPixels": width,
        "FullPanoHeightPixels": height,
        "CroppedAreaImageWidthPixels": width,
        "CroppedAreaImageHeightPixels": height,
        "CroppedAreaLeftPixels": 0,
        "CroppedAreaTopPixels": 0,
    }
    attributes = " ".join(f'GPano:{name}="{value}"' for name, value in fields.items())
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:GPano="http://ns.google.com/photos/1.0/panorama/" '
        f"{attributes}/></rdf:RDF></x:xmpmeta>"
    )
