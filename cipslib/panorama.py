"""Panoramas (Sec. 4.8, Fig. 11 and 17): pictures around a cylinder, and blends of two."""

import math

import numpy as np
import torch
from torch import Tensor

from cipslib.coordinates import Window
from cipslib.errors import UserError
from cipslib.generator import Generator, Styles
from cipslib.shapes import Float, UInt8
from cipslib.styles import blend, blend_across
from cipslib.synthesis import Drawing, draw, synthesize, to_bytes


def panorama(
    generator: Generator,
    w: Styles,
    width: int | None = None,
    start: float = -180.0,
    angle: float = 360.0,
    drawing: Drawing | None = None,
) -> UInt8[np.ndarray, "batch h width 3"]:
    """Pictures of ``angle`` degrees of the cylinder, from ``start`` on; 360 close on themselves.

    ``width`` None: as many columns as the training had for that angle.
    """
    window = panorama_window(generator, width, start, angle)
    return draw(generator, w, window, drawing)


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


def blended_panorama(
    generator: Generator,
    first: Float[Tensor, " style"],
    second: Float[Tensor, " style"],
    width: int | None = None,
    drawing: Drawing | None = None,
) -> UInt8[np.ndarray, "1 h w 3"]:
    """``first`` where the cylinder is cut, ``second`` half a turn on, each pixel's own blend
    between (Fig. 11c).
    """
    window = panorama_window(generator, width)
    share = blend_across(window[:]).to(first)
    return draw(generator, blend(first, second, share), window, drawing)


@torch.inference_mode()
def equirectangular(
    generator: Generator,
    w: Float[Tensor, "1 style"],
    width: int | None = None,
    drawing: Drawing | None = None,
) -> UInt8[np.ndarray, "h w 3"]:
    """The whole sphere, twice as wide as high, as panorama viewers expect it.

    Each pixel's ray meets the cylinder, whose pixels are square, at the height tan(latitude): there
    its colour is computed. Above and below the cylinder it is black.
    """
    config = generator.config
    width = panorama_window(generator, width).width
    width += width % 2
    sphere = Window(width // 2, width, cylinder=True)[:]
    latitude = (math.pi / 2) * sphere[:, 1]
    y = torch.tan(latitude) * (config.circumference / (math.pi * config.resolution))
    met = y.abs() <= 1
    picture = torch.zeros(len(sphere), 3, dtype=torch.uint8)
    points = torch.stack((sphere[met, 0], y[met]), dim=-1)
    picture[met] = to_bytes(synthesize(generator, w, points, drawing)[0])
    return picture.reshape(width // 2, width, 3).numpy()


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
