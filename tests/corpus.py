"""Images of every kind, good and hostile, made by the tests."""

import importlib
import io
import os
import struct
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from conftest import random_images
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from replication.datasets.config import DatasetConfig


def needed(package: str) -> ModuleType:
    """A package that only some have. CI has it: there a test must not pass by being skipped."""
    if os.environ.get("CI") == "true":
        return importlib.import_module(package)
    return pytest.importorskip(package)


SIZE = (24, 20)  # width, height


def config(resolution: int = 16, **changes: Any) -> DatasetConfig:
    """What is done to images, where nothing else is said: the largest central square, Lanczos."""
    usual = {"crop": "centre", "crop_size": None, "filter": "lanczos", "seed": 5, "margin": 0}
    sort = {"card": "own-folder", "source": "images", "count": None, "held_out": 0}
    return DatasetConfig(resolution=resolution, **usual | sort | changes)


def pixels(seed: int = 0, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Noise: no file of it compresses, so that half of the file is half of the image."""
    width, height = size
    return random_images(1, height, width, seed)[0]


def encoded(kind: str = "PNG", mode: str = "RGB", seed: int = 0, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels(seed)).convert(mode).save(file, format=kind, **options)
    return file.getvalue()


def of_array(array: np.ndarray, kind: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, format=kind)
    return file.getvalue()


def tar(files: dict[str, bytes], mode: str = "w") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def animated(kind: str) -> bytes:
    first, *others = (Image.fromarray(pixels(seed)) for seed in (0, 1, 2))
    file = io.BytesIO()
    first.save(file, format=kind, save_all=True, append_images=others)
    return file.getvalue()


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def png_of_size(width: int, height: int) -> bytes:
    """A small file that claims to be a large image."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(bytes(10_000)))
    return b"\x89PNG\r\n\x1a\n" + header + data + chunk(b"IEND", b"")


def damaged(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes(64) + content[middle + 64 :]


def transparent_palette() -> bytes:
    image = Image.fromarray(pixels()).quantize(8)
    file = io.BytesIO()
    image.save(file, format="PNG", transparency=bytes(8))
    return file.getvalue()


def text_metadata() -> PngInfo:
    """EXIF as text, which ImageMagick writes; this one is none."""
    info = PngInfo()
    info.add_text("Raw profile type exif", "\nexif\n 4\nzzzz")
    return info


UNREADABLE = "is not a readable image"
UNBOUNDED = "has values of the unbounded type F"
BOMB = "claims more than 50,331,648 pixels: a decompression bomb, or scale it down"
# Files that cannot be used, and what is said of each.
BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty.png": (lambda: b"", "is empty"),
    "cut.png": (lambda: half(encoded()), UNREADABLE),
    "cut.jpg": (lambda: half(encoded("JPEG")), UNREADABLE),
    "damaged.png": (lambda: damaged(encoded()), UNREADABLE),
    "text.png": (lambda: b"not an image", UNREADABLE),
    "program.png": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", UNREADABLE),
    "bomb.png": (lambda: png_of_size(60_000, 60_000), BOMB),
    "smaller-bomb.png": (lambda: png_of_size(10_000, 10_000), BOMB),
    "lying.png": (lambda: png_of_size(500, 500), UNREADABLE),
    "real-numbers.tif": (lambda: of_array(np.ones((20, 24), np.float32), "TIFF"), UNBOUNDED),
}
# Unusual files that can.
GOOD: dict[str, Callable[[], bytes]] = {
    "transparent-palette.png": transparent_palette,
    "progressive.jpg": lambda: encoded("JPEG", progressive=True),
    "wavelets.jp2": lambda: encoded("JPEG2000"),
    "modern.avif": lambda: encoded("AVIF"),
    "odd-metadata.png": lambda: encoded(exif=b"no metadata"),
    "odd-metadata.webp": lambda: encoded("WEBP", lossless=True, exif=b"no metadata"),
    "odd-metadata-text.png": lambda: encoded(pnginfo=text_metadata()),
    "animated.gif": lambda: animated("GIF"),
    "animated.png": lambda: animated("PNG"),
    "pages.tif": lambda: animated("TIFF"),
    "jpeg-called.png": lambda: encoded("JPEG"),
    "LOUD.PNG": lambda: encoded(),
    "zwölf Böcke 十二.png": lambda: encoded(),
    "two\nlines.png": lambda: encoded(),
    "-rf.png": lambda: encoded(),
    "folder.png/inside.png": lambda: encoded(),
    "one-pixel.png": lambda: of_array(np.zeros((1, 1, 3), np.uint8), "PNG"),
    "sliver.png": lambda: of_array(np.zeros((2, 3000, 3), np.uint8), "PNG"),
}
# Files that are not images: the ending of the name decides.
OTHERS: dict[str, bytes] = {
    "README.md": b"# Images",
    ".hidden.png": b"hidden files are no images",
    ".git/image.png": b"nor are those in hidden folders",
    "__MACOSX/._image.png": b"\0\5\x16\7",
    "inner.zip": b"PK\x03\x04",
    "without-ending": encoded(),
    "image.txt": encoded("GIF"),
    "of-another-kind.tga": encoded("TGA"),
    "bits.pbm": encoded("PPM", mode="1"),
}


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def write_corpus(folder: Path) -> None:
    write(folder, {name: make() for name, (make, _) in BAD.items()})
    write(folder, {name: make() for name, make in GOOD.items()})
    write(folder, OTHERS)
    (folder / "leads-nowhere.png").symlink_to("gone.png")
    (folder / "leads-to-itself.png").symlink_to("leads-to-itself.png")
    os.mkfifo(folder / "pipe.png")
    (folder / "linked.png").symlink_to(folder / "LOUD.PNG")
    (folder / "again").symlink_to(folder)  # a loop: walked once
    write(folder.parent / "elsewhere", {"far.png": encoded()})
    (folder / "linked-folder").symlink_to(folder.parent / "elsewhere")


# What `write_corpus` adds to BAD and GOOD.
ODD_FILES = ("leads-nowhere.png", "leads-to-itself.png", "pipe.png")
BAD_LINKS = dict.fromkeys(ODD_FILES, "is no regular file, or a broken link")
GOOD_LINKS = ("linked.png", "linked-folder/far.png")
