"""One encoded picture -> one square uint8 array."""

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from cipslib.utils.errors import UserError
from cipslib.utils.shapes import UInt8

FILTERS = {
    "lanczos": Image.Resampling.LANCZOS,
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,  # as the released code prepares (docs/fidelity.md, D1)
    "box": Image.Resampling.BOX,
}
# Others of Pillow's formats are no photographs, and some start other programs (EPS: Ghostscript).
FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
# What turns a picture of each EXIF orientation upright; its rows are then columns of what is stored
# (sideways), from the last one on (backwards).
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS, BACKWARDS = (5, 6, 7, 8), (3, 4, 7, 8)
MOST_PIXELS = 3 * 2**24  # 8192 x 6144, 200 MB in memory: a preparation stays below 1 GB
LARGE = 2**23  # pixels: of larger pictures, only one at a time is in memory
HEAVY = {"AVIF": 4, "JPEG2000": 4, "WEBP": 4}  # times the memory a pixel, in the decoder: fewer
BAND = 2**20  # pixels that are made RGB at a time
MOST_BYTES = 2**27


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


@dataclass(frozen=True)
class Decoded:
    """A picture as it is stored, which way up it belongs, and whether others follow it."""

    image: Image.Image
    orientation: int = 1  # EXIF's
    animated: bool = False  # it is the first frame of several

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, upright."""
        width, height = self.image.size
        return (height, width) if self.orientation in SIDEWAYS else (width, height)

    def rows(self, first: int, last: int) -> Image.Image:
        """Rows ``first`` up to ``last`` of the upright picture."""
        width, height = self.image.size
        if self.orientation in BACKWARDS:
            first, last = self.size[1] - last, self.size[1] - first
        sideways = self.orientation in SIDEWAYS
        part = self.image.crop((first, 0, last, height) if sideways else (0, first, width, last))
        turn = TURNS.get(self.orientation)
        return part if turn is None else part.transpose(turn)


def read_square(path: Path, resolution: int) -> UInt8[np.ndarray, "{resolution} {resolution} 3"]:
    """Upright, RGB, cropped to its central square and resized with Lanczos' filter.

    Raises UserError, naming the file, if it is not an image or is damaged.
    """
    treatment = Treatment(resolution, crop="centre", crop_size=None, filter="lanczos", seed=0)
    try:
        return square(decode(path.read_bytes()), treatment, 0)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from error
    except BadPicture as error:
        raise UserError(f"{path} {error}: mend or remove it") from error


def decode(content: bytes, before_large: Callable[[], object] = lambda: None) -> Decoded:
    """``before_large`` is called before more than LARGE pixels take memory. Raises BadPicture."""
    if not content:
        raise BadPicture("is empty")
    if len(content) > MOST_BYTES:
        raise BadPicture(f"has {len(content):,} bytes; more than {MOST_BYTES:,} are refused")
    Image.init()  # else Pillow knows but a few of FORMATS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata; size is checked below
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                weight = HEAVY.get(image.format or "", 1)
                pixels = image.width * image.height
                _check_pixels(pixels, MOST_PIXELS // weight)
                if pixels > LARGE // weight:
                    before_large()
                animated = image.format != "MPO" and getattr(image, "is_animated", False)
                image.load()
                return Decoded(image, image.getexif().get(ExifTags.Base.Orientation, 1), animated)
    except (BadPicture, MemoryError):  # too little memory is no fault of the picture's
        raise
    except Image.DecompressionBombError:
        _check_pixels(2**63, MOST_PIXELS)
        raise
    except UnidentifiedImageError as error:
        raise BadPicture("is not a readable image (of no kind that is known)") from error
    except Exception as error:  # on damaged files Pillow's readers raise anything
        raise _unreadable(error) from error


def _unreadable(error: Exception) -> BadPicture:
    reason = " ".join(str(error).split()) or type(error).__name__
    return BadPicture(f"is not a readable image ({reason})")


def _check_pixels(count: int, most: int) -> None:
    if count > most:
        raise BadPicture(
            f"claims more than {most:,} pixels: a decompression bomb, or scale it down"
        )


def square(
    picture: Decoded, treatment: Treatment, index: int
) -> UInt8[np.ndarray, "{treatment.resolution} {treatment.resolution} 3"]:
    """The crop of picture number ``index`` (which random crops depend on), RGB, resized.

    Colour profiles are not applied. Raises BadPicture if the crop does not fit.
    """
    width, height = picture.size
    side = treatment.crop_size or min(width, height)
    if side > min(width, height):
        raise BadPicture(f"has {width} x {height} pixels; crop_size is {treatment.crop_size}")
    room = (width - side, height - side)
    if treatment.crop == "none" and any(room):
        raise BadPicture(f"has {width} x {height} pixels, and crop is none")
    left, top = room[0] // 2, room[1] // 2
    if treatment.crop == "random":
        random = np.random.default_rng((treatment.seed, index))
        left, top = (int(random.integers(0, r + 1)) for r in room)
    box = (left, top, left + side, top + side)
    try:
        return np.asarray(_resized(picture, box, treatment.resolution, FILTERS[treatment.filter]))
    except ValueError as error:  # of kinds that cannot be made RGB
        raise _unreadable(error) from error


def _resized(
    picture: Decoded, box: tuple[int, int, int, int], size: int, resample: Image.Resampling
) -> Image.Image:
    """What ``resize((size, size), resample, box)`` gives of all in RGB, without all of it in RGB.

    Pillow scales rows first, then columns. So the rows are made RGB and scaled a band at a time.
    """
    image = picture.image
    if image.mode == "RGB" and not image.has_transparency_data and picture.orientation not in TURNS:
        return image.resize((size, size), resample, box)
    left, top, right, bottom = box
    width, height = picture.size
    narrow = Image.new("RGB", (size, height))
    step = max(1, BAND // width)
    for first in range(0, height, step):
        last = min(first + step, height)
        band = to_rgb(picture.rows(first, last))
        narrow.paste(
            band.resize((size, last - first), resample, (left, 0, right, last - first)), (0, first)
        )
    return narrow.resize((size, size), resample, (0, top, size, bottom))


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
