"""One encoded picture -> one square uint8 array."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from cipslib.errors import UserError
from cipslib.shapes import UInt8

CROPS = ("centre", "random", "none")
FILTERS = {
    "lanczos": Image.Resampling.LANCZOS,
    "bicubic": Image.Resampling.BICUBIC,
    "box": Image.Resampling.BOX,
}
# Others of Pillow's formats are no photographs, and some start other programs (EPS: Ghostscript).
FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
MOST_PIXELS = 2**26  # 8192 x 8192, 256 MB in memory; twice that for what is not RGB
MOST_BYTES = 2**28


class BadPicture(Exception):  # noqa: N818  (what is bad is the picture, not the program)
    """A picture cannot be used; the message continues its name: "is empty"."""


@dataclass(frozen=True)
class Treatment:
    """What is done to every picture; the same parameters as in params.yaml's ``datasets``."""

    resolution: int
    crop: str
    crop_size: int | None
    filter: str
    seed: int


def read_square(path: Path, resolution: int) -> UInt8[np.ndarray, "{resolution} {resolution} 3"]:
    """Upright, RGB, cropped to its central square and resized with Lanczos' filter.

    Raises UserError, naming the file, if it is not an image or is damaged.
    """
    treatment = Treatment(resolution, crop="centre", crop_size=None, filter="lanczos", seed=0)
    try:
        return square(decode(path.read_bytes())[0], treatment, 0)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from error
    except BadPicture as error:
        raise UserError(f"{path} {error}: mend or remove it") from error


def decode(content: bytes) -> tuple[Image.Image, bool]:
    """The picture, upright and RGB, and whether it is the first of several (an animation).

    Colour profiles are not applied. Raises BadPicture.
    """
    if not content:
        raise BadPicture("is empty")
    if len(content) > MOST_BYTES:
        raise BadPicture(f"has {len(content):,} bytes; more than {MOST_BYTES:,} are refused")
    Image.init()  # else Pillow knows but a few of FORMATS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata; size is checked below
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                _check_pixels(image.width * image.height)
                animated = image.format != "MPO" and getattr(image, "is_animated", False)
                image.load()
                ImageOps.exif_transpose(image, in_place=True)  # a copy only where it turns
                return to_rgb(image), animated
    except (BadPicture, MemoryError):  # too little memory is no fault of the picture's
        raise
    except Image.DecompressionBombError:
        _check_pixels(2**63)
        raise
    except UnidentifiedImageError as error:
        raise BadPicture("is not a readable image (of no kind that is known)") from error
    except Exception as error:  # on damaged files Pillow's readers raise anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise BadPicture(f"is not a readable image ({reason})") from error


def _check_pixels(count: int) -> None:
    if count > MOST_PIXELS:
        raise BadPicture(f"claims more than {MOST_PIXELS:,} pixels: a decompression bomb?")


def square(
    image: Image.Image, treatment: Treatment, index: int
) -> UInt8[np.ndarray, "{treatment.resolution} {treatment.resolution} 3"]:
    """The crop of picture number ``index`` (which random crops depend on), resized.

    Raises BadPicture if the crop does not fit.
    """
    side = treatment.crop_size or min(image.size)
    if side > min(image.size):
        raise BadPicture(
            f"has {image.width} x {image.height} pixels; crop_size is {treatment.crop_size}"
        )
    room = (image.width - side, image.height - side)
    if treatment.crop == "none" and any(room):
        raise BadPicture(f"has {image.width} x {image.height} pixels, and crop is none")
    left, top = room[0] // 2, room[1] // 2
    if treatment.crop == "random":
        random = np.random.default_rng((treatment.seed, index))
        left, top = (int(random.integers(0, r + 1)) for r in room)
    size = (treatment.resolution, treatment.resolution)
    box = (left, top, left + side, top + side)
    return np.asarray(image.resize(size, FILTERS[treatment.filter], box=box))


def to_rgb(image: Image.Image) -> Image.Image:
    """Any kind of picture as RGB: 16 bits become 8, transparency shows white behind it.

    Raises ValueError for pictures of real numbers, whose range cannot be known.
    """
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) / 257).round().astype(np.uint8))
    if image.mode in ("I", "F"):
        raise ValueError(f"its values have the unbounded type {image.mode}")
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image if image.mode == "RGB" else image.convert("RGB")
