"""`cips sample`: what a coordinate generator can draw, as PNG files that say how they were made."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from cipslib.coordinates import Window
from cipslib.errors import UserError
from cipslib.foveation import SIGMA, Gaze, foveate
from cipslib.generator import Generator
from cipslib.hub import from_pretrained
from cipslib.models import AnyGenerator
from cipslib.panorama import blended_panorama, equirectangular, panorama, spherical_xmp
from cipslib.paths import atomic_write
from cipslib.shapes import Float, UInt8
from cipslib.styles import interpolate, level_groups, mean_style, mix, sample_latents, truncate
from cipslib.superresolution import dense, lanczos
from cipslib.synthesis import PIXELS, Drawing, draw, pixels_within, save_picture, to_uint8

Picture = UInt8[np.ndarray, "h w 3"]
Named = Iterator[tuple[str, Picture]]


@dataclass(frozen=True)
class Request:
    """What `cips sample` was asked for; its options' names and meanings."""

    checkpoint: str  # a file, a folder of save_pretrained, or hub:OWNER/NAME
    kind: str
    out: Path
    n: int = 16
    seed: int = 0
    truncation: float = 1.0
    resolution: int | None = None
    window: tuple[float, float, float, float] | None = None
    lookup: str = "bilinear"
    without: str | None = None
    noise: bool = False
    max_memory: int | None = None  # MB
    steps: int = 8
    space: str = "z-spherical"
    gif: bool = False
    levels: tuple[int, ...] | None = None
    share: float = 25.0  # per cent
    gaze: tuple[float, float] = (0.0, 0.0)
    sigma: float = SIGMA
    off_grid: bool = False
    factor: int = 4
    width: int | None = None
    start: float = -180.0
    angle: float = 360.0


def sample_files(request: Request) -> list[Path]:
    """Draw and save; returns the files."""
    if request.kind not in KINDS:
        raise UserError(f"kind is {request.kind!r}, must be one of {', '.join(KINDS)}")
    generator = from_pretrained(request.checkpoint)
    if not isinstance(generator, Generator) and request.kind not in CONVOLUTIONAL:
        raise UserError(f"{request.kind}: StyleGAN2 has no coordinates; it can draw images")
    about = {
        "generator": request.checkpoint,
        "kind": request.kind,
        "seed": str(request.seed),
        "settings": _settings(request),
    }
    files = []
    for name, picture in KINDS[request.kind](generator, request):
        path = request.out / f"{name}.png"
        xmp = spherical_xmp(picture) if request.kind == "sphere" else ""
        save_picture(path, picture, {**about, "name": name}, xmp)
        files.append(path)
    return files


def _settings(request: Request) -> str:
    """What was asked for beside that, where it is not the default."""
    said = ("checkpoint", "kind", "out", "seed", "n")
    others = (field for field in fields(request) if field.name not in said)
    values = {field.name: (getattr(request, field.name), field.default) for field in others}
    return ", ".join(f"{name}={value}" for name, (value, usual) in values.items() if value != usual)


def _drawing(generator: AnyGenerator, request: Request) -> Drawing:
    pixels = PIXELS
    if request.max_memory is not None:
        if not isinstance(generator, Generator):
            raise UserError("max_memory is of pixels, and StyleGAN2 draws whole images")
        pixels = pixels_within(generator, request.max_memory * 2**20)
    noise = request.seed if request.noise else None
    return Drawing(request.lookup, request.without, noise, pixels, progress=True)


def _window(generator: AnyGenerator, request: Request) -> Window | None:
    if request.resolution is None and request.window is None:
        return None
    side = request.resolution or generator.config.resolution
    return Window(side, side, *(request.window or (-1.0, -1.0, 1.0, 1.0)))


def _styles(generator: AnyGenerator, request: Request, count: int) -> Float[torch.Tensor, "n s"]:
    w = generator.mapping(sample_latents(count, generator.config.style_dim, request.seed))
    if request.truncation != 1:
        w = truncate(w, mean_style(generator), request.truncation)
    return w


def _name(request: Request, index: int) -> str:
    return f"seed{request.seed:04d}-{index:04d}"


def images(generator: AnyGenerator, request: Request) -> Named:
    """Pictures of n random styles (Fig. 1, 16)."""
    drawing, window = _drawing(generator, request), _window(generator, request)
    for index, w in enumerate(_styles(generator, request, request.n)):
        yield _name(request, index), draw(generator, w[None], window, drawing)[0]


def mean(generator: AnyGenerator, request: Request) -> Named:
    """The picture of the mean style (Fig. 3)."""
    w = mean_style(generator, request.seed)
    drawing, window = _drawing(generator, request), _window(generator, request)
    yield f"mean-seed{request.seed:04d}", draw(generator, w, window, drawing)[0]


def interpolation(generator: AnyGenerator, request: Request) -> Named:
    """n ways from one latent to another, as rows of pictures (Fig. 10), and as GIFs."""
    z = sample_latents(2 * request.n, generator.config.style_dim, request.seed)
    drawing, window = _drawing(generator, request), _window(generator, request)
    for index in range(request.n):
        ends = z[2 * index], z[2 * index + 1]
        w = interpolate(generator, *ends, request.steps, request.space)
        frames = draw(generator, w, window, drawing)
        name = f"interpolation-{_name(request, index)}"
        if request.gif:
            _save_gif(request.out / f"{name}.gif", frames)
        yield name, np.concatenate(frames, axis=1)


def _save_gif(path: Path, frames: UInt8[np.ndarray, "count h w 3"]) -> None:
    """There and back, a second each way."""
    there_and_back = [Image.fromarray(f) for f in (*frames, *frames[-2:0:-1])]
    duration = round(1000 / len(frames))
    with atomic_write(path) as temporary:
        there_and_back[0].save(
            temporary,
            format="GIF",
            save_all=True,
            append_images=there_and_back[1:],
            duration=duration,
            loop=0,
        )


def mixing(generator: Generator, request: Request) -> Named:
    """n times A, B, and A with late, middle and early levels of B (Fig. 19), or with ``levels``."""
    groups = [request.levels] if request.levels else level_groups(generator)[::-1]
    drawing, window = _drawing(generator, request), _window(generator, request)
    w = _styles(generator, request, 2 * request.n)
    for index in range(request.n):
        a, b = w[2 * index, None], w[2 * index + 1, None]
        mixed = [mix(generator, a, b, levels) for levels in groups]
        row = [draw(generator, each, window, drawing)[0] for each in (a, b, *mixed)]
        yield f"mixing-{_name(request, index)}", np.concatenate(row, axis=1)


def foveated(generator: Generator, request: Request) -> Named:
    """Pictures of which ``share`` per cent of the pixels is computed (Fig. 8)."""
    gaze = Gaze(request.share / 100, *request.gaze, request.sigma)
    drawing = _drawing(generator, request)
    for index, w in enumerate(_styles(generator, request, request.n)):
        filled = foveate(generator, w[None], gaze, request.seed, not request.off_grid, drawing)
        picture = to_uint8(torch.from_numpy(filled).permute(2, 0, 1)[None])[0]
        yield f"foveated-{request.share:g}-{_name(request, index)}", picture


def superresolution(generator: Generator, request: Request) -> Named:
    """Lanczos of the native picture, left, and the dense grid, right (Fig. 9)."""
    drawing = _drawing(generator, request)
    for index, w in enumerate(_styles(generator, request, request.n)):
        native = draw(generator, w[None], None, drawing)
        both = lanczos(native, request.factor), dense(generator, w[None], request.factor, drawing)
        yield f"dense-{request.factor}x-{_name(request, index)}", np.concatenate(both, axis=2)[0]


def panoramas(generator: Generator, request: Request) -> Named:
    """Pictures around the cylinder (Fig. 11, 17)."""
    drawing = _drawing(generator, request)
    for index, w in enumerate(_styles(generator, request, request.n)):
        picture = panorama(
            generator, w[None], request.width, request.start, request.angle, drawing
        )[0]
        yield f"panorama-{_name(request, index)}", picture


def blends(generator: Generator, request: Request) -> Named:
    """n times two panoramas and, below them, their blend pixel by pixel (Fig. 11)."""
    drawing = _drawing(generator, request)
    w = _styles(generator, request, 2 * request.n)
    for index in range(request.n):
        pair = w[2 * index : 2 * index + 2]
        rows = [*panorama(generator, pair, request.width, drawing=drawing)]
        rows += [*blended_panorama(generator, pair[0], pair[1], request.width, drawing)]
        yield f"blend-{_name(request, index)}", np.concatenate(rows)


def sphere(generator: Generator, request: Request) -> Named:
    """Panoramas that viewers of full spheres open."""
    drawing = _drawing(generator, request)
    for index, w in enumerate(_styles(generator, request, request.n)):
        picture = equirectangular(generator, w[None], request.width, drawing)
        yield f"sphere-{_name(request, index)}", picture


KINDS: dict[str, Callable[..., Named]] = {
    "images": images,
    "mean": mean,
    "interpolation": interpolation,
    "mixing": mixing,
    "foveated": foveated,
    "superresolution": superresolution,
    "panorama": panoramas,
    "blend": blends,
    "sphere": sphere,
}
CONVOLUTIONAL = ("images", "mean", "interpolation")
