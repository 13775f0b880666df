"""`cips sample`: what a coordinate generator can draw, as PNG files that say how they were made."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from cipslib import __version__
from cipslib.networks.files import fingerprint, load_tensors_and_about
from cipslib.networks.generator import Generator
from cipslib.networks.hub import from_pretrained
from cipslib.networks.models import AnyGenerator
from cipslib.sampling import latents
from cipslib.sampling.foveation import Gaze, foveate
from cipslib.sampling.images import mosaic, square_pixels
from cipslib.sampling.panorama import blended, panorama
from cipslib.sampling.superresolution import dense, lanczos
from cipslib.sampling.synthesis import (
    RenderOptions,
    chunk_size_within,
    render,
    save_image,
    to_bytes,
)
from cipslib.utils.environment import choose_device
from cipslib.utils.errors import UserError
from cipslib.utils.files import atomic_write
from cipslib.utils.shapes import UInt8
from replication.tools.sample_options import SampleOptions

Rgb = UInt8[np.ndarray, "h w 3"]
ALWAYS = "seed device max_memory interpolation zero_encoding"
SHEET_HEIGHT = 256  # of an image on the sheet of all, px, at most


@dataclass(frozen=True)
class Kind:
    """How images of a kind are drawn, and which options that takes beside ALWAYS."""

    draw: Callable[[Any, SampleOptions, RenderOptions], Iterator[Rgb]]
    options: str
    convolutional: bool = False  # whether StyleGAN2 can


def sample_files(checkpoint: str, kind: str, out: Path, **given: Any) -> Path:
    """Draw into a new folder below ``out`` that is named after what is asked for; return the path
    of the image or, of several, of the sheet that shows all.

    ``checkpoint``: a file, a folder of ``save_pretrained``, or hub:OWNER/NAME. ``given``: some of
    SampleOptions. Raises UserError for those that the kind does not take.
    """
    takes = _taken(kind, given)
    tuples = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
    options = SampleOptions(**given | tuples)
    generator = from_pretrained(checkpoint, choose_device(options.device))
    if not isinstance(generator, Generator) and not KINDS[kind].convolutional:
        raise UserError(f"{kind}: StyleGAN2 has no coordinates to draw it at")
    about = {
        "kind": kind,
        "seed": str(options.seed),
        "settings": json.dumps({name: getattr(options, name) for name in takes}),
        "generator": checkpoint,
        "generator_fingerprint": fingerprint(generator),
        "cipslib": __version__,
    }
    folder = _new_folder(out / _request(kind, given))
    how = _render_options(generator, options, w_per_pixel=kind == "blend")
    thumbnails = []
    for index, image in enumerate(KINDS[kind].draw(generator, options, how)):
        save_image(folder / f"{index:04d}.png", image, {**about, "number": str(index)})
        if options.gif:
            _save_gif(folder / f"{index:04d}.gif", np.split(image, options.steps, axis=1))
        thumbnails.append(Image.fromarray(image))
        thumbnails[-1].thumbnail((image.shape[1], SHEET_HEIGHT))
    if len(thumbnails) == 1:
        return folder / "0000.png"
    save_image(folder / "sheet.png", _sheet(thumbnails), about)
    return folder / "sheet.png"


def _taken(kind: str, given: Iterable[str]) -> list[str]:
    """Return the options that the kind takes. Raises UserError for what is given beside them."""
    if kind not in KINDS:
        raise UserError(f"kind is {kind!r}, must be one of {', '.join(KINDS)}")
    takes = f"{ALWAYS} {KINDS[kind].options}".split()
    for name in given:
        if name not in takes:
            raise UserError(f"{kind} takes no {name}; it takes {', '.join(takes)}")
    if {"style", "n"} <= {*given}:
        raise UserError("n is of random styles, and a file of styles has its own number")
    return takes


def _sheet(thumbnails: Sequence[Image.Image]) -> Rgb:
    """Return all of them side by side, about as high as wide."""
    shape = thumbnails[0].height / thumbnails[0].width
    columns = max(1, round((len(thumbnails) * shape) ** 0.5))
    return mosaic(np.stack([np.asarray(each) for each in thumbnails]), columns)


def _request(kind: str, given: Mapping[str, Any]) -> str:
    """Return a name for what is asked for, such as images-seed3-truncation0.7."""
    words = [kind]
    for name, value in given.items():
        if name not in ("device", "max_memory"):  # which change no image
            values = value if isinstance(value, list) else [value]
            told = () if name == "style" or value is True else map(str, values)
            words.append(name + "_".join(told))
    return "-".join(words)


def _new_folder(path: Path) -> Path:
    """Return ``path`` or, where it exists, the first of path-2, path-3, … that does not."""
    numbered = (path.with_name(f"{path.name}-{number}") for number in count(2))
    return next(folder for folder in chain([path], numbered) if not folder.exists())


def _render_options(
    generator: AnyGenerator, options: SampleOptions, w_per_pixel: bool
) -> RenderOptions:
    chunk_size = None
    if options.max_memory is not None:
        if not isinstance(generator, Generator):
            raise UserError("max_memory is of pixels, and StyleGAN2 draws whole images")
        chunk_size = chunk_size_within(generator, round(options.max_memory * 2**20), w_per_pixel)
    noise = options.seed if options.noise else None
    return RenderOptions(
        options.interpolation, options.zero_encoding, noise, chunk_size, progress=True
    )


def _save_gif(path: Path, frames: list[Rgb]) -> None:
    """Save an animation there and back, a second each way."""
    first, *others = (Image.fromarray(frame) for frame in (*frames, *frames[-2:0:-1]))
    duration = round(1000 / len(frames))
    with atomic_write(path) as temporary:
        first.save(temporary, "GIF", save_all=True, append_images=others, duration=duration, loop=0)


def _sample_w(generator: AnyGenerator, options: SampleOptions, each: int = 1) -> torch.Tensor:
    """Return the file's styles or random ones, ``each`` for an image, drawn towards the mean."""
    if options.style is None:
        return latents.sample_w(generator, each * options.n, options.seed, options.truncation)
    path = Path(options.style)
    w = load_tensors_and_about(path, "style")[0]["w"].to(*latents.device_and_type(generator))
    if w.shape[1] != generator.config.style_dim:
        raise UserError(f"{path}: styles of {w.shape[1]} numbers, not {generator.config.style_dim}")
    return latents.truncate(w, latents.compute_w_avg(generator), options.truncation)


def images(generator: AnyGenerator, options: SampleOptions, how: RenderOptions) -> Iterator[Rgb]:
    """Draw images of n random w (Fig. 1, 16)."""
    window = square_pixels(generator, options.resolution, options.window)
    for index, w in enumerate(_sample_w(generator, options)):
        yield render(generator, w[None], window, how, first=index)[0]


def mean(generator: AnyGenerator, options: SampleOptions, how: RenderOptions) -> Iterator[Rgb]:
    """Draw the image of the mean w (Fig. 3)."""
    w = latents.compute_w_avg(generator, options.seed)
    window = square_pixels(generator, options.resolution, options.window)
    yield render(generator, w, window, how)[0]


def interpolation(
    generator: AnyGenerator, options: SampleOptions, how: RenderOptions
) -> Iterator[Rgb]:
    """Draw n ways from one latent to another, as rows of images (Fig. 10)."""
    z = latents.sample_latents(2 * options.n, generator.config.style_dim, options.seed)
    window = square_pixels(generator, options.resolution, options.window)
    for index in range(options.n):
        ends = z[2 * index], z[2 * index + 1]
        w = latents.interpolate(generator, *ends, options.steps)
        yield np.concatenate(render(generator, w, window, how), axis=1)


def mixing(generator: Generator, options: SampleOptions, how: RenderOptions) -> Iterator[Rgb]:
    """Draw n times A, B, and A with late, middle and early levels of B (Fig. 19)."""
    groups = latents.level_groups(generator)[::-1]
    window = square_pixels(generator, options.resolution, options.window)
    for a, b in _sample_w(generator, options, each=2).unflatten(0, (-1, 2, 1)):
        mixed = [latents.mix(generator, a, b, levels) for levels in groups]
        row = [render(generator, each, window, how)[0] for each in (a, b, *mixed)]
        yield np.concatenate(row, axis=1)


def foveated(generator: Generator, options: SampleOptions, how: RenderOptions) -> Iterator[Rgb]:
    """Draw images of which ``share`` per cent of the pixels is computed (Fig. 8)."""
    gaze = Gaze(options.share / 100, *options.gaze, options.sigma)
    for w in _sample_w(generator, options):
        filled = foveate(generator, w[None], gaze, options.seed, how)
        yield to_bytes(torch.from_numpy(filled)).numpy()


def superresolution(
    generator: Generator, options: SampleOptions, how: RenderOptions
) -> Iterator[Rgb]:
    """Draw Lanczos of the native image, the dense grid, and how they differ: grey is 0 (Fig. 9)."""
    for w in _sample_w(generator, options):
        finer = dense(generator, w[None], options.factor, how)
        enlarged = lanczos(render(generator, w[None], None, how), options.factor)
        difference = (finer.astype(int) - enlarged + 128).clip(0, 255).astype(np.uint8)
        yield np.concatenate((*enlarged, *finer, *difference), axis=1)


def panoramas(generator: Generator, options: SampleOptions, how: RenderOptions) -> Iterator[Rgb]:
    """Draw images around the cylinder (Fig. 11, 17)."""
    place = options.width, options.start, options.angle
    for w in _sample_w(generator, options):
        yield panorama(generator, w[None], *place, how)[0]


def blends(generator: Generator, options: SampleOptions, how: RenderOptions) -> Iterator[Rgb]:
    """Draw n times two panoramas and, below them, their blend pixel by pixel (Fig. 11)."""
    for a, b in _sample_w(generator, options, each=2).unflatten(0, (-1, 2)):
        three = (a[None], b[None], blended(a, b))
        rows = [panorama(generator, each, options.width, options=how)[0] for each in three]
        yield np.concatenate(rows)


KINDS = {
    "images": Kind(images, "n style truncation resolution window noise", convolutional=True),
    "mean": Kind(mean, "resolution window noise", convolutional=True),
    "interpolation": Kind(interpolation, "n steps gif resolution window noise", convolutional=True),
    "mixing": Kind(mixing, "n truncation resolution window noise"),
    "foveated": Kind(foveated, "n style truncation share gaze sigma"),
    "superresolution": Kind(superresolution, "n style truncation factor"),
    "panorama": Kind(panoramas, "n style truncation width start angle"),
    "blend": Kind(blends, "n truncation width"),
}
