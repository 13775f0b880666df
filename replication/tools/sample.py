"""`cips sample`: what a coordinate generator can draw, as PNG files that say how they were made."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from cipslib import __version__
from cipslib.networks.coordinates import Window
from cipslib.networks.files import fingerprint
from cipslib.networks.generator import Generator
from cipslib.networks.hub import from_pretrained
from cipslib.networks.models import AnyGenerator
from cipslib.sampling.foveation import Gaze, foveate
from cipslib.sampling.latents import (
    compute_w_avg,
    interpolate,
    level_groups,
    mix,
    sample_latents,
    sample_w,
)
from cipslib.sampling.panorama import blended, panorama
from cipslib.sampling.superresolution import dense, lanczos
from cipslib.sampling.synthesis import (
    RenderOptions,
    chunk_size_within,
    render,
    save_image,
    to_uint8,
)
from cipslib.utils.environment import choose_device
from cipslib.utils.errors import UserError
from cipslib.utils.files import atomic_write
from cipslib.utils.shapes import UInt8
from replication.tools.sample_options import SampleOptions

Rgb = UInt8[np.ndarray, "h w 3"]
NamedImages = Iterator[tuple[str, Rgb]]
ALWAYS = "seed device max_memory interpolation zero_encoding"


@dataclass(frozen=True)
class Kind:
    """How images of a kind are drawn, and which options that takes beside ALWAYS."""

    draw: Callable[[Any, SampleOptions, RenderOptions], NamedImages]
    options: str
    convolutional: bool = False  # whether StyleGAN2 can


def sample_files(checkpoint: str, kind: str, out: Path, **given: Any) -> Path:
    """Draw and save below ``out``; return that folder, or the file if there is but one.

    ``checkpoint``: a file, a folder of ``save_pretrained``, or hub:OWNER/NAME. ``given``: some of
    SampleOptions. Raises UserError for those that the kind does not take.
    """
    if kind not in KINDS:
        raise UserError(f"kind is {kind!r}, must be one of {', '.join(KINDS)}")
    takes = f"{ALWAYS} {KINDS[kind].options}".split()
    for name in given:
        if name not in takes:
            raise UserError(f"{kind} takes no {name}; it takes {', '.join(takes)}")
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
    how = _render_options(generator, options, w_per_pixel=kind == "blend")
    files = []
    for name, image in KINDS[kind].draw(generator, options, how):
        files.append(out / f"{name}.png")
        save_image(files[-1], image, {**about, "name": name})
        if options.gif:
            _save_gif(out / f"{name}.gif", np.split(image, options.steps, axis=1))
    return files[0] if len(files) == 1 else out


def _render_options(
    generator: AnyGenerator, options: SampleOptions, w_per_pixel: bool
) -> RenderOptions:
    chunk_size = None
    if options.max_memory is not None:
        if not isinstance(generator, Generator):
            raise UserError("max_memory is of pixels, and StyleGAN2 draws whole images")
        limit = round(options.max_memory * 2**20)
        chunk_size = chunk_size_within(generator, limit, w_per_pixel)
    noise = options.seed if options.noise else None
    return RenderOptions(
        options.interpolation, options.zero_encoding, noise, chunk_size, progress=True
    )


def _window(generator: AnyGenerator, options: SampleOptions) -> Window | None:
    """Return what is to be drawn, in square pixels; None for the generator's own grid."""
    if options.resolution is None and options.window is None:
        return None
    size = generator.config.resolution
    circumference = generator.config.circumference if isinstance(generator, Generator) else 0
    left, top, right, bottom = options.window or (-1.0, -1.0, 1.0, 1.0)
    height = options.resolution or size
    aspect = (right - left) / (bottom - top) if bottom > top else 1.0  # Window says what is wrong
    width = max(1, round(height * aspect * (circumference or size) / size))
    return Window(height, width, left, top, right, bottom, cylinder=circumference > 0)


def _save_gif(path: Path, frames: list[Rgb]) -> None:
    """Save an animation there and back, a second each way."""
    first, *others = (Image.fromarray(frame) for frame in (*frames, *frames[-2:0:-1]))
    duration = round(1000 / len(frames))
    with atomic_write(path) as temporary:
        first.save(temporary, "GIF", save_all=True, append_images=others, duration=duration, loop=0)


def _sample_w(generator: AnyGenerator, options: SampleOptions, each: int = 1) -> torch.Tensor:
    return sample_w(generator, each * options.n, options.seed, options.truncation)


def _name(options: SampleOptions, index: int) -> str:
    return f"seed{options.seed:04d}-{index:04d}"


def images(generator: AnyGenerator, options: SampleOptions, how: RenderOptions) -> NamedImages:
    """Draw images of n random w (Fig. 1, 16)."""
    window = _window(generator, options)
    for index, w in enumerate(_sample_w(generator, options)):
        yield _name(options, index), render(generator, w[None], window, how, first=index)[0]


def mean(generator: AnyGenerator, options: SampleOptions, how: RenderOptions) -> NamedImages:
    """Draw the image of the mean w (Fig. 3)."""
    w = compute_w_avg(generator, options.seed)
    window = _window(generator, options)
    yield f"mean-seed{options.seed:04d}", render(generator, w, window, how)[0]


def interpolation(
    generator: AnyGenerator, options: SampleOptions, how: RenderOptions
) -> NamedImages:
    """Draw n ways from one latent to another, as rows of images (Fig. 10)."""
    z = sample_latents(2 * options.n, generator.config.style_dim, options.seed)
    window = _window(generator, options)
    for index in range(options.n):
        ends = z[2 * index], z[2 * index + 1]
        w = interpolate(generator, *ends, options.steps)
        frames = render(generator, w, window, how)
        yield f"interpolation-{_name(options, index)}", np.concatenate(frames, axis=1)


def mixing(generator: Generator, options: SampleOptions, how: RenderOptions) -> NamedImages:
    """Draw n times A, B, and A with late, middle and early levels of B (Fig. 19)."""
    groups = level_groups(generator)[::-1]
    window = _window(generator, options)
    for index, (a, b) in enumerate(_sample_w(generator, options, each=2).unflatten(0, (-1, 2, 1))):
        mixed = [mix(generator, a, b, levels) for levels in groups]
        row = [render(generator, each, window, how)[0] for each in (a, b, *mixed)]
        yield f"mixing-{_name(options, index)}", np.concatenate(row, axis=1)


def foveated(generator: Generator, options: SampleOptions, how: RenderOptions) -> NamedImages:
    """Draw images of which ``share`` per cent of the pixels is computed (Fig. 8)."""
    gaze = Gaze(options.share / 100, *options.gaze, options.sigma)
    for index, w in enumerate(_sample_w(generator, options)):
        filled = foveate(generator, w[None], gaze, options.seed, how)
        image = to_uint8(torch.from_numpy(filled).permute(2, 0, 1)[None])[0]
        yield f"foveated-{options.share:g}-{_name(options, index)}", image


def superresolution(
    generator: Generator, options: SampleOptions, how: RenderOptions
) -> NamedImages:
    """Draw Lanczos of the native image, the dense grid, and how they differ: grey is 0 (Fig. 9)."""
    for index, w in enumerate(_sample_w(generator, options)):
        finer = dense(generator, w[None], options.factor, how)
        enlarged = lanczos(render(generator, w[None], None, how), options.factor)
        difference = (finer.astype(int) - enlarged + 128).clip(0, 255).astype(np.uint8)
        image = np.concatenate((*enlarged, *finer, *difference), axis=1)
        yield f"dense-{options.factor}x-{_name(options, index)}", image


def panoramas(generator: Generator, options: SampleOptions, how: RenderOptions) -> NamedImages:
    """Draw images around the cylinder (Fig. 11, 17)."""
    place = options.width, options.start, options.angle
    for index, w in enumerate(_sample_w(generator, options)):
        yield f"panorama-{_name(options, index)}", panorama(generator, w[None], *place, how)[0]


def blends(generator: Generator, options: SampleOptions, how: RenderOptions) -> NamedImages:
    """Draw n times two panoramas and, below them, their blend pixel by pixel (Fig. 11)."""
    for index, (a, b) in enumerate(_sample_w(generator, options, each=2).unflatten(0, (-1, 2))):
        three = (a[None], b[None], blended(a, b))
        rows = [panorama(generator, each, options.width, options=how)[0] for each in three]
        yield f"blend-{_name(options, index)}", np.concatenate(rows)


KINDS = {
    "images": Kind(images, "n truncation resolution window noise", convolutional=True),
    "mean": Kind(mean, "resolution window noise", convolutional=True),
    "interpolation": Kind(interpolation, "n steps gif resolution window noise", convolutional=True),
    "mixing": Kind(mixing, "n truncation resolution window noise"),
    "foveated": Kind(foveated, "n truncation share gaze sigma"),
    "superresolution": Kind(superresolution, "n truncation factor"),
    "panorama": Kind(panoramas, "n truncation width start angle"),
    "blend": Kind(blends, "n truncation width"),
}
