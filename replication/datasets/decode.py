"""Decode an encoded image, crop it and resize it to one square uint8 array."""

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from cipslib.utils.errors import UserError
from cipslib.utils.shapes import UInt8
from replication.datasets.config import DatasetConfig

# Others of Pillow's formats are no photographs, and some start other programs (EPS: Ghostscript).
FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
MAX_PIXELS = 3 * 2**24  # 8192 x 6144, 200 MB in memory
BROKEN_METADATA = "broken metadata"  # a key of Image.info
BITS_PER_SAMPLE = 258  # a tag of TIFF
MAX_BYTES = 2**27  # of an encoded image


class Rejected(Exception):  # noqa: N818  (what is wrong is the image, not the program)
    """An image cannot be used; the message continues its name: "is empty"."""


def read_image(path: Path, resolution: int) -> UInt8[np.ndarray, "{resolution} {resolution} 3"]:
    """Read a file upright and as RGB, cropped to its central square and resized (Lanczos).

    Raises UserError, naming the file, if it is not an image or is damaged.
    """
    try:
        image = to_rgb(decode(path.read_bytes()))
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from error
    except Rejected as error:
        raise UserError(f"{path} {error}: mend or remove it") from error
    return np.asarray(ImageOps.fit(image, (resolution, resolution), Image.Resampling.LANCZOS))


def decode(content: bytes) -> Image.Image:
    """Return the image upright; of an animation, the first frame.

    Raises Rejected if it is not an image, is damaged, or is too large.
    """
    if not content:
        raise Rejected("is empty")
    if len(content) > MAX_BYTES:
        raise Rejected(f"has {len(content):,} bytes; more than {MAX_BYTES:,} are refused")
    Image.init()  # else Pillow knows but a few of FORMATS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata; size is checked below
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise Image.DecompressionBombError
                image.load()
                return _upright(_full_range(image))
    except MemoryError:  # no fault of the image's
        raise
    except Image.DecompressionBombError as error:
        raise Rejected(
            f"claims more than {MAX_PIXELS:,} pixels: a decompression bomb, or scale it down"
        ) from error
    except UnidentifiedImageError as error:
        raise Rejected("is not a readable image (of no kind that is known)") from error
    except Exception as error:  # on damaged files Pillow's readers raise anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise Rejected(f"is not a readable image ({reason})") from error


def _full_range(image: Image.Image) -> Image.Image:
    """Return 16 bits whose white is 65,535, where a TIFF has 12, and a PGM's are 32 to Pillow."""
    if isinstance(image, TiffImageFile) and image.tag_v2.get(BITS_PER_SAMPLE) == (12,):
        return Image.fromarray(np.asarray(image) * np.uint16(16))
    if image.format == "PPM" and image.mode == "I":
        return Image.fromarray(np.asarray(image).astype(np.uint16))
    return image


def _upright(image: Image.Image) -> Image.Image:
    """Return the image as its metadata turn it; as it stands, and marked, where they are broken."""
    try:
        return ImageOps.exif_transpose(image)
    except MemoryError:  # no fault of the metadata's
        raise
    except Exception:  # on broken metadata Pillow raises anything
        image.info[BROKEN_METADATA] = True
        return image


def open_image(content: "bytes | np.ndarray | Rejected") -> Image.Image:
    """Return what a source holds, an encoded image or its pixels. Raises Rejected."""
    if isinstance(content, Rejected):
        raise content
    if isinstance(content, bytes):
        return decode(content)
    return Image.fromarray(content.squeeze(2) if content.shape[2:] == (1,) else content)


def crop_and_resize(
    image: Image.Image, config: DatasetConfig, index: int
) -> UInt8[np.ndarray, "{config.side} {config.side} 3"]:
    """Cut a square out of image number ``index`` (which random crops depend on) and resize it.

    Colour profiles are not applied. Raises Rejected if the crop does not fit, or if the image
    cannot be made RGB.
    """
    width, height = image.size
    side = config.crop_size or min(width, height)
    if side > min(width, height):
        raise Rejected(f"has {width} x {height} pixels; crop_size is {config.crop_size}")
    room = (width - side, height - side)
    if config.crop == "none" and any(room):
        raise Rejected(f"has {width} x {height} pixels, and crop is none")
    left, top = (extent // 2 for extent in room)
    if config.crop == "random":
        random = np.random.default_rng((config.seed, index))
        left, top = (int(random.integers(0, extent + 1)) for extent in room)
    method = Image.Resampling[config.filter.upper()]
    box = (left, top, left + side, top + side)
    return np.asarray(to_rgb(image).resize((config.side, config.side), method, box))


def to_rgb(image: Image.Image) -> Image.Image:
    """Make any kind of image RGB: 16 bits become 8, transparency shows white behind it.

    Raises Rejected for images of real numbers, whose range cannot be known.
    """
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) / 257).round().astype(np.uint8))
    if image.mode in ("I", "F"):
        raise Rejected(f"has values of the unbounded type {image.mode}")
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image if image.mode == "RGB" else image.convert("RGB")
