"""Pictures from a trained generator."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from cipslib.errors import UserError
from cipslib.generator import Generator
from cipslib.paths import atomic_write
from cipslib.shapes import Float, UInt8

PIXELS = 2**18  # computed at once: 0.5 GB for each activation of a 512-wide generator


@torch.inference_mode()
def sample(generator: Generator, count: int, seed: int) -> UInt8[np.ndarray, "{count} h w 3"]:
    """``count`` pictures on the training grid; picture i depends on (seed, i) alone."""
    z = sample_latents(count, generator.config.style_dim, seed).to(generator.grid.device)
    batch = max(1, PIXELS // len(generator.grid))
    return np.concatenate([to_uint8(generator(part)) for part in z.split(batch)])


def sample_latents(count: int, dim: int, seed: int) -> Float[Tensor, "{count} {dim}"]:
    """z ~ N(0, I); latent i depends on (seed, i) alone, on any machine."""
    latents = np.random.default_rng(seed).standard_normal((count, dim), dtype=np.float32)
    return torch.from_numpy(latents)


def to_uint8(images: Float[Tensor, "batch 3 h w"]) -> UInt8[np.ndarray, "batch h w 3"]:
    """[-1, 1] -> 0..255, clamped and rounded to the nearest."""
    scaled = (images * 127.5 + 127.5).round().clamp(0, 255).to(torch.uint8)
    return scaled.permute(0, 2, 3, 1).contiguous().cpu().numpy()


def save_pictures(
    folder: Path, pictures: UInt8[np.ndarray, "count h w 3"], seed: int, checkpoint: Path
) -> None:
    """One PNG a picture, with generator, seed and index in its metadata."""
    if folder.is_file():
        raise UserError(f"{folder} is a file, not a folder")
    for index, picture in enumerate(pictures):
        info = PngInfo()
        info.add_text("generator", str(checkpoint))
        info.add_text("seed", str(seed))
        info.add_text("index", str(index))
        with atomic_write(folder / f"seed{seed:04d}-{index:04d}.png") as temporary:
            Image.fromarray(picture).save(temporary, format="PNG", pnginfo=info)
